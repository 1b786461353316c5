import { expect, test } from "@jest/globals";
import { Command } from "commander";
import { commandsFor } from "../../src/cli/commands.ts";

async function wordsFor(...args: readonly string[]): Promise<readonly string[]> {
  const program = new Command();
  for (const file of await commandsFor(args)) file.register(program);
  return program.commands.map((command) => command.name());
}

test("only the command that is asked for is loaded, wherever its options stand", async () => {
  expect(await wordsFor("schema", "config")).toEqual(["schema"]);
  expect(await wordsFor("--json", "--config", "plan", "accept", "a-pair")).toEqual(["pause", "resume", "accept"]);
});

test("every word that a command file registers leads to that file", async () => {
  const all = await wordsFor("--help");

  expect(all.length).toBeGreaterThan(20);
  for (const word of all) expect(await wordsFor(word)).toContain(word);
  for (const word of all) expect((await wordsFor(word)).length).toBeLessThan(all.length);
});

test("the version needs none; a slip of the pen needs all, to tell what was meant", async () => {
  expect(await wordsFor("--version")).toEqual([]);
  expect(await wordsFor("chekc")).toContain("check");
});
