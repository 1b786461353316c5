// What went wrong inside an answer, whatever its status: GraphQL tells errors in a body with status 200, and most APIs tell
// refusals of a write inside `data`. The first of them becomes the answer's fault; the file's error table is asked before.
//
//   errors[] without data           nothing was carried out: by its code, else rejected
//   errors[] and data all null      by its code; without one the server failed: retry (a write: unknown)
//   errors[] and some data          partial: a read has failed, what became of a write is not known
//   userErrors: [ … ] (also a list `errors` in what a mutation answers)           rejected
//   __typename: …Error in what a mutation answers                                 rejected
//
// Codes are those that servers and vendors commonly use. None is documented by the GraphQL standard.

import { isFields, isList, type Fields, type Value } from "../../../core/value.ts";
import type { Fault, FaultMeaning } from "../../protocol.ts";

const CODES: Readonly<Record<string, FaultMeaning>> = {
  UNAUTHENTICATED: "refresh-auth",
  UNAUTHORIZED: "refresh-auth",
  AUTHENTICATION_ERROR: "refresh-auth",
  FORBIDDEN: "auth",
  ACCESS_DENIED: "auth",
  PERMISSION_DENIED: "auth",
  INSUFFICIENT_SCOPES: "auth",
  THROTTLED: "wait",
  RATE_LIMITED: "wait",
  RATE_LIMIT: "wait",
  RATE_LIMIT_EXCEEDED: "wait",
  TOO_MANY_REQUESTS: "wait",
  NOT_FOUND: "gone",
  ENTITY_NOT_FOUND: "gone",
  INTERNAL: "retry",
  INTERNAL_ERROR: "retry",
  INTERNAL_SERVER_ERROR: "retry",
  SERVICE_UNAVAILABLE: "retry",
  UNAVAILABLE: "retry",
  TIMEOUT: "retry",
  DEADLINE_EXCEEDED: "retry",
};

/** Of an error without a code. */
const NO_CODE = "ERROR";

const USER_ERRORS = /^(?:user_?errors|\w+userErrors|mutationErrors|errors)$/i;

/** Null: nothing says that anything went wrong. */
export function faultIn(body: Value, status: number, mutation: boolean): Fault | null {
  if (!isFields(body)) return null;
  const errors = body["errors"];
  const data = body["data"];
  if (isList(errors) && errors.length > 0) {
    const [first] = errors;
    const code = codeOf(first);
    const known = code === null ? undefined : CODES[code.toUpperCase()];
    return {
      code: code ?? NO_CODE,
      message: messageOf(first),
      means: meaningOf({ known, code, data, status, mutation }),
    };
  }
  if (status >= 300) return null;
  if (!isFields(data)) {
    const message = "the answer has neither data nor errors";
    return { code: "E_SCHEMA", message, means: "partial" };
  }
  return mutation ? refusalIn(data) : null;
}

interface Judged {
  readonly known: FaultMeaning | undefined;
  readonly code: string | null;
  readonly data: Value | undefined;
  readonly status: number;
  readonly mutation: boolean;
}

function meaningOf({ known, code, data, status, mutation }: Judged): FaultMeaning {
  if (status >= 300) return known ?? "by-status";
  const something = isFields(data) && Object.values(data).some((value) => value !== null);
  if (something) return known !== undefined && !mutation && known !== "gone" ? known : "partial";
  if (known !== undefined) return known;
  // Left out: the request was refused before anything was carried out. Null: it was begun.
  return data === undefined || code !== null ? "reject" : "retry";
}

function codeOf(error: Value | undefined): string | null {
  if (!isFields(error)) return null;
  const { extensions } = error;
  const own = isFields(extensions) ? extensions : {};
  for (const place of [own["code"], own["errorType"], own["classification"], error["code"], error["type"]]) {
    if (typeof place === "string" && place !== "") return place;
    if (typeof place === "number") return String(place);
  }
  return null;
}

function messageOf(error: Value | undefined): string {
  const message = isFields(error) ? error["message"] : error;
  return typeof message === "string" ? message : "an error without a message";
}

/** A refusal inside what a mutation's fields answer. */
function refusalIn(data: Fields): Fault | null {
  for (const payload of Object.values(data)) {
    if (!isFields(payload)) continue;
    const type = payload["__typename"];
    if (typeof type === "string" && /Errors?$/.test(type)) {
      const code = payload["errorCode"] ?? payload["code"];
      return { code: typeof code === "string" ? code : type, message: messageOf(payload), means: "reject" };
    }
    for (const [name, list] of Object.entries(payload)) {
      if (!USER_ERRORS.test(name) || !isList(list) || list.length === 0) continue;
      const [first] = list;
      return { code: codeOf(first) ?? "USER_ERROR", message: messageOf(first), means: "reject" };
    }
  }
  return null;
}
