// What the engine asks of a system, whatever it speaks. A protocol implements SystemObject; the contract suite in
// test/contract holds every one of them to the comments here.
//
// Two rules carry the rest:
//   - what happens in the world is a value (RemoteFailure), never an exception; an exception is a fault of ours;
//   - `unknown` is said whenever a write may or may not have happened. It is never guessed either way.

import type { Instant, RemoteId } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";

/** One remote record, decoded: each field listed under `fields` of the connector file moved to its name. */
export interface RemoteRecord {
  readonly id: RemoteId;
  /** A token that changes with each change; null where the system has none. */
  readonly version: string | null;
  /** Time of the last change by the remote clock; null where the system tells none. */
  readonly modified: Instant | null;
  /** The system itself marks the record as deleted or archived. */
  readonly deleted: boolean;
  readonly fields: Fields;
}

export type RemoteFailure =
  /** Refused before any effect; waiting was tried as long as the caller allowed. */
  | { readonly kind: "throttled"; readonly retryAfterMs: number; readonly message: string }
  /** Never reached, or refused before any effect (connection refused, DNS, TLS). */
  | { readonly kind: "unreachable"; readonly code: string; readonly message: string }
  /** 401 that stayed after a refresh, or 403. */
  | { readonly kind: "auth"; readonly message: string }
  /** The error table says `stop`: pause the system's pairs until a person resumes. */
  | { readonly kind: "stop"; readonly message: string }
  | { readonly kind: "gone"; readonly message: string }
  /** A unique constraint of the remote system. */
  | { readonly kind: "duplicate"; readonly message: string }
  /** The version sent is not the current one; nothing was written. */
  | { readonly kind: "stale"; readonly message: string }
  | { readonly kind: "rejected"; readonly code: string; readonly message: string }
  /** The cursor is no longer known: list completely. */
  | { readonly kind: "resync"; readonly message: string }
  /** An answer that cannot be believed: E_CONTENT_TYPE, E_MALFORMED, E_SCHEMA, E_PAGING_LOOP, E_RESPONSE_TOO_LARGE, E_ENCODING, … */
  | { readonly kind: "malformed"; readonly code: string; readonly message: string }
  /** A write was sent and its outcome is not known (timeout, reset, 5xx, unreadable answer). For a read: it failed. */
  | { readonly kind: "unknown"; readonly code: string; readonly message: string };

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: RemoteFailure };

/** A page of a listing or of changes. An item that could not be decoded is reported beside the others. */
export interface Page {
  readonly records: readonly RemoteRecord[];
  readonly broken: readonly BrokenItem[];
  /** How many records the source says there are in all, where it says so. */
  readonly total: number | null;
  /** Greatest cursor value seen in the items of this page; null: none. Only `list` and `changes` of objects with a cursor. */
  readonly cursor: string | null;
}

export interface BrokenItem {
  readonly id: RemoteId | null;
  readonly code: string;
  readonly message: string;
}

/** Asked when a write's turn has come, however long it waited for it: false, and nothing is sent (`unreachable`). Left out: it may. */
export interface Begun {
  readonly mayBegin?: () => boolean;
}

export interface CreateCall extends Begun {
  /** Idempotency key; the same after a restart. Sent where the connector says `repeat: by-key`, or as `marker`. */
  readonly key: string;
  readonly record: Fields;
}

export interface UpdateCall extends Begun {
  readonly key: string;
  readonly id: RemoteId;
  /** For `guard: if-match`; null: the record's version is not known and no guard is sent. */
  readonly version: string | null;
  /** The fields to write, by their decoded top-level names; a nested field comes with its whole top-level value. */
  readonly changed: Fields;
  /** The record as just read, for systems that only replace; null: not read. */
  readonly current: RemoteRecord | null;
}

export interface DeleteCall extends Begun {
  readonly key: string;
  readonly id: RemoteId;
  readonly version: string | null;
}

