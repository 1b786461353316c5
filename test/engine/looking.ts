// What tests of changes and hints share: a pair in step with its cursors, hints, and what the inbox holds.

import type { Instant, RemoteId, Side } from "../../src/core/ids.ts";
import type { Channel } from "../../src/engine/ports/hint.ts";
import type { TestPair } from "./pair.ts";
import type { Fault, PlainServer } from "./plain-server.ts";
import { onlyRow } from "./things.ts";

/** In step, with a cursor on both sides. */
export async function inStep(pair: TestPair, names: readonly string[] = ["one"]): Promise<void> {
  for (const name of names) pair.left.put("thing", { email: `${name}@example.com`, name });
  await pair.run("sweep");
  await pair.run("sweep");
  await pair.run("changes");
  pair.left.calls.length = 0;
  pair.right.calls.length = 0;
}

export function hint(pair: TestPair, side: Side, id: string, channel: Channel = "webhook"): Promise<void> {
  return pair.pair.store.addHints([{ entity: "thing", side, id: id as RemoteId, channel, due: Date.now() as Instant }]);
}

/** Records that the inbox names, due or not. */
export async function inbox(pair: TestPair): Promise<readonly string[]> {
  const found = await Promise.all(
    (["left", "right"] as const).map((side) =>
      pair.pair.store.dueHints("thing", side, (Date.now() + 1e9) as Instant, 10_000),
    ),
  );
  return found.flat().map((each) => `${each.side} ${each.id}`);
}

export function listings(server: PlainServer): number {
  return server.calls.filter((call) => call.method === "GET" && call.path.startsWith("/thing?page=1")).length;
}

export function byEmail(server: PlainServer, email: string): Record<string, unknown> & { id: string } {
  const row = [...server.table("thing").values()].find((each) => each["email"] === email);
  if (row === undefined) throw new Error(`no ${email}`);
  return row;
}

export const edit = (pair: TestPair, name: string, changes: Record<string, unknown>): void =>
  pair.left.edit("thing", byEmail(pair.left, `${name}@example.com`).id, changes);
export const ids = (pair: TestPair): { readonly left: string; readonly right: string } => ({
  left: onlyRow(pair.left).id,
  right: onlyRow(pair.right).id,
});
export const failing = (path: RegExp, answer: Fault["answer"] = 404): Fault => ({
  method: "GET",
  path,
  answer,
  times: 99,
});
