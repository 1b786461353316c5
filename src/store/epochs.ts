// The identity of each side's account, by pair: another pair of the same system may have been accepted, this one not.

import { SIDES, type BySide, type Side } from "../core/ids.ts";
import { statement, type Sql } from "./database.ts";

const READ = statement<{ side: Side; epoch: string }>(
  "epochs.read",
  "select side, epoch from syncline.epochs where pair = $1",
);

export async function readEpochs(sql: Sql, pair: string): Promise<BySide<string | null>> {
  const rows = await sql.rows(READ, [pair]);
  const [left = null, right = null] = SIDES.map((side) => rows.find((row) => row.side === side)?.epoch ?? null);
  return { left, right };
}

const REMEMBER = statement(
  "epochs.remember",
  `insert into syncline.epochs (pair, side, epoch) values ($1, $2, $3)
   on conflict (pair, side) do update set epoch = excluded.epoch, since = now()`,
);

export async function rememberEpoch(sql: Sql, pair: string, side: Side, epoch: string): Promise<void> {
  await sql.rows(REMEMBER, [pair, side, epoch]);
}