/** A confirmed write. */
export interface Written {
  readonly id: RemoteId;
  readonly version: string | null;
  /** The whole record as the system now has it, where the answer held it (`item:`); null: read it to know. */
  readonly record: RemoteRecord | null;
}

/** What a system's object can do; what it cannot is a capability gap that `check` and `plan` report. */
export interface Capabilities {
  readonly list: boolean;
  readonly get: boolean;
  /** Lists of field names that `find` can look up together; empty: no `find`. */
  readonly findBy: readonly (readonly string[])[];
  /** How late a new record may show in `find`, in milliseconds. */
  readonly findSettleMs: number;
  readonly changes: {
    readonly settleMs: number;
    readonly cannotSeeDeletes: boolean;
    /** A complete listing tells its cursor on its last page, as of its beginning; left out: each page tells its own. */
    readonly cursorAtEnd?: boolean;
  } | null;
  readonly create: {
    readonly repeat: "safe" | "unsafe" | "by-key";
    readonly verify: "find" | "get" | "marker" | null;
    /** How long the remote system remembers an idempotency key. */
    readonly keyLifeMs: number;
  } | null;
  readonly update: { readonly guard: WriteGuard; readonly needsCurrent: boolean } | null;
  readonly delete: { readonly guard: WriteGuard; readonly effect: "delete" | "archive" } | null;
  /** Largest batch of each operation; 1: one by one. */
  readonly batch: { readonly read: number; readonly create: number; readonly update: number; readonly delete: number };
  readonly versioned: boolean;
  readonly tellsModified: boolean;
  readonly naturalKeys: readonly string[];
}

export type WriteGuard = "none" | "if-match" | "read-compare";

/** One object type of one system. Limits, concurrency, retries of reads and waiting for throttles happen inside. */
export interface SystemObject {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Every record there is. The iteration ends after a page that failed; one that ends without a failure was complete. */
  list(): AsyncIterable<Result<Page>>;
  /**
   * What changed since the cursor, which the connector itself moves back by its `settle`; not when it is settled: then
   * everything older has been read, and reading starts with what has the cursor's own value.
   */
  changes(cursor: string, how?: { readonly settled: boolean }): AsyncIterable<Result<Page>>;
  /** One result per id, in the order asked; a missing record is the failure `gone`. */
  get(ids: readonly RemoteId[]): Promise<readonly Result<RemoteRecord>[]>;
  /** Records that have these values (decoded names); an empty list is a real "there is none". */
  find(key: Fields): Promise<Result<readonly RemoteRecord[]>>;
  /** The record that carries our marker, for `verify: marker`. */
  findByMarker(key: string): Promise<Result<readonly RemoteRecord[]>>;
  /** Results in the order of the calls. A batch that fails as a whole fails each of its calls. */
  create(calls: readonly CreateCall[]): Promise<readonly Result<Written>[]>;
  update(calls: readonly UpdateCall[]): Promise<readonly Result<Written>[]>;
  delete(calls: readonly DeleteCall[]): Promise<readonly Result<null>[]>;
  /** The later of two cursors, by time where they are times, else by text. */
  laterCursor(a: string | null, b: string | null): string | null;
}

/** One remote account. */
export interface System {
  readonly name: string;
  /** @param wanted Top-level names of the fields the mapping reads or writes, for `{{ wanted }}`. */
  object(name: string, wanted: readonly string[]): SystemObject;
  /** One cheap authenticated read, for `check --live` and `doctor`. */
  probe(): Promise<Result<null>>;
  /** The identity of the account that answers; null: the connector does not ask for one. Left out: as null. */
  epoch?(): Promise<Result<string | null>>;
  close(): Promise<void>;
}

/** Every call a connector makes is counted here: `calls` of the run report, metrics, budgets. */
export interface CallObserver {
  /** @param status HTTP status as text, or the failure's code where no answer came. @param seconds Duration of the call. */
  called(call: { system: string; operation: string; status: string; seconds: number }): void;
  waited(wait: { system: string; reason: string; ms: number }): void;
}
