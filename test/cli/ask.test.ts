// Questions at a terminal, with streams in its place.

import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";

import { askFor, type Terminal } from "../../src/cli/ask.ts";

function terminal(isTTY = true): Terminal & { readonly input: PassThrough; said(): string } {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let said = "";
  output.on("data", (text: Buffer) => (said += text.toString()));
  return { input, output, isTTY, said: () => said };
}

test("an answer that is none of the choices is asked for again, with the nearest one", async () => {
  const at = terminal();

  const answer = askFor("The other system", ["crm", "billing"], at);
  at.input.write("biling\n");
  await new Promise((resolve) => setImmediate(resolve));
  at.input.write("billing\n");

  expect(await answer).toBe("billing");
  expect(at.said()).toContain("The other system (crm, billing): ");
  expect(at.said()).toContain('"biling": did you mean "billing"?');
});

test("one choice is none: nobody is asked", async () => {
  const at = terminal();

  expect(await askFor("The object of crm", ["contact"], at)).toBe("contact");
  expect(at.said()).toBe("");
});

test("without a terminal, or where the input ends, there is no answer", async () => {
  const at = terminal();

  const answer = askFor("The other system", ["crm", "billing"], at);
  at.input.end();

  expect(await answer).toBeNull();
  expect(await askFor("The other system", ["crm", "billing"], terminal(false))).toBeNull();
});
