// What an object of a connector file comes to once its paths, times and paging are read: plain facts, shared by every account.

import type { KeyPath } from "../core/problem.ts";
import type { Path } from "../core/path.ts";
import type { Capabilities } from "./contract.ts";
import type { Operation } from "./file.ts";
import type { PagingPlan } from "./paging.ts";
import type { RecordShape } from "./record.ts";

/** A request part of the file, for the protocol to prepare. */
export interface RequestPlan {
  readonly part: Readonly<Record<string, unknown>>;
  readonly path: KeyPath;
}

export interface ListingPlan extends RequestPlan {
  readonly operation: Operation;
  readonly items: Path;
  readonly count: Path | null;
  readonly paging: PagingPlan;
}

export interface ReadPlan extends RequestPlan {
  readonly item: Path;
}

export interface WritePlan extends RequestPlan {
  readonly repeatable: boolean;
  /** Header that carries the idempotency key; null: none, or the request itself mentions it. */
  readonly keyHeader: string | null;
  readonly returnsId: readonly Path[];
  readonly returnsVersion: readonly Path[];
  /** Where the answer holds the whole record. */
  readonly item: Path | null;
}

export interface BatchPlan extends RequestPlan {
  readonly max: number;
  readonly ok: Path;
  readonly failed: Path | null;
  /** Null: by index. */
  readonly key: Path | null;
}

export interface ObjectPlan {
  readonly name: string;
  readonly shape: RecordShape;
  readonly capabilities: Capabilities;
  readonly list: ListingPlan | null;
  readonly changes: ListingPlan | null;
  readonly find: ListingPlan | null;
  readonly get: ReadPlan | null;
  readonly create: WritePlan | null;
  readonly update: WritePlan | null;
  readonly delete: WritePlan | null;
  readonly batch: {
    readonly read: BatchPlan | null;
    readonly create: BatchPlan | null;
    readonly update: BatchPlan | null;
    readonly delete: BatchPlan | null;
  };
  /** Where a changed item shows the cursor. */
  readonly cursorAt: Path | null;
  readonly settleMs: number;
  /** Field that op.key is written into on create. */
  readonly marker: string | null;
  /** XML says nothing for an empty list, and does not tell one element from a list of one. */
  readonly looseLists: boolean;
}
