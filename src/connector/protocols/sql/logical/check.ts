// What a database needs before changes can be read from a slot, and the statement that mends what is missing.

import type { SqlSession } from "../dialect.ts";
import { fault, ran, type Ran } from "../fault.ts";
import type { ReplicationPart } from "../file.ts";
import type { SqlObjectPlan } from "../plan.ts";
import { readSlot } from "./feed.ts";
import { cellText } from "../value.ts";

export async function checkReplication(
  session: SqlSession,
  plan: SqlObjectPlan,
  part: ReplicationPart,
): Promise<Ran<null>> {
  const missing = (message: string): Ran<null> =>
    fault("refused", "E_REPLICATION", `replication of ${plan.name}: ${message}`);
  const name = [plan.table?.schema ?? null, plan.table?.table ?? null].filter((each) => each !== null);
  const quoted = name.map((each) => `"${each}"`).join(".");
  const facts = await session.run({
    text: `select current_setting('wal_level') as level,
        (select rolreplication or rolsuper from pg_roles where rolname = current_user) as permitted,
        exists (select from pg_publication where pubname = $1) as publication,
        exists (select from pg_publication_tables p join pg_class c on c.relname = p.tablename join pg_namespace n on n.oid = c.relnamespace and n.nspname = p.schemaname
          where p.pubname = $1 and c.oid = to_regclass($2)) as published,
        (select relreplident::text from pg_class where oid = to_regclass($2)) as identity,
        exists (select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
          where i.indrelid = to_regclass($2) and a.attname = $3 and (i.indisreplident or i.indisprimary)) as keyed`,
    values: [part.publication, quoted, plan.id],
  });
  if (!facts.ok) return facts;
  const row = facts.value.rows[0] ?? {};
  if (row.level !== "logical")
    return missing(
      `wal_level is ${cellText(row, "level")}: alter system set wal_level = 'logical', then restart the server`,
    );
  if (row.permitted !== true) return missing("the user may not read the log: alter role … replication");
  if (row.publication !== true)
    return missing(
      `there is no publication ${part.publication}: create publication ${part.publication} for table ${quoted}`,
    );
  if (row.published !== true)
    return missing(
      `the publication ${part.publication} does not have the table: alter publication ${part.publication} add table ${quoted}`,
    );
  if (row.identity !== "f" && (row.identity === "n" || row.keyed !== true))
    return missing(
      `a deleted row does not tell its ${plan.id}: alter table ${quoted} replica identity full, or make ${plan.id} the primary key`,
    );
  const slot = await readSlot(session, part);
  if (!slot.ok) return slot;
  if (slot.value === null)
    return missing(
      `there is no slot ${part.slot}: select pg_create_logical_replication_slot('${part.slot}', 'pgoutput')`,
    );
  if (slot.value.lost)
    return missing(
      `the slot ${part.slot} has lost its place: select pg_drop_replication_slot('${part.slot}'), and create it again`,
    );
  return ran(null);
}
