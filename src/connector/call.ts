// One call as the caller means it: authenticated, in its turn, repeated where that is harmless, and its answer judged.
//
//   what happened                      read                       write
//   never reached                      again, then unreachable    again, then unreachable
//   wait (429)                         waited for, then throttled the same: it was refused before any effect
//   401                                once more with new credentials, then auth
//   retry (5xx), timeout, reset        again, then unknown        again only when repeatable; else unknown at once
//   unreadable answer                  malformed                  unknown: it may have been carried out
//
// A write is repeatable when its connector says so (`repeat: safe`, or by-key with the same key).

import type { RemoteFailure } from "./contract.ts";
import type { Auth, Credentials } from "./auth.ts";
import type { Clock, Log } from "./clock.ts";
import type { CostBudgets } from "./cost.ts";
import type { CallObserver } from "./contract.ts";
import type { ErrorTable, Verdict } from "./error-table.ts";
import type { Operation } from "./file.ts";
import { retryAfterMs, type Limiter } from "./limits.ts";
import type { Answer, PreparedCall, Sent, Variables } from "./protocol.ts";
import type { Redactor } from "./secret.ts";

export interface CallerTools {
  readonly system: string;
  readonly auth: Auth;
  readonly limiter: Limiter;
  readonly costs: CostBudgets;
  readonly errors: ErrorTable;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: CallObserver;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
}

interface Call {
  readonly prepared: PreparedCall;
  readonly operation: Operation;
  readonly variables: Variables;
  /** Sending it again has the same effect as sending it once. */
  readonly repeatable: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly url: string | null;
  /** As for a write's call; left out: it may. */
  readonly mayBegin?: () => boolean;
}

export type Called =
  | { readonly ok: true; readonly answer: Answer }
  /** `status`: of the answer that was refused; null where none came. */
  | { readonly ok: false; readonly failure: RemoteFailure; readonly status: number | null };

export interface Caller {
  call(call: Call): Promise<Called>;
  /** The failure that a refusal of one record inside a batch means. */
  judgePart(answer: Answer, operation: Operation, message: string): Promise<RemoteFailure>;
  redact(text: string): string;
}

/** Attempts in all. Fewer gives up on a restart of the system; more holds the run up while it is down. */
const ATTEMPTS_MAX = 4;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 20_000;
/** Waits for throttles of one call, in all; the caller may come back later. */
const WAIT_MAX_MS = 120_000;
const WAITS_MAX = 8;
/** Limits are of a day at most; a longer wait is a mistake of unit, and would keep everybody away for good. */
const HOLD_MAX_MS = 86_400_000;
const MESSAGE_MAX = 300;

const READS: ReadonlySet<Operation> = new Set(["list", "get", "find", "changes"]);

/** Answers that came and cannot be believed; sending the same again gives the same. */
const UNBELIEVABLE = new Set([
  "E_CONTENT_TYPE",
  "E_MALFORMED",
  "E_ENCODING",
  "E_SCHEMA",
  "E_RESPONSE_TOO_LARGE",
  "E_REDIRECT_BLOCKED",
  "E_XML_DOCTYPE",
  "E_XML_MALFORMED",
]);

/** Failures before sending that no waiting mends. */
const HOPELESS = new Set(["E_SSRF_BLOCKED", "E_URL", "E_REQUEST", "E_DNS_BLOCKED"]);

export function createCaller(tools: CallerTools): Caller {
  const say = (text: string): string => tools.redactor.redact(text).slice(0, MESSAGE_MAX);
  return {
    call: (call) => perform(call, tools, say),
    redact: say,
    async judgePart(answer, operation, message) {
      const verdict = await tools.errors.judge(answer, operation);
      // One record of a batch: its system answered, so nothing is unknown but what the answer leaves open.
      return failureOfVerdict(isRefusal(verdict) ? verdict : "reject", answer, say(message), 0);
    },
  };
}

