// Where output goes: with --json one document on standard output and nothing else there; people's text on standard output,
// progress and remarks on standard error.

import type { Command } from "commander";

export interface GlobalOptions {
  readonly config: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

export function globalOptions(command: Command): GlobalOptions {
  const options: Record<string, unknown> = command.optsWithGlobals();
  const { config } = options;
  return {
    config: typeof config === "string" ? config : "config/syncline.yaml",
    json: options["json"] === true,
    quiet: options["quiet"] === true,
  };
}

export interface Output {
  readonly options: GlobalOptions;
  /** The command's result: as JSON, or as people's text. */
  result(json: unknown, text: string): void;
  /** A remark for people, on standard error. */
  remark(text: string): void;
}

export function outputOf(options: GlobalOptions): Output {
  return {
    options,
    result(json, text) {
      if (options.json) process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
      else if (text !== "") process.stdout.write(`${text}\n`);
    },
    remark(text) {
      if (!options.quiet) process.stderr.write(`${text}\n`);
    },
  };
}

/** Rows as columns, each as wide as its widest cell; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Exit codes of the command line, as docs/operations.md lists them. */
export const EXIT = { done: 0, failed: 1, usage: 2, environment: 3, waits: 4 } as const;
