// What a function gets of a mail server: `send`, with a message in plain values. The connection is opened with the first message and
// ends with the operation. What has been sent stays sent, so whatever fails afterwards leaves the outcome unknown. Message-IDs come
// from the key of the write and from the message's place in it: a repeat sends the same ones.

import type { RemoteFailure, Result } from "../../contract.ts";
import type { Value } from "../../../core/value.ts";
import { failureOfFunction, ToolFailure, toolsEnded, type CodeWorld, type Performed } from "../../code/world.ts";
import { valueOf } from "../../code/function.ts";
import type { Template } from "../../template.ts";
import type { CallObserver } from "../../contract.ts";
import type { Clock } from "../../clock.ts";
import type { MailLine } from "./delivery.ts";
import { MessageRefusal, writeMessage, type MessagePlan } from "./message.ts";

export interface MailCodeTools {
  readonly system: string;
  readonly observer: CallObserver;
  readonly clock: Clock;
  readonly connect: () => Promise<Result<MailLine>>;
}

class MailFailure extends ToolFailure {
  readonly failure: RemoteFailure;

  constructor(failure: RemoteFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

export function mailWorld({ system, observer, clock, connect }: MailCodeTools): CodeWorld {
  return {
    async perform({ operation, key }, run) {
      const startedAt = clock.now();
      let line: MailLine | null = null;
      let sent = 0;
      let asked = 0;
      let ended = false;
      const send = async (given: unknown): Promise<{ readonly id: string }> => {
        if (ended) throw toolsEnded();
        const plan = messageOf(given);
        const place = asked;
        asked += 1;
        const own = place === 0 ? (key ?? "") : `${key ?? ""}:${String(place)}`;
        const message = await writeMessage(plan, {}, { key: own, at: new Date(clock.now()) });
        if (line === null) {
          const opened = await connect();
          if (!opened.ok) throw new MailFailure(opened.failure);
          line = opened.value;
        }
        const failure = await line.send(message);
        if (failure !== null) throw new MailFailure(failure);
        sent += 1;
        return { id: message.id.slice(1, -1) };
      };
      let performed: Performed;
      try {
        performed = { ok: true, answer: await run({ send }) };
      } catch (error) {
        performed = { ok: false, failure: failureAfter(error, sent > 0) };
      }
      ended = true;
      // Set within the function's own calls, which the compiler does not follow.
      (line as MailLine | null)?.close();
      const { failure } = performed.ok ? { failure: null } : performed;
      const status = failure === null ? "ok" : "code" in failure ? failure.code : failure.kind;
      observer.called({ system, operation, status, seconds: (clock.now() - startedAt) / 1000 });
      return performed;
    },
  };
}

function failureAfter(error: unknown, sent: boolean): RemoteFailure {
  if (error instanceof MessageRefusal && !sent) return { kind: "rejected", code: error.code, message: error.message };
  if (!(error instanceof MailFailure)) return failureOfFunction(error, sent);
  const { failure } = error;
  return sent
    ? { kind: "unknown", code: "code" in failure ? failure.code : failure.kind, message: failure.message }
    : failure;
}

const TEXTS = ["from", "reply_to", "subject", "text", "html"] as const;
const LISTS = ["to", "cc", "bcc"] as const;
const NAMES: readonly string[] = [...TEXTS, ...LISTS];

/** The same message that templates make, of values that are there. @throws in words for whoever wrote it. */
function messageOf(given: unknown): MessagePlan {
  const message = valueOf(given);
  if (typeof message !== "object" || message === null || Array.isArray(message))
    throw new TypeError("send takes a message: { from, to, subject, text }");
  const values = new Map<string, Value>(Object.entries(message));
  for (const name of values.keys())
    if (!NAMES.includes(name)) throw new TypeError(`a message has no "${name}"; it has ${NAMES.join(", ")}`);
  const text = (name: (typeof TEXTS)[number]): string | null => {
    const value = values.get(name) ?? null;
    if (value !== null && typeof value !== "string") throw new TypeError(`${name} of a message is a text`);
    return value;
  };
  const several = (name: (typeof LISTS)[number]): readonly Template[] => {
    const value = values.get(name) ?? [];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    return list.map((each) => {
      if (typeof each !== "string") throw new TypeError(`${name} of a message is an address, or a list of addresses`);
      return constant(each);
    });
  };
  const {
    from,
    reply_to: replyTo,
    subject,
    text: body,
    html,
  } = Object.fromEntries(TEXTS.map((name) => [name, text(name)])) as Record<(typeof TEXTS)[number], string | null>;
  if (body === null && html === null) throw new TypeError("a message needs something to say: text or html");
  return {
    from: constant(from ?? ""),
    to: several("to"),
    cc: several("cc"),
    bcc: several("bcc"),
    replyTo: replyTo === null ? null : constant(replyTo),
    subject: constant(subject ?? ""),
    text: body === null ? null : constant(body),
    html: html === null ? null : [html],
  };
}

function constant(value: string): Template {
  return { reads: new Set(), evaluate: () => Promise.resolve(value) };
}
