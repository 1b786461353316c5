// Answers to writes, which come in two forms: the record as it now is, or nothing but headers (204). Both are brought into one,
// so that a record that was not answered is not taken for one without fields.

import { parsePath, withValueAt, valueAt, type Path } from "../../../core/path.ts";
import { isFields, type Value } from "../../../core/value.ts";
import type { Answer } from "../../protocol.ts";
import { keyIn } from "./entity-id.ts";

/** Keys of a derived create and update. */
export const WRITTEN = {
  returns: { id: "written.id", version: "written.version" },
  item: "written.record",
} as const;

export function isDerivedWrite(part: Readonly<Record<string, unknown>>): boolean {
  return part["returns"] === WRITTEN.returns;
}

export interface RecordPlaces {
  readonly id: Path;
  readonly etag: Path;
  /** Of the one record in an answer. */
  readonly item: Path;
}

/** The answer with `written: { id, version, record }`. */
export function asWritten(answer: Answer, { id, etag, item }: RecordPlaces): Answer {
  if (answer.status >= 300) return answer;
  const record = valueAt(answer.body, item);
  const headers = answer.headers;
  const written: Record<string, Value> = {};
  const own = isFields(record) ? valueAt(record, id) : keyIn(headers["odata-entityid"] ?? headers.location ?? "");
  if (own !== undefined && own !== null) written["id"] = own;
  const version = (isFields(record) ? valueAt(record, etag) : undefined) ?? headers.etag;
  if (version !== undefined) written["version"] = version;
  if (isFields(record)) {
    const told = valueAt(record, etag) === undefined && version !== undefined;
    written["record"] = told ? withValueAt(record, etag, version) : record;
  }
  return { ...answer, body: { written } };
}

export function pathOf(text: string): Path {
  return parsePath(text) ?? [text];
}
