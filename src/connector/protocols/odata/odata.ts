// OData over HTTP with JSON: requests as in REST (expand.ts derives them from an entity set), and what is peculiar about the
// answers: deltas, empty answers to writes, batches, the dates of version 2.

import type { KeyPath } from "../../../core/problem.ts";
import { isFields, isList, type Value } from "../../../core/value.ts";
import type { ConnectorFile } from "../../file.ts";
import type { ObjectPart } from "../../file/object.ts";
import type { PreparedProtocol, ProtocolContext } from "../../protocol-context.ts";
import type { Answer, PreparedCall } from "../../protocol.ts";
import { quotedVersion } from "../../version.ts";
import { restProtocol } from "../rest.ts";
import { batchCall, isJsonBatch, type BatchWrite } from "./batch.ts";
import { withRemoved } from "./delta.ts";
import { PLACES, type ODataVersion } from "./versions.ts";
import { asWritten, isDerivedWrite, pathOf } from "./written.ts";

export function odataProtocol(context: ProtocolContext): PreparedProtocol {
  const { protocol: rest, problems } = restProtocol(context);
  const version = context.file.odata?.version ?? "4.0";
  return {
    problems,
    protocol: {
      prepare(part, path) {
        const { call, problems: found } = rest.prepare(part, path);
        const object = objectAt(context.file, path);
        if (call === null || object === null) return { call, problems: found };
        return { call: reading(call, { part, path, object, version }), problems: found };
      },
      close: () => rest.close(),
    },
  };
}

function objectAt({ objects }: ConnectorFile, [top, name]: KeyPath): ObjectPart | null {
  return top === "objects" && typeof name === "string" ? (objects[name] ?? null) : null;
}

interface Request {
  readonly part: Readonly<Record<string, unknown>>;
  readonly path: KeyPath;
  readonly object: ObjectPart;
  readonly version: ODataVersion;
}

function reading(call: PreparedCall, { part, path, object, version }: Request): PreparedCall {
  const places = PLACES[version];
  const id = pathOf(object.id ?? "id");
  const etag = pathOf(object.version ?? places.etag);
  if (isJsonBatch(part) && object.entity_set !== undefined) {
    const { key = "text" } = object.odata ?? {};
    return batchCall(call, {
      operation: batchWrite(String(path.at(-1))),
      set: object.entity_set,
      keyText: (text) => (key === "text" ? `'${text.replaceAll("'", "''")}'` : text),
      id,
      etag,
      quoted: quotedVersion,
    });
  }
  const judged = (change: (answer: Answer) => Answer): PreparedCall => {
    const dated = version === "2.0" ? (answer: Answer) => change({ ...answer, body: withDates(answer.body) }) : change;
    return async (variables, options) => {
      const sent = await call(variables, options);
      return sent.kind === "failed" ? sent : { kind: "answer", answer: dated(sent.answer) };
    };
  };
  if (isDerivedWrite(part)) return judged((answer) => asWritten(answer, { id, etag, item: pathOf(places.item) }));
  if (path[2] === "changes" && object.changes?.cursor.url !== undefined && object.deleted !== undefined) {
    const deletedIs = [object.deleted_is ?? true].flat()[0] ?? true;
    const removed = { id, deleted: pathOf(object.deleted), deletedIs };
    return judged((answer) => withRemoved(answer, removed));
  }
  return judged((answer) => answer);
}

function batchWrite(key: string): BatchWrite {
  if (key === "create" || key === "delete") return key;
  return "update";
}

const V2_DATE = /^\/Date\((-?\d{1,16})(?:[+-]\d{4})?\)\/$/;

/** Version 2 writes times as /Date(1767225600000)/; the offset behind only tells where somebody sat. */
function withDates(value: Value): Value {
  if (typeof value === "string") {
    const ms = V2_DATE.exec(value)?.[1];
    const date = new Date(Number(ms));
    return ms === undefined || Number.isNaN(date.getTime()) ? value : date.toISOString();
  }
  if (isList(value)) return value.map(withDates);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, withDates(entry ?? null)]));
}