async function perform(call: Call, tools: CallerTools, say: (text: string) => string): Promise<Called> {
  const read = READS.has(call.operation);
  const repeatable = read || call.repeatable;
  let attempt = 0;
  let waits = 0;
  let waitedMs = 0;
  let renewed = false;
  for (;;) {
    const authenticated = await tools.auth.credentials(tools.signal);
    if (!authenticated.ok) {
      const message = say(authenticated.message);
      if (authenticated.refused) return refused({ kind: "auth", message }, null);
      attempt += 1;
      if (attempt < ATTEMPTS_MAX && !tools.signal.aborted) {
        await pause(tools, "auth", backoffMs(attempt, tools));
        continue;
      }
      return refused({ kind: "unreachable", code: authenticated.code, message }, null);
    }
    const cost = await tools.costs.turn(call.prepared, tools.signal);
    if (cost.kind === "throttled") {
      const message = `the limit "${cost.reason}" of ${tools.system} is used up`;
      return refused({ kind: "throttled", retryAfterMs: cost.retryAfterMs, message }, null);
    }
    const turn = await tools.limiter.turn(tools.signal);
    if (turn.kind === "throttled") {
      cost.release();
      const message = `the limit "${turn.reason}" of ${tools.system} is used up`;
      return refused({ kind: "throttled", retryAfterMs: turn.retryAfterMs, message }, null);
    }
    if (call.mayBegin?.() === false) {
      turn.release();
      cost.release();
      return refused(
        { kind: "unreachable", code: "E_UNREACHABLE", message: say("it is no longer this process's turn to write") },
        null,
      );
    }
    const sent = await sendOnce(call, authenticated.credentials, tools, () => {
      turn.release();
      cost.release();
    });
    attempt += 1;
    const again = attempt < ATTEMPTS_MAX && !tools.signal.aborted;

    if (sent.kind === "failed") {
      const message = say(sent.message);
      if (!sent.reached) {
        if (again && !HOPELESS.has(sent.code) && !isTemplateCode(sent.code)) {
          await pause(tools, "unreachable", backoffMs(attempt, tools));
          continue;
        }
        if (isTemplateCode(sent.code)) return refused({ kind: "rejected", code: sent.code, message }, null);
        return refused({ kind: "unreachable", code: sent.code, message }, null);
      }
      if (UNBELIEVABLE.has(sent.code)) {
        return refused({ kind: read ? "malformed" : "unknown", code: sent.code, message }, null);
      }
      if (repeatable && again) {
        await pause(tools, sent.code, backoffMs(attempt, tools));
        continue;
      }
      return refused({ kind: "unknown", code: sent.code, message }, null);
    }

    const { answer } = sent;
    tools.limiter.learn(answer.headers);
    cost.learn(answer.body);
    const verdict = await tools.errors.judge(answer, call.operation);
    if (verdict === "ok") return { ok: true, answer };
    const askedMs = retryAfterMs(answer.headers, tools.clock.now());
    const message = say(describeAnswer(answer, call.operation));
    switch (verdict) {
      case "refresh-auth":
        if (!renewed && tools.auth.renew(authenticated.credentials)) {
          renewed = true;
          attempt -= 1;
          continue;
        }
        return refused({ kind: "auth", message }, answer.status);
      case "wait": {
        const ms = askedMs ?? backoffMs(waits + 2, tools);
        waits += 1;
        // What it asks for, it asks of everybody: also of those who come after this call has given up.
        tools.limiter.holdFor(Math.min(ms, HOLD_MAX_MS));
        if (waits > WAITS_MAX || waitedMs + ms > WAIT_MAX_MS || tools.signal.aborted) {
          return refused({ kind: "throttled", retryAfterMs: ms, message }, answer.status);
        }
        await pause(tools, "throttled", ms);
        waitedMs += ms;
        attempt -= 1;
        continue;
      }
      case "retry":
        if (repeatable && again) {
          await pause(
            tools,
            `status-${String(answer.status)}`,
            Math.min(askedMs ?? backoffMs(attempt, tools), WAIT_MAX_MS),
          );
          continue;
        }
        return refused({ kind: "unknown", code: `HTTP_${String(answer.status)}`, message }, answer.status);
      case "partial":
        return refused({ kind: read ? "malformed" : "unknown", code: "E_INCOMPLETE", message }, answer.status);
      case "redirect":
        return refused(
          {
            kind: read ? "malformed" : "unknown",
            code: "E_REDIRECT_BLOCKED",
            message: `${message}: redirects are not followed`,
          },
          answer.status,
        );
      default:
        return refused(failureOfVerdict(verdict, answer, message, askedMs ?? 0), answer.status);
    }
  }
}

