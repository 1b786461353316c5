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
  readonly count: Path | { readonly header: string } | null;
  /** Stands in the answer also when the list of items is left out for want of any. */
  readonly empty: Path | null;
  /** Path of the id in an item that only names its record: the record is read with get. */
  readonly reread: Path | null;
  /** Items of one search at most; null: as many as there are. */
  readonly window: number | null;
  readonly paging: PagingPlan;
  /** What later pages are asked with, by its name below `page`, and where the first answer holds it. */
  readonly keep: readonly (readonly [string, Path])[];
  /** The request of later pages; null: the same as the first. */
  readonly next: (RequestPlan & { readonly items: Path }) | null;
  /** Path of the id in an item that tells of a deleted record; null: items are records. */
  readonly gone: Path | null;
}

export interface ReadPlan extends RequestPlan {
  readonly item: Path;
}

export interface WritePlan extends RequestPlan {
  readonly repeatable: boolean;
  /** Header that carries the idempotency key; null: none, or the request itself mentions it. */
  readonly keyHeader: string | null;
  readonly returnsId: readonly Path[];
  /** Header whose address ends in the new id; null: it stands in the body. */
  readonly returnsIdHeader: string | null;
  readonly returnsVersion: readonly Path[];
  /** Where the answer holds the whole record. */
  readonly item: Path | null;
}

export interface BatchPlan extends RequestPlan {
  readonly max: number;
  readonly ok: Path;
  readonly failed: Path | null;
  /** In an entry of `ok`: what stands there says that its record failed. */
  readonly fault: Path | null;
  /** Null: by index. */
  readonly key: Path | null;
  /** Each record of it is guarded by a version of its own. */
  readonly guarded: boolean;
}

export interface ObjectPlan {
  readonly name: string;
  readonly shape: RecordShape;
  readonly capabilities: Capabilities;
  readonly list: ListingPlan | null;
  readonly changes: ListingPlan | null;
  /** What was deleted, where a listing of its own tells it. */
  readonly deletes: ListingPlan | null;
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
  /** Where the answer itself shows it, and whether it is a whole address. */
  readonly cursorIn: { readonly path: Path; readonly isUrl: boolean } | null;
  readonly settleMs: number;
  /** Field that op.key is written into on create. */
  readonly marker: string | null;
  /** XML says nothing for an empty list, and does not tell one element from a list of one. */
  readonly looseLists: boolean;
  /** GraphQL answers null where there is no such record. */
  readonly nullIsGone: boolean;
}
