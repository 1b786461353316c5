// GraphQL: `query: |` with `variables:`, posted to base_url (or to the path of `request:`). The query's text is fixed; what
// changes from call to call are its variables. Answers keep their whole form: paths begin with `data`.

import { OperationTypeNode } from "graphql";
import { isError, type KeyPath, type Problem } from "../../../core/problem.ts";
import type { ObjectPart } from "../../file/object.ts";
import type { PreparedProtocol, ProtocolContext } from "../../protocol-context.ts";
import type { PreparedCall } from "../../protocol.ts";
import type { Template } from "../../template.ts";
import { restRequests } from "../rest.ts";
import { faultIn } from "./errors.ts";
import { checkKind, checkVariables, readQuery, type Query } from "./query.ts";
import { checkAnswerPath, checkItemPath } from "./selection.ts";

export function graphqlProtocol(context: ProtocolContext): PreparedProtocol {
  const rest = restRequests(context);
  return {
    problems: rest.problems,
    protocol: {
      prepare(part, path) {
        const problems: Problem[] = [];
        const query = readQuery(part["query"], path, problems);
        if (query !== null) {
          checkKind(query, path, problems);
          checkVariables(query, part["variables"], path, problems);
          checkPaths(query, part, path, context, problems);
        }
        const variables = context.template(part["variables"] ?? {}, [...path, "variables"], []);
        problems.push(...variables.problems);
        const body = query === null || variables.template === null ? null : bodyOf(query, variables.template);
        const { request = "/", headers } = part;
        const own = body === null ? null : { body, atBase: part["request"] === undefined };
        const prepared = rest.prepare({ request: withMethod(request), headers }, path, own);
        problems.push(...prepared.problems);
        const fine = query !== null && prepared.call !== null && !problems.some(isError);
        return { call: fine ? judging(prepared.call, query) : null, problems };
      },
      close: () => Promise.resolve(),
    },
  };
}

/** A path alone is posted to. */
function withMethod(request: unknown): unknown {
  return typeof request === "string" && /^\s*(?:\/|https?:)/.test(request) ? `POST ${request.trim()}` : request;
}

function bodyOf({ text, definition }: Query, variables: Template): Template {
  const operationName = definition.name === undefined ? {} : { operationName: definition.name.value };
  return {
    reads: variables.reads,
    evaluate: async (values) => ({
      query: text,
      ...operationName,
      variables: (await variables.evaluate(values)) ?? {},
    }),
  };
}

function judging(call: PreparedCall, { definition }: Query): PreparedCall {
  const mutation = definition.operation === OperationTypeNode.MUTATION;
  return async (variables, options) => {
    const sent = await call(variables, options);
    if (sent.kind === "failed") return sent;
    const fault = faultIn(sent.answer.body, sent.answer.status, mutation);
    return { kind: "answer", answer: { ...sent.answer, fault } };
  };
}

/**
 * Places in the answer that the request names, and those that the object reads of each item. Absent is not empty: a field that
 * the query leaves out would look like a value that was taken away, unless it is only ever written.
 */
function checkPaths(
  query: Query,
  part: Readonly<Record<string, unknown>>,
  path: KeyPath,
  { file }: ProtocolContext,
  problems: Problem[],
): void {
  const check = (value: unknown, ...keys: string[]): void =>
    checkAnswerPath(query, value, [...path, ...keys], problems);
  for (const key of ["items", "item", "count", "ok", "failed", "at"]) check(part[key], key);
  for (const key of ["token", "more", "url", "pages", "at"]) check(entry(part["page"], key), "page", key);
  for (const key of ["id", "version"]) check(entry(part["returns"], key), "returns", key);
  const [, name = ""] = path;
  const object = path[0] === "objects" ? file.objects[name] : undefined;
  const items = part["items"] ?? part["item"];
  // What is read again by itself need only be named, and of what was deleted there is nothing to read.
  if (object === undefined || items === undefined || part["reread"] !== undefined || path.includes("deletes")) return;
  const at = [...path, "query"];
  const { id, version, modified, deleted, changes, fields } = object;
  for (const text of [id ?? "id", version, modified, deleted, cursorPath(changes)])
    checkItemPath(query, items, text, at, { code: "E_QUERY_PATH", problems });
  for (const [name, field] of Object.entries(fields ?? {}))
    checkItemPath(query, items, field.at ?? name, at, { code: "W_QUERY_FIELD", problems });
}

function cursorPath(changes: ObjectPart["changes"]): string | undefined {
  const at: unknown = entry(changes?.cursor, "at");
  return typeof at === "string" ? at : undefined;
}

function entry(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