const UNSIGNED = { ok: true, headers: {}, values: undefined } as const;

async function sendOnce(call: Call, credentials: Credentials, tools: CallerTools, release: () => void): Promise<Sent> {
  const { clock, observer, signal } = tools;
  const startedAt = clock.now();
  try {
    const signed = (await credentials.sign?.()) ?? UNSIGNED;
    if (!signed.ok) return { kind: "failed", reached: false, code: "E_REQUEST", message: signed.message };
    const sent = await call.prepared(
      { ...call.variables, session: credentials.session, signed: signed.values },
      {
        headers: { ...call.headers, ...credentials.headers, ...signed.headers },
        query: { ...call.query, ...credentials.query },
        url: call.url,
        signal,
      },
    );
    const status = sent.kind === "answer" ? String(sent.answer.status) : sent.code;
    // Nothing went out for a request that could not be written: it is no call.
    if (sent.kind === "answer" || !isTemplateCode(sent.code)) {
      observer.called({
        system: tools.system,
        operation: call.operation,
        status,
        seconds: (clock.now() - startedAt) / 1000,
      });
    }
    return sent;
  } finally {
    release();
  }
}

function refused(failure: RemoteFailure, status: number | null): Called {
  return { ok: false, failure, status };
}

type Refusal = Exclude<Verdict, "ok" | "redirect" | "partial">;

function isRefusal(verdict: Verdict): verdict is Refusal {
  return verdict !== "ok" && verdict !== "redirect" && verdict !== "partial";
}

export function failureOfVerdict(verdict: Refusal, answer: Answer, message: string, waitMs: number): RemoteFailure {
  switch (verdict) {
    case "auth":
    case "refresh-auth":
      return { kind: "auth", message };
    case "gone":
    case "duplicate":
    case "stale":
    case "resync":
    case "stop":
      return { kind: verdict, message };
    case "wait":
      return { kind: "throttled", retryAfterMs: waitMs, message };
    case "retry":
      return { kind: "unknown", code: `HTTP_${String(answer.status)}`, message };
    case "reject":
      return { kind: "rejected", code: answer.fault?.code ?? `HTTP_${String(answer.status)}`, message };
  }
}

function isTemplateCode(code: string): boolean {
  return code.startsWith("E_EXPR") || code === "E_TEMPLATE";
}

/** Half of the wait is certain, half is chance, so that many callers do not come back at the same moment. */
function backoffMs(attempt: number, tools: CallerTools): number {
  const whole = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (attempt - 1));
  return Math.round(whole / 2 + (whole / 2) * tools.random());
}

async function pause(tools: CallerTools, reason: string, ms: number): Promise<void> {
  tools.observer.waited({ system: tools.system, reason, ms });
  await tools.clock.sleep(ms, tools.signal);
}

/** What the system said about its refusal: the usual places of a message; the body itself may hold a customer's details. */
export function describeAnswer(answer: Answer, operation: Operation): string {
  if (answer.fault !== null) return `${operation}: ${answer.fault.code}: ${answer.fault.message}`;
  const said = saidMessage(answer.body, 0);
  return `${operation} was answered ${String(answer.status)}${said === null ? "" : `: ${said}`}`;
}

const MESSAGE_NAMES = [
  "message",
  "error_description",
  "detail",
  "title",
  "error",
  "errors",
  "Error",
  "ErrorMessage",
  "errorMessage",
];

export function saidMessage(body: unknown, depth: number): string | null {
  if (typeof body === "string")
    return body.trim() === "" || /^\s*</.test(body) ? null : body.trim().slice(0, MESSAGE_MAX);
  if (typeof body !== "object" || body === null || depth > 3) return null;
  if (Array.isArray(body)) return saidMessage(body[0], depth + 1);
  for (const name of MESSAGE_NAMES) {
    const said = name in body ? saidMessage((body as Record<string, unknown>)[name], depth + 1) : null;
    if (said !== null) return said;
  }
  return null;
}
