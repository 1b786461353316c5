// `syncline links PAIR`: which records belong together, and links by hand.

import type { Command } from "commander";
import type { LinkId, RemoteId, Side } from "../core/ids.ts";
import type { LinkRow } from "../engine/ledger.ts";
import type { PairRuntime, Runtime } from "../daemon/runtime.ts";
import { globalOptions, outputOf, table } from "./output.ts";
import { idOf, recordOf } from "./record-name.ts";
import { inSession, pairOf, personName } from "./session.ts";
import { refuseUnknown } from "./unknown-name.ts";

const PAGE = 1000;

export function register(program: Command): void {
  const links = program
    .command("links <pair> [record]")
    .description("pairs of ids and their state; a record is SIDE:ID")
    .option("--entity <name>", "this entity alone")
    .action(async (name: string, record: string | undefined, options: { entity?: string }, command: Command) => {
      const output = outputOf(globalOptions(command));
      await inSession(output, [name], async ({ runtime }) => {
        const pair = pairOf(runtime, name);
        const rows = await allLinks(
          runtime,
          pair,
          options.entity ?? null,
          record === undefined ? null : recordOf(pair, record),
        );
        const shown = rows.map(({ entity, left, right, state }) => ({ entity, left, right, state }));
        const { left, right } = pair.mapping.sides;
        output.result(
          shown,
          table([
            ["entity", left.name, right.name, "state"],
            ...shown.map((row) => [row.entity, row.left, row.right, row.state]),
          ]),
        );
        return 0;
      });
    });
  for (const what of ["add", "remove"] as const) {
    links
      .command(`${what} <pair> <entity> <left> <right>`)
      .description(
        what === "add"
          ? "link two records by hand"
          : "end a link; nothing is deleted, and the two are not matched again while the tombstone lasts",
      )
      .action(
        async (name: string, entity: string, left: string, right: string, _options: unknown, command: Command) => {
          const output = outputOf(globalOptions(command));
          await inSession(output, [name], async ({ runtime }) => {
            const pair = pairOf(runtime, name);
            entityOf(pair, entity);
            const ids = { left: idOf(left), right: idOf(right) };
            if (what === "add") await runtime.ledger.addLink(name, entity, ids.left, ids.right, personName());
            else await runtime.ledger.removeLink(name, entity, ids.left, ids.right, personName());
            const state = what === "add" ? "live" : "tombstone";
            output.result({ entity, ...ids, state }, `${entity} ${left} / ${right}: ${state}`);
            return 0;
          });
        },
      );
  }
}

async function allLinks(
  runtime: Runtime,
  pair: PairRuntime,
  entity: string | null,
  record: { side: Side; id: RemoteId } | null,
): Promise<readonly LinkRow[]> {
  if (entity !== null) entityOf(pair, entity);
  const rows: LinkRow[] = [];
  let after: LinkId | null = null;
  for (;;) {
    const page: readonly LinkRow[] = await runtime.ledger.links({
      pair: pair.mapping.pair,
      entity,
      record,
      limit: PAGE,
      after,
    });
    rows.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return rows;
    after = last.id;
  }
}

function entityOf(pair: PairRuntime, entity: string): void {
  const known = pair.parts.entities.map((each) => each.name);
  refuseUnknown("entity", [entity], known, `pair ${pair.mapping.pair}`);
}
