// What a plan tells of the links to come: how many records find their counterpart, how many are created, how many a person must
// look at, and which records of one side look like duplicates of each other. Nothing is decided here: both of two duplicates
// are real records, and both are created.

import type { Decision } from "../core/decision.ts";
import { SIDES, type BySide, type RemoteId, type Side } from "../core/ids.ts";
import type { Fields, Value } from "../core/value.ts";

/** Duplicates that a plan lists; all are counted. More would be read by nobody. */
const LISTED_MOST = 100;

/** Collected while a plan is made, by entity. */
export type Forecast = Map<string, EntityForecast>;

interface EntityForecast {
  linked: number;
  readonly create: Record<Side, number>;
  ambiguous: number;
  duplicates: number;
  readonly listed: Duplicate[];
}

/** Two unlinked records of one side that would be linked, were they on two. */
export interface Duplicate {
  readonly side: Side;
  readonly ids: readonly RemoteId[];
  readonly score: number;
  /** By field; null: one of them does not show it. */
  readonly fields: Readonly<Record<string, number | null>>;
}

export function newForecast(entities: readonly string[]): Forecast {
  const forecast: Forecast = new Map();
  for (const name of entities) entityOf(forecast, name);
  return forecast;
}

function entityOf(forecast: Forecast, name: string): EntityForecast {
  const found = forecast.get(name) ?? {
    linked: 0,
    create: { left: 0, right: 0 },
    ambiguous: 0,
    duplicates: 0,
    listed: [],
  };
  forecast.set(name, found);
  return found;
}

/** Counts a decision about a record without a link. */
export function foretell(forecast: Forecast, decision: Decision): void {
  const entity = entityOf(forecast, decision.entity);
  if (decision.situation === "matched") entity.linked += 1;
  if (decision.situation === "new-left" || decision.situation === "new-right") {
    for (const write of decision.writes) if (write.op === "create") entity.create[write.side] += 1;
  }
  entity.ambiguous += decision.cases.filter((each) => each.kind === "ambiguous").length;
}

export function foretellDuplicate(forecast: Forecast, entity: string, duplicate: Duplicate): void {
  const found = entityOf(forecast, entity);
  found.duplicates += 1;
  if (found.listed.length < LISTED_MOST) found.listed.push(duplicate);
}

/** As it stands in a plan: by entity, in the words of the file. @param crowded Blocks too many records share, by entity. */
export function forecastRows(
  forecast: Forecast,
  names: BySide<string>,
  crowded: ReadonlyMap<string, ReadonlySet<string>>,
): Fields {
  const rows: Record<string, Value> = {};
  for (const [name, found] of forecast) {
    const passedOver = crowded.get(name)?.size ?? 0;
    rows[name] = {
      linked: found.linked,
      create: Object.fromEntries(SIDES.map((side) => [names[side], found.create[side]])),
      ambiguous: found.ambiguous,
      duplicates: found.listed.map((each) => ({ ...each, side: names[each.side] })),
      duplicates_count: found.duplicates,
      ...(passedOver === 0 ? {} : { crowded_blocks: passedOver }),
    };
  }
  return rows;
}
