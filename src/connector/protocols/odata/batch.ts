// Writes of several records in one `$batch` (JSON, OData 4.01 and many servers of 4.0): each is a request of its own with its own
// If-Match and its own status, so that one that is refused leaves the others alone.

import { valueAt, withoutValueAt, withValueAt, type Path } from "../../../core/path.ts";
import { isFields, isList, type Fields, type Value } from "../../../core/value.ts";
import type { Answer, PreparedCall, Variables } from "../../protocol.ts";
import { EACH_OF_BATCH, wireName } from "../../variables.ts";
import { keyIn } from "./entity-id.ts";

export const BATCH_REQUEST = "POST /$batch";

/** Writes of a batch; reads have a filter. */
export type BatchWrite = "create" | "update" | "delete";

export function isJsonBatch(part: Readonly<Record<string, unknown>>): boolean {
  return part["request"] === BATCH_REQUEST && part["body"] === "{{ items }}";
}

export interface BatchFacts {
  readonly operation: BatchWrite;
  readonly set: string;
  /** The key as it stands in an address: 'Ada', 7. */
  readonly keyText: (id: string) => string;
  readonly id: Path;
  readonly etag: Path;
  /** As it is sent in If-Match. */
  readonly quoted: (version: string) => string;
}

const METHODS: Readonly<Record<BatchWrite, string>> = { create: "POST", update: "PATCH", delete: "DELETE" };

/** @param call Sends `{{ items }}` as its body. */
export function batchCall(call: PreparedCall, facts: BatchFacts): PreparedCall {
  return async (variables, options) => {
    const body: Fields = { requests: requestsOf(variables, facts) };
    const sent = await call({ ...variables, items: body, [wireName("items")]: body }, options);
    return sent.kind === "failed" ? sent : { kind: "answer", answer: readResponses(sent.answer, facts) };
  };
}

function requestsOf(variables: Variables, facts: BatchFacts): readonly Value[] {
  const { operation, set, keyText, quoted } = facts;
  const items = isList(variables["items"]) ? variables["items"] : [];
  const each = variables[EACH_OF_BATCH];
  return items.map((item, index): Value => {
    const about = isList(each) ? each[index] : undefined;
    const id = isFields(about) ? about["id"] : undefined;
    const version = isFields(about) ? about["version"] : undefined;
    const url = operation === "create" || typeof id !== "string" ? set : `${set}(${encodeURIComponent(keyText(id))})`;
    const headers: Record<string, Value> = operation === "delete" ? {} : { "content-type": "application/json" };
    if (typeof version === "string") headers["if-match"] = quoted(version);
    const head = { id: String(index), method: METHODS[operation], url, headers };
    // The address says which record it is; its key is not to be written.
    return operation === "delete"
      ? head
      : { ...head, body: operation === "update" ? withoutValueAt(item, facts.id) : item };
  });
}

/** One entry a response, with the index of its request: `{ index, id }`, or `{ index, status, error }` of one that was refused. */
function readResponses(answer: Answer, facts: BatchFacts): Answer {
  const { body } = answer;
  const responses = isFields(body) ? body["responses"] : undefined;
  if (answer.status >= 300 || !isList(responses)) return answer;
  return { ...answer, body: { entries: responses.flatMap((response) => readResponse(response, facts)) } };
}

function readResponse(response: Value, { id, etag }: BatchFacts): readonly Value[] {
  if (!isFields(response)) return [];
  const index = Number(response["id"]);
  const { status, body } = response;
  const headers = isFields(response["headers"]) ? response["headers"] : {};
  const header = (name: string): string => {
    const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
    return typeof found === "string" ? found : "";
  };
  if (!Number.isInteger(index) || typeof status !== "number") return [];
  if (status >= 300) {
    // A redirect is not followed: the record was not written.
    return [{ ...(isFields(body) ? body : {}), index, status: status < 400 ? 400 : status }];
  }
  let entry: Value = { index };
  const own = valueAt(body, id) ?? keyIn(header("odata-entityid") || header("location"));
  if (own !== undefined && own !== null) entry = withValueAt(entry, id, own);
  const version = valueAt(body, etag) ?? header("etag");
  return [version === "" ? entry : withValueAt(entry, etag, version)];
}
