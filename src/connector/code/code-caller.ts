// Calling a function in the place of an operation of a protocol without requests. Turns, budgets, repeats after a passing fault and
// counting are the protocol's own; here are the time limit, and what the function's answer means.

import type { RemoteFailure } from "../contract.ts";
import { describeAnswer, failureOfVerdict, type Called, type Caller } from "../call.ts";
import type { ErrorTable, Verdict } from "../error-table.ts";
import type { Operation } from "../file.ts";
import { retryAfterMs } from "../limits.ts";
import type { Answer, PreparedCall, Variables } from "../protocol.ts";
import type { Clock } from "../clock.ts";
import type { Redactor } from "../secret.ts";
import { readTold, seen, within, type LoadFunction } from "./function.ts";
import type { CodeWorld } from "./world.ts";

export interface CodeCallerTools {
  readonly object: string;
  readonly world: CodeWorld;
  readonly errors: ErrorTable;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Null: it is none. */
  functionOf(call: PreparedCall): LoadFunction | null;
}

const MESSAGE_MAX = 300;
const READS: ReadonlySet<Operation> = new Set(["list", "get", "find", "changes"]);

export function createCodeCaller(tools: CodeCallerTools): Caller {
  const { object, world, limitMs, signal } = tools;
  const say = (text: string): string => tools.redactor.redact(text).slice(0, MESSAGE_MAX);
  return {
    redact: say,
    async call({ prepared, operation, variables }) {
      const load = tools.functionOf(prepared);
      if (load === null) throw new Error(`${object}: ${operation} is no function`);
      const run = await load();
      const writes = !READS.has(operation);
      const performed = await world.perform({ object, operation, writes, key: keyOf(variables) }, async (own) => {
        const ending = new AbortController();
        const given = { ...own, signal: AbortSignal.any([signal, ending.signal]) };
        try {
          const running = Promise.resolve().then(() => run(seen(variables), given));
          return readTold(await within(running, limitMs, signal));
        } finally {
          ending.abort();
        }
      });
      if (!performed.ok) return refused(withMessage(performed.failure, say), null);
      return judge(performed.answer, operation, tools, say);
    },
    async judgePart(answer, operation, message) {
      const verdict = await tools.errors.judge(answer, operation);
      return isRefusal(verdict)
        ? failureOfVerdict(verdict, answer, say(message), 0)
        : failureOfVerdict("reject", answer, say(message), 0);
    },
  };
}

async function judge(
  answer: Answer,
  operation: Operation,
  { errors, clock }: CodeCallerTools,
  say: (text: string) => string,
): Promise<Called> {
  const verdict = await errors.judge(answer, operation);
  if (verdict === "ok") return { ok: true, answer };
  const message = say(describeAnswer(answer, operation));
  if (isRefusal(verdict))
    return refused(
      failureOfVerdict(verdict, answer, message, retryAfterMs(answer.headers, clock.now()) ?? 0),
      answer.status,
    );
  const kind = READS.has(operation) ? "malformed" : "unknown";
  return refused({ kind, code: verdict === "partial" ? "E_INCOMPLETE" : "E_REDIRECT_BLOCKED", message }, answer.status);
}

function isRefusal(verdict: Verdict): verdict is Exclude<Verdict, "ok" | "redirect" | "partial"> {
  return verdict !== "ok" && verdict !== "redirect" && verdict !== "partial";
}

function refused(failure: RemoteFailure, status: number | null): Called {
  return { ok: false, failure, status };
}

function withMessage(failure: RemoteFailure, say: (text: string) => string): RemoteFailure {
  return { ...failure, message: say(failure.message) };
}

/** The key of the write, as templates see it. */
function keyOf({ op }: Variables): string | null {
  const key = typeof op === "object" && op !== null && "key" in op ? op.key : null;
  return typeof key === "string" ? key : null;
}
