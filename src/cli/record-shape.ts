// How the decoded records of an object say their id, their time of change and that they are deleted, as its connector file has it.

import type { ObjectPart } from "../connector/file/object.ts";
import { parseInstant } from "../connector/instant.ts";
import { saysDeleted } from "../connector/record.ts";
import { parsePath, valueAt, type Path } from "../core/path.ts";
import { PLAIN_SHAPE, type RecordShape } from "../mapping/testing/world.ts";

/** @param object Null: nothing is known of it. */
export function recordShape(object: ObjectPart | null): RecordShape {
  if (object === null) return PLAIN_SHAPE;
  const place = (text: string | undefined): Path | null => (text === undefined ? null : decodedPath(text, object));
  const modified = place(object.modified);
  const deleted = place(object.deleted);
  const deletedIs = object.deleted_is === undefined ? null : [object.deleted_is].flat();
  return {
    id: place(object.id) ?? PLAIN_SHAPE.id,
    modified: (record) => (modified === null ? null : parseInstant(valueAt(record, modified))),
    deleted: (record) => deleted !== null && saysDeleted(valueAt(record, deleted), deletedIs),
  };
}

/** A listed field moves from its place on the wire to its name. */
function decodedPath(text: string, { fields }: ObjectPart): Path | null {
  const moved = Object.entries(fields ?? {}).find(([, { at }]) => at === text)?.[0];
  return moved === undefined ? parsePath(text) : [moved];
}
