// A question to the person at the terminal, with the answers there are.

import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { didYouMean } from "../core/problem.ts";

export interface Terminal {
  readonly input: Readable;
  /** Where the question goes: not where the result does. */
  readonly output: Writable;
  /** Whether somebody is there who can answer. */
  readonly isTTY: boolean;
}

export function processTerminal(): Terminal {
  return { input: process.stdin, output: process.stderr, isTTY: process.stdin.isTTY };
}

/**
 * Asks until the answer is one of the choices; one choice is none and is not asked for. Null: nobody is there, or the input ended.
 */
export async function askFor(what: string, choices: readonly string[], terminal: Terminal): Promise<string | null> {
  const [only, ...more] = choices;
  if (only !== undefined && more.length === 0) return only;
  if (only === undefined || !terminal.isTTY) return null;
  const lines = createInterface({ input: terminal.input, output: terminal.output });
  const ended = new AbortController();
  lines.once("close", () => ended.abort());
  try {
    for (;;) {
      const answer = (await lines.question(`${what} (${choices.join(", ")}): `, { signal: ended.signal })).trim();
      if (choices.includes(answer)) return answer;
      const hint = didYouMean(answer, choices) ?? "it is none of these";
      terminal.output.write(`"${answer}": ${hint}\n`);
    }
  } catch (error) {
    if (ended.signal.aborted) return null;
    throw error;
  } finally {
    lines.close();
  }
}
