// Entries of a delta answer that are no records: what was removed, and links between entities.

import { valueAt, withValueAt, type Path } from "../../../core/path.ts";
import { isFields, isList, type Value } from "../../../core/value.ts";
import type { Answer } from "../../protocol.ts";
import { keyIn } from "./entity-id.ts";

export interface RemovedPlaces {
  readonly id: Path;
  /** Where a record shows that it is deleted, and with which value. */
  readonly deleted: Path;
  readonly deletedIs: Value;
}

/** The answer with removed entries as deleted records, and without links. */
export function withRemoved(answer: Answer, places: RemovedPlaces): Answer {
  const { body } = answer;
  const list = isFields(body) ? body["value"] : undefined;
  if (!isFields(body) || !isList(list)) return answer;
  return { ...answer, body: { ...body, value: list.flatMap((entry) => readEntry(entry, places)) } };
}

function readEntry(entry: Value, places: RemovedPlaces): readonly Value[] {
  if (!isFields(entry)) return [entry];
  const context = entry["@odata.context"] ?? entry["@context"];
  const about = typeof context === "string" ? context : "";
  if (/\$(?:link|deletedLink)$/.test(about)) return [];
  const removed = entry["@removed"];
  const gone = about.endsWith("$deletedEntity");
  if (removed === undefined && !gone) return [entry];
  const own = gone ? undefined : valueAt(entry, places.id);
  const named = entry["@odata.id"] ?? entry["@id"] ?? (gone ? entry["id"] : undefined);
  const id = own ?? (typeof named === "string" ? keyIn(named) : named);
  if (id === undefined || id === null) return [entry];
  // `changed`: it left what this listing shows, and may well be there. Reading it tells.
  const reason = isFields(removed) ? removed["reason"] : entry["reason"];
  const record = withValueAt({}, places.id, id);
  return [reason === "changed" ? record : withValueAt(record, places.deleted, places.deletedIs)];
}
