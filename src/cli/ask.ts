// Questions to the person at the terminal, with the answers there are. Lines that come before their question (several answers
// pasted at once) wait for it.

import { createInterface, type Interface } from "node:readline";
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

export interface Dialog {
  /**
   * Asks until the answer is one of the choices; one choice is none and is not asked for. Null: nobody is there, or the input ended.
   */
  ask(what: string, choices: readonly string[]): Promise<string | null>;
  /** Gives the terminal back. */
  close(): void;
}

export function openDialog(terminal: Terminal): Dialog {
  let opened: Lines | null = null;
  return {
    async ask(what, choices) {
      const [only, ...more] = choices;
      if (only !== undefined && more.length === 0) return only;
      if (only === undefined || !terminal.isTTY) return null;
      // Nothing is read before there is something to ask.
      opened ??= linesOf(terminal);
      for (;;) {
        const line = await opened.next(`${what} (${choices.join(", ")}): `);
        if (line === null) return null;
        const answer = line.trim();
        if (choices.includes(answer)) return answer;
        const hint = didYouMean(answer, choices) ?? "it is none of these";
        terminal.output.write(`"${answer}": ${hint}\n`);
      }
    },
    close: () => opened?.close(),
  };
}

interface Lines {
  /** The next line, read or waiting; null: the input has ended. */
  next(prompt: string): Promise<string | null>;
  close(): void;
}

function linesOf({ input, output }: Terminal): Lines {
  const lines: Interface = createInterface({ input, output });
  const waiting: string[] = [];
  const end = new AbortController();
  let wake: () => void = () => undefined;
  lines.on("line", (line) => {
    waiting.push(line);
    wake();
  });
  lines.once("close", () => {
    end.abort();
    wake();
  });
  return {
    async next(prompt) {
      lines.setPrompt(prompt);
      if (!end.signal.aborted) lines.prompt();
      while (waiting.length === 0 && !end.signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      return waiting.shift() ?? null;
    },
    close: () => lines.close(),
  };
}
