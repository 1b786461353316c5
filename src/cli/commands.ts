// The commands, each in a file of its own, in the order of `--help`. Only the file of the command that is asked for is loaded:
// all of them together cost a second.

import type { Command } from "commander";

interface CommandFile {
  register(program: Command): void;
}

interface Entry {
  /** All words that the file registers. */
  readonly words: readonly string[];
  readonly load: () => Promise<CommandFile>;
}

const ENTRIES: readonly Entry[] = [
  { words: ["demo"], load: () => import("./demo.ts") },
  { words: ["init"], load: () => import("./init.ts") },
  { words: ["check"], load: () => import("./check.ts") },
  { words: ["connect"], load: () => import("./connect.ts") },
  { words: ["test"], load: () => import("./test.ts") },
  { words: ["simulate"], load: () => import("./simulate.ts") },
  { words: ["suggest"], load: () => import("./suggest.ts") },
  { words: ["plan", "apply"], load: () => import("./plan.ts") },
  { words: ["undo"], load: () => import("./undo.ts") },
  { words: ["run"], load: () => import("./run.ts") },
  { words: ["start"], load: () => import("./start.ts") },
  { words: ["status"], load: () => import("./status.ts") },
  { words: ["explain"], load: () => import("./explain.ts") },
  { words: ["links"], load: () => import("./links.ts") },
  { words: ["cases"], load: () => import("./cases.ts") },
  { words: ["quarantine"], load: () => import("./quarantine.ts") },
  { words: ["pause", "resume", "accept"], load: () => import("./pause.ts") },
  { words: ["connector"], load: () => import("./connector.ts") },
  { words: ["schema"], load: () => import("./schema.ts") },
  { words: ["doctor"], load: () => import("./doctor.ts") },
];

/** Options before the command that take a value. */
const WITH_VALUE = new Set(["--config"]);

/** @param args As typed, without the program. @returns the file of the command named; all of them where none is, for their help. */
export async function commandsFor(args: readonly string[]): Promise<readonly CommandFile[]> {
  if (commandWord(args) === null && args.some((arg) => arg === "--version" || arg === "-V")) return [];
  const asked = ENTRIES.filter(({ words }) => words.includes(commandWord(args) ?? ""));
  const files: CommandFile[] = [];
  for (const { load } of asked.length > 0 ? asked : ENTRIES) files.push(await load());
  return files;
}

function commandWord(args: readonly string[]): string | null {
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? "";
    if (WITH_VALUE.has(word)) index += 1;
    else if (!word.startsWith("-")) return word;
  }
  return null;
}
