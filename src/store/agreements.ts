// What was found agreed between two linked records, or let stand, without a write: only of records that had changed, for
// whoever asks later why a value is as it is.

import type { Agreed } from "../engine/ports/commit.ts";
import type { RunId } from "../core/ids.ts";
import { statement, type Sql } from "./database.ts";
import { asValue, recordset } from "./encoding.ts";

const ADD = statement(
  "agreements.add",
  `insert into syncline.agreements (pair, run, link_id, situation, fields)
   select $1, $2, i.link_id, i.situation, i.fields
     from json_to_recordset($3::json) as i(link_id bigint, situation text, fields json)`,
);

export async function addAgreements(sql: Sql, pair: string, run: RunId, agreed: readonly Agreed[]): Promise<void> {
  if (agreed.length === 0) return;
  const rows = agreed.map(({ linkId, situation, fields }) => ({ link_id: linkId, situation, fields: asValue(fields) }));
  await sql.rows(ADD, [pair, run, recordset(rows)]);
}
