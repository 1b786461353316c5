// What is remembered of a pair as a whole.

import type { PairState } from "../engine/ports/pair-store.ts";
import { statement, type Sql } from "./database.ts";

const READ = statement<{ accepted_meaning: string | null; paused: string | null }>(
  "pair-state.read",
  "select accepted_meaning, paused from syncline.pair_state where pair = $1",
);

export async function readState(sql: Sql, pair: string): Promise<PairState> {
  const [row] = await sql.rows(READ, [pair]);
  return { acceptedMeaning: row?.accepted_meaning ?? null, paused: row?.paused ?? null };
}

const SET_MEANING = statement(
  "pair-state.meaning",
  `insert into syncline.pair_state (pair, accepted_meaning) values ($1, $2)
   on conflict (pair) do update set accepted_meaning = excluded.accepted_meaning`,
);

export async function setAcceptedMeaning(sql: Sql, pair: string, meaning: string): Promise<void> {
  await sql.rows(SET_MEANING, [pair, meaning]);
}

const SET_PAUSED = statement(
  "pair-state.paused",
  `insert into syncline.pair_state (pair, paused) values ($1, $2) on conflict (pair) do update set paused = excluded.paused`,
);

export async function setPaused(sql: Sql, pair: string, reason: string | null): Promise<void> {
  await sql.rows(SET_PAUSED, [pair, reason]);
}
