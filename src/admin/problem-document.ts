// What a caller is told when a request is refused: a problem document (RFC 9457) with a code that programs can hold on to.
//
//   400 BAD_JSON BAD_REQUEST BAD_PAGE   401 UNAUTHORIZED   403 FORBIDDEN      404 NOT_FOUND        405 METHOD
//   409 RUNNING PLAN_STALE CLOSED TAKEN 413 TOO_LARGE      415 MEDIA_TYPE     421 MISDIRECTED      422 INVALID
//   429 TOO_MANY_FAILURES               500 INTERNAL       503 UNAVAILABLE

import { LedgerError } from "../engine/ledger.ts";
import { OperatorError } from "../engine/operator.ts";

const TITLES = {
  400: "Bad request",
  401: "Who are you?",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflicts with what is there",
  413: "Too large",
  415: "Not JSON",
  421: "Misdirected request",
  422: "Outside what is allowed",
  429: "Too many failures",
  500: "Something broke",
  503: "Not available now",
} as const;

export type RefusalStatus = keyof typeof TITLES;

/** Thrown by whatever handles a request; becomes the answer. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: RefusalStatus;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  /** @param message One sentence for the person, without values or secrets. */
  constructor(status: RefusalStatus, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

export function problemText(refusal: Refusal): string {
  return JSON.stringify({
    type: `urn:syncline:problem:${refusal.code.toLowerCase().replaceAll("_", "-")}`,
    title: TITLES[refusal.status],
    status: refusal.status,
    detail: refusal.message,
    code: refusal.code,
  });
}

const BY_CODE: Readonly<Record<LedgerError["code"] | OperatorError["code"], readonly [RefusalStatus, string]>> = {
  E_NOT_FOUND: [404, "NOT_FOUND"],
  E_CLOSED: [409, "CLOSED"],
  E_TAKEN: [409, "TAKEN"],
  E_INVALID: [422, "INVALID"],
  E_RUNNING: [409, "RUNNING"],
  E_PLAN_STALE: [409, "PLAN_STALE"],
};

/** What an error means for the caller; null: nobody foresaw it. */
export function refusalOf(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error;
  if (error instanceof LedgerError || error instanceof OperatorError) {
    const [status, code] = BY_CODE[error.code];
    return new Refusal(status, code, error.message);
  }
  return ofServer(error);
}

/** The HTTP library's own refusals, by its codes. */
function ofServer(error: unknown): Refusal | null {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return null;
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new Refusal(413, "TOO_LARGE", "the body is too large");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new Refusal(415, "MEDIA_TYPE", "send JSON, with content-type: application/json");
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new Refusal(400, "BAD_REQUEST", "the body is not as long as its content-length says");
    case "FST_ERR_BAD_URL":
    case "FST_ERR_ASYNC_CONSTRAINT":
      return new Refusal(400, "BAD_REQUEST", "the address is not a valid one");
    default:
      return null;
  }
}
