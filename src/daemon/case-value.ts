// A person's value for a case, held against the mapping before it is kept: an answer that no run can act on would wait for ever.

import type { Value } from "../core/value.ts";
import { givenValue } from "../engine/given-value.ts";
import type { CaseRow } from "../engine/ledger.ts";
import type { Runtime } from "./runtime.ts";

/** Null: both sides can hold it. Else what is wrong with it, for the person who gave it. */
export async function wrongCaseValue(
  { pairs }: Pick<Runtime, "pairs">,
  row: CaseRow,
  value: Value,
): Promise<string | null> {
  const pair = pairs.get(row.pair);
  const entity = pair?.parts.entities.find(({ name }) => name === row.entity);
  if (row.field === null) return "this case is not about the value of a field";
  if (entity === undefined) return `no mapping has ${row.entity} of ${row.pair} any more`;
  const given = await givenValue(entity.mapping, row.field, value);
  return given.ok ? null : given.message;
}
