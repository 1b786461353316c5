// One object of files as the engine asks of it.

import type { RemoteId } from "../../../core/ids.ts";
import { sameValue, type Fields } from "../../../core/value.ts";
import type { BrokenItem, Page, RemoteFailure, RemoteRecord, Result, SystemObject, Written } from "../../contract.ts";
import type { CallObserver } from "../../contract.ts";
import { done, failed } from "../../object-tools.ts";
import type { RecordCodec } from "../../record.ts";
import { appendChanges, dropRecord } from "./append.ts";
import { failureOf } from "./failure.ts";
import { FolderFault, type FolderEntry } from "./folder.ts";
import { everything, scan, foundOf, type Found } from "./found.ts";
import { compareNames, hasWildcard } from "./glob.ts";
import { createLookUp } from "./look-up.ts";
import { createOf, goneOutcome, naturalKeysOf, Outcomes, type Operation, type Outcome } from "./operation.ts";
import { moveAway, presentFiles, readPieces, type Place } from "./place.ts";
import { rewriteFile, type RewriteTools } from "./rewrite.ts";

export interface FilesObjectTools {
  /** @throws FolderFault when the place cannot be reached. */
  place(): Promise<Place>;
  readonly plan: Place["plan"];
  readonly codec: RecordCodec;
  readonly system: string;
  readonly observer: CallObserver;
  readonly clock: Place["clock"];
  readonly signal: AbortSignal;
  /** One write at a time into the files of this object. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

const PAGE = 500;
const BUSY_ATTEMPTS = 5;
const BUSY_FIRST_MS = 500;

export function filesObject(tools: FilesObjectTools): SystemObject {
  const { plan, codec } = tools;
  const lookUp = createLookUp(async (matches) => scan(await tools.place(), codec, matches));
  const ask = (operation: string, matches: (record: RemoteRecord) => boolean) =>
    attempted(tools, operation, () => lookUp.ask(matches));
  return {
    name: plan.name,
    capabilities: plan.capabilities,
    list: () => listing(tools),
    changes: (cursor, how) =>
      plan.means === "changes" ? newFiles(tools, cursor) : whenReplaced(tools, cursor, how?.settled === true),
    async get(ids) {
      const wanted = new Set(ids);
      const scanned = await ask("get", (record) => wanted.has(record.id));
      if (!scanned.ok) return ids.map(() => scanned);
      const { records, broken } = scanned.value;
      return ids.map((id) => {
        const record = records.get(id);
        return record === undefined ? failed(notFound(plan.means, broken)) : done(record);
      });
    },
    async find(key) {
      const scanned = await ask("find", (record) => hasKey(record, key));
      if (!scanned.ok) return scanned;
      const { records, broken } = scanned.value;
      if (broken !== null) return failed({ kind: "malformed", code: broken.code, message: broken.message });
      return done([...records.values()].filter((record) => !record.deleted));
    },
    findByMarker() {
      throw new Error(`${plan.name} has no marker`);
    },
    async create(calls) {
      if (plan.writeOnly) {
        const results: Result<Written>[] = [];
        for (const call of calls) {
          const written = await writing(tools, "create", (rewrite) => dropRecord(rewrite, call));
          results.push(written.ok ? written.value : written);
        }
        return results;
      }
      const operations = calls.map((call) => createOf(call, plan, codec));
      return (
        await write(
          tools,
          "create",
          operations,
          calls.map((call) => call.key),
        )
      ).map(asWritten);
    },
    async update(calls) {
      const operations = calls.map((call): Operation => ({ kind: "update", id: call.id, call }));
      return (
        await write(
          tools,
          "update",
          operations,
          calls.map((call) => call.key),
        )
      ).map(asWritten);
    },
    async delete(calls) {
      const operations = calls.map((call): Operation => ({ kind: "delete", id: call.id, call }));
      const outcomes = await write(
        tools,
        "delete",
        operations,
        calls.map((call) => call.key),
      );
      return outcomes.map((outcome) => (outcome.ok ? done(null) : outcome));
    },
    // A snapshot that was replaced by an older file is still the one that was read last.
    laterCursor: (a, b) =>
      plan.means === "snapshot" || a === null || b === null ? (b ?? a) : compareNames(a, b) >= 0 ? a : b,
  };
}

function asWritten(outcome: Outcome): Result<Written> {
  if (!outcome.ok) return outcome;
  if (outcome.value === null) throw new Error("a create or update was answered as a delete");
  return done(outcome.value);
}

function hasKey(record: RemoteRecord, key: Fields): boolean {
  return Object.entries(key).every(([name, value]) => {
    const shown = record.fields[name];
    return shown !== undefined && sameValue(shown, value);
  });
}

/** Not to be found is no proof while a row cannot be read, and in files of changes never. */
function notFound(means: "snapshot" | "changes", broken: BrokenItem | null): RemoteFailure {
  if (means === "changes")
    return { kind: "unknown", code: "E_NOT_IN_FILES", message: "the files that are there do not mention it" };
  if (broken === null) return { kind: "gone", message: "no row of the file has this id" };
  return { kind: "malformed", code: broken.code, message: `it may be in a row that cannot be read: ${broken.message}` };
}

/** What identifies the snapshot that was read. */
function snapshotCursor(entries: readonly FolderEntry[]): string | null {
  if (entries.length === 0) return null;
  return entries.map(({ name, identity }) => `${name}:${identity}`).join("|");
}

async function* listing(tools: FilesObjectTools): AsyncGenerator<Result<Page>> {
  const { plan } = tools;
  const present = await attempted(tools, "list", async () => {
    const place = await tools.place();
    return { place, ...(await presentFiles(place)) };
  });
  if (!present.ok) {
    yield present;
    return;
  }
  const { place, entries, replaced } = present.value;
  const cursor = plan.means === "changes" ? bareName(entries.at(-1)) : snapshotCursor(entries);
  yield* pagesOf(
    tools,
    everything(
      place,
      tools.codec,
      entries.map(({ name }) => name),
    ),
    cursor,
  );
  if (replaced.length > 0) await moveAway(place, replaced);
}

function bareName(entry: FolderEntry | undefined): string | null {
  return entry === undefined ? null : entry.name.slice(entry.name.lastIndexOf("/") + 1);
}

async function* whenReplaced(tools: FilesObjectTools, cursor: string, settled: boolean): AsyncGenerator<Result<Page>> {
  const present = await attempted(tools, "changes", async () => presentFiles(await tools.place()));
  if (!present.ok) {
    yield present;
    return;
  }
  const now = snapshotCursor(present.value.entries);
  if (settled && now === cursor) return;
  // Without a file nothing has changed that could be shown; whether that is right is for a sweep to say.
  if (now !== null) yield* listing(tools);
}

async function* newFiles(tools: FilesObjectTools, cursor: string): AsyncGenerator<Result<Page>> {
  const present = await attempted(tools, "changes", async () => {
    const place = await tools.place();
    return { place, ...(await presentFiles(place)) };
  });
  if (!present.ok) {
    yield present;
    return;
  }
  const { place, entries } = present.value;
  const waiting = entries.filter((entry) => !entry.name.includes("/"));
  const isRead = (entry: FolderEntry): boolean => compareNames(entry.name, cursor) <= 0;
  for (const entry of waiting.filter((each) => !isRead(each))) {
    let failedHere = false;
    for await (const page of pagesOf(tools, rowsOf(place, tools.codec, entry.name), entry.name)) {
      failedHere ||= !page.ok;
      yield page;
    }
    if (failedHere) return;
  }
  // The cursor is stored, so these have been read for good.
  await moveAway(place, waiting.filter(isRead));
}

async function* rowsOf(place: Place, codec: RecordCodec, file: string): AsyncGenerator<Found> {
  for await (const piece of readPieces(place, file)) {
    if (piece.kind === "item" || piece.kind === "broken") yield foundOf(codec, file, piece);
  }
}

/** Every page tells the cursor; a reading that fails ends with its failure. */
async function* pagesOf(
  tools: FilesObjectTools,
  rows: AsyncGenerator<Found>,
  cursor: string | null,
): AsyncGenerator<Result<Page>> {
  const startedAt = tools.clock.now();
  let records: RemoteRecord[] = [];
  let broken: BrokenItem[] = [];
  let pages = 0;
  const page = (): Result<Page> => {
    const made = done({ records, broken, total: null, cursor });
    records = [];
    broken = [];
    pages += 1;
    return made;
  };
  let status = "ok";
  try {
    for await (const found of rows) {
      if (found.kind === "record") records.push(found.record);
      else broken.push(found.broken);
      if (records.length + broken.length >= PAGE) yield page();
    }
    if (records.length + broken.length > 0 || (pages === 0 && cursor !== null)) yield page();
  } catch (error) {
    const failure = failureOf(error, { write: false, committing: false });
    status = "code" in failure ? failure.code : failure.kind;
    yield failed(failure);
  } finally {
    const seconds = (tools.clock.now() - startedAt) / 1000;
    tools.observer.called({ system: tools.system, operation: "list", status, seconds });
  }
}

async function attempted<T>(tools: FilesObjectTools, operation: string, work: () => Promise<T>): Promise<Result<T>> {
  return attemptedAs(tools, operation, false, () => false, work);
}

/** Busy is waited for; all else is the outcome. */
async function attemptedAs<T>(
  tools: FilesObjectTools,
  operation: string,
  write: boolean,
  committing: () => boolean,
  work: () => Promise<T>,
): Promise<Result<T>> {
  const { clock, observer, system, signal } = tools;
  for (let attempt = 1; ; attempt += 1) {
    const startedAt = clock.now();
    const called = (status: string): void => {
      observer.called({ system, operation, status, seconds: (clock.now() - startedAt) / 1000 });
    };
    try {
      const value = await work();
      called("ok");
      return done(value);
    } catch (error) {
      const failure = failureOf(error, { write, committing: committing() });
      called("code" in failure ? failure.code : failure.kind);
      const again = failure.kind === "throttled" || (!write && isBrokenOff(error));
      if (!again || attempt >= BUSY_ATTEMPTS || signal.aborted) return failed(failure);
      const ms = BUSY_FIRST_MS * 2 ** (attempt - 1);
      observer.waited({ system, reason: failure.kind, ms });
      await clock.sleep(ms, signal);
    }
  }
}

/** A connection that lay idle may be gone when it is next used. */
function isBrokenOff(error: unknown): boolean {
  return error instanceof FolderFault && error.reason === "lost";
}

function writing<T>(
  tools: FilesObjectTools,
  operation: string,
  work: (rewrite: RewriteTools) => Promise<T>,
): Promise<Result<T>> {
  return tools.inTurn(() => {
    let committing = false;
    return attemptedAs(
      tools,
      operation,
      true,
      () => committing,
      async () => {
        committing = false;
        const place = await tools.place();
        return work({
          place,
          codec: tools.codec,
          committing() {
            committing = true;
          },
        });
      },
    );
  });
}

async function write(
  tools: FilesObjectTools,
  operation: "create" | "update" | "delete",
  operations: readonly Operation[],
  keys: readonly string[],
): Promise<readonly Outcome[]> {
  if (operations.length === 0) return [];
  const rest = operation === "create" ? NO_FILE : goneFailure();
  const made = await writing(tools, operation, (rewrite) =>
    tools.plan.means === "changes" ? appended(rewrite, operations, keys) : rewritten(rewrite, operations),
  );
  return made.ok ? made.value.all(operations, rest) : operations.map(() => made);
}

const NO_FILE: RemoteFailure = {
  kind: "rejected",
  code: "E_FILE_NEW",
  message: "there is no file yet, and the glob does not name one: say write_to",
};

function goneFailure(): RemoteFailure {
  const gone = goneOutcome();
  if (gone.ok) throw new Error("gone is a failure");
  return gone.failure;
}

async function appended(
  rewrite: RewriteTools,
  operations: readonly Operation[],
  keys: readonly string[],
): Promise<Outcomes> {
  const ids = new Set<RemoteId>(operations.map(({ id }) => id));
  const wanted = new Set(operations.flatMap((each) => (each.kind === "create" ? each.keys : [])));
  const { plan } = rewrite.place;
  const isKeyed = (record: RemoteRecord): boolean =>
    wanted.size > 0 && naturalKeysOf(record.fields, plan).some((key) => wanted.has(key));
  const state = await scan(rewrite.place, rewrite.codec, (record) => ids.has(record.id) || isKeyed(record));
  return appendChanges(rewrite, operations, state, keys);
}

/** Each file of the snapshot in turn; new records go to the one that takes them. */
async function rewritten(rewrite: RewriteTools, operations: readonly Operation[]): Promise<Outcomes> {
  const { plan } = rewrite.place;
  const { entries } = await presentFiles(rewrite.place);
  const names = entries.map((entry) => entry.name);
  const own = plan.writeTo !== null && !hasWildcard(plan.writeTo) ? plan.writeTo : null;
  // Of several snapshots the newest counts: a new record in another file would not be seen.
  const target = plan.take === "newest" ? (names.at(-1) ?? own) : (own ?? names.at(-1) ?? null);
  const all = new Outcomes();
  const order = [...names.filter((name) => name !== target), ...(target === null ? [] : [target])];
  for (const name of order) {
    const open = operations.filter((operation) => !all.has(operation));
    if (open.length === 0) break;
    const outcomes = await rewriteFile(rewrite, name, open, name === target);
    for (const operation of open) {
      const outcome = outcomes.of(operation);
      if (outcome !== null) all.set(operation, outcome);
    }
  }
  return all;
}
