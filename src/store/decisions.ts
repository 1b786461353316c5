// The decisions of a run, between deciding and carrying out: they may outgrow memory, but not the run.

import type { RunId } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";
import type { PlannedDecision } from "../engine/ports/run.ts";
import { statement, type Sql } from "./database.ts";
import { asValue, recordset } from "./encoding.ts";
import { packedDecision, unpackedDecision, type PackedDecision } from "./packed-decision.ts";
import { RUN_NUMBER } from "./sightings.ts";

const SAVE = statement<{ seq: number }>(
  "decisions.save",
  `insert into syncline.decisions as d (run, entity, seq, decision, seen, current_left, current_right, action_hash)
   select r.number, i.entity, i.seq, i.decision, i.seen, i.current_left, i.current_right, i.action_hash
     from syncline.runs r
     cross join json_to_recordset($3::json)
       as i(entity text, seq int, decision json, seen json, current_left json, current_right json, action_hash text)
    where r.pair = $1 and r.run = $2
   on conflict (run, entity, seq) do update
      set decision = excluded.decision, seen = excluded.seen, current_left = excluded.current_left,
          current_right = excluded.current_right, action_hash = excluded.action_hash
   returning seq`,
);

export async function saveDecisions(
  sql: Sql,
  pair: string,
  run: RunId,
  page: readonly PlannedDecision[],
): Promise<void> {
  if (page.length === 0) return;
  const rows = page.map((planned) => ({
    entity: planned.decision.entity,
    seq: planned.seq,
    decision: packedDecision(planned.decision),
    seen: asValue(planned.seen),
    current_left: planned.current.left,
    current_right: planned.current.right,
    action_hash: planned.actionHash,
  }));
  const stored = await sql.rows(SAVE, [pair, run, recordset(rows)]);
  if (stored.length !== rows.length)
    throw new Error(`run ${run} of ${pair} was not started: its decisions were not stored`);
}

// The two json columns hold what SAVE wrote there.
interface DecisionRow {
  readonly seq: number;
  readonly decision: PackedDecision;
  readonly seen: PlannedDecision["seen"];
  readonly current_left: Fields | null;
  readonly current_right: Fields | null;
  readonly action_hash: string | null;
}

const READ = statement<DecisionRow>(
  "decisions.read",
  `select seq, decision, seen, current_left, current_right, action_hash from syncline.decisions
    where run = ${RUN_NUMBER} and entity = $3 and seq > $4 order by seq limit $5`,
);

export async function readDecisions(
  sql: Sql,
  pair: string,
  run: RunId,
  page: { readonly entity: string; readonly afterSeq: number; readonly limit: number },
): Promise<readonly PlannedDecision[]> {
  const rows = await sql.rows(READ, [pair, run, page.entity, page.afterSeq, page.limit]);
  return rows.map((row) => ({
    seq: row.seq,
    decision: unpackedDecision(row.decision),
    seen: row.seen,
    current: { left: row.current_left, right: row.current_right },
    actionHash: row.action_hash,
  }));
}

const CLEAR = statement("decisions.clear", `delete from syncline.decisions where run = ${RUN_NUMBER}`);

export async function clearDecisions(sql: Sql, pair: string, run: RunId): Promise<void> {
  await sql.rows(CLEAR, [pair, run]);
}
