// `syncline quarantine`: records that fail, and another try.

import type { Command } from "commander";
import type { QuarantineRow } from "../engine/ledger.ts";
import type { Runtime } from "../daemon/runtime.ts";
import { globalOptions, outputOf, table } from "./output.ts";
import { inSession, pairOf, personName, UsageError } from "./session.ts";

const LIMIT = 10_000;

export function register(program: Command): void {
  const quarantine = program
    .command("quarantine [pair]")
    .description("records that fail for good")
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const output = outputOf(globalOptions(command));
      await inSession(output, name === undefined ? [] : [name], async ({ runtime }) => {
        if (name !== undefined) pairOf(runtime, name);
        const rows = (await runtime.ledger.quarantine({ pair: name ?? null, limit: LIMIT })).map((row) =>
          shownQuarantine(row, runtime),
        );
        const body = rows.map((row) => [
          row.id,
          row.pair,
          row.entity,
          `${row.side}:${row.record}`,
          row.code,
          row.message,
        ]);
        output.result(
          rows,
          rows.length === 0
            ? "no record fails"
            : table([["id", "pair", "entity", "record", "code", "message"], ...body]),
        );
        return 0;
      });
    });
  quarantine
    .command("retry [ids...]")
    .description("try these records again in the next run")
    .option("--all", "all of them")
    .option("--pair <pair>", "with --all: of this pair")
    .action(async (ids: readonly string[], options: { all?: boolean; pair?: string }, command: Command) => {
      const output = outputOf(globalOptions(command));
      if ((ids.length === 0) === (options.all !== true)) throw new UsageError("say which records, or --all");
      await inSession(output, [], async ({ runtime }) => {
        if (options.pair !== undefined) pairOf(runtime, options.pair);
        const retried = await runtime.ledger.retryQuarantined(
          options.all === true ? { pair: options.pair ?? null } : { ids },
          personName(),
        );
        output.result({ retried }, `${String(retried)} records are tried again in the next run`);
        return 0;
      });
    });
}

interface ShownQuarantine {
  readonly id: string;
  readonly pair: string;
  readonly entity: string;
  /** The side's name in the mapping file. */
  readonly side: string;
  readonly record: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly next: string | null;
}

/** The shape of `quarantine --json`. */
function shownQuarantine(row: QuarantineRow, runtime: Runtime): ShownQuarantine {
  const side = runtime.pairs.get(row.pair)?.mapping.sides[row.side].name ?? row.side;
  return {
    id: row.id,
    pair: row.pair,
    entity: row.entity,
    side,
    record: row.record,
    code: row.code,
    message: row.message,
    attempts: row.attempts,
    next: row.next === null ? null : new Date(row.next).toISOString(),
  };
}
