// What reading and writing one object of one account share.

import type { RemoteFailure, Result } from "./contract.ts";
import type { Caller, Called } from "./call.ts";
import type { Operation } from "./file.ts";
import type { ObjectPlan, RequestPlan } from "./object-plan.ts";
import type { PreparedCall, Variables } from "./protocol.ts";
import type { RecordCodec } from "./record.ts";

export interface ObjectTools {
  readonly plan: ObjectPlan;
  readonly codec: RecordCodec;
  readonly caller: Caller;
  /** `settings`, `syncline`, `wanted`: what every request sees. */
  readonly variables: Variables;
  /** Origin of base_url; null where the protocol has no addresses. */
  readonly origin: string | null;
  /** The request made callable, once per account. */
  prepared(request: RequestPlan): PreparedCall;
}

export interface SendOptions {
  readonly operation: Operation;
  readonly variables: Variables;
  readonly repeatable?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly url?: string | null;
  readonly mayBegin?: (() => boolean) | undefined;
}

export function send(tools: ObjectTools, request: RequestPlan, options: SendOptions): Promise<Called> {
  return tools.caller.call({
    prepared: tools.prepared(request),
    operation: options.operation,
    variables: { ...tools.variables, ...options.variables },
    repeatable: options.repeatable ?? false,
    headers: options.headers ?? {},
    query: options.query ?? {},
    url: options.url ?? null,
    ...(options.mayBegin === undefined ? {} : { mayBegin: options.mayBegin }),
  });
}

export function failed(failure: RemoteFailure): { readonly ok: false; readonly failure: RemoteFailure } {
  return { ok: false, failure };
}

export function done<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** Parts of at most `max`, in order. */
export function parts<T>(list: readonly T[], max: number): readonly (readonly T[])[] {
  const made: (readonly T[])[] = [];
  for (let start = 0; start < list.length; start += max) made.push(list.slice(start, start + max));
  return made;
}
