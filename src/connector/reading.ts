// list, changes, find and get of one object.

import { remoteId, type RemoteId } from "../core/ids.ts";
import { digitsOf, exactNumber, isFields, isList, sameValue, type Fields, type Value } from "../core/value.ts";
import { pathText, valueAt, type Path } from "../core/path.ts";
import { matchEntries, readBatchAnswer } from "./batch-answer.ts";
import type { BrokenItem, Page, RemoteFailure, RemoteRecord, Result } from "./contract.ts";
import { pageCursor, settledCursor } from "./cursor.ts";
import type { BatchPlan, ListingPlan, ObjectPlan, ReadPlan } from "./object-plan.ts";
import { done, failed, parts, send, type ObjectTools } from "./object-tools.ts";
import { startPaging, type Pager, type PageRequest } from "./paging.ts";
import type { Answer, Variables } from "./protocol.ts";

/** A look-up that finds more than this was not one by key. */
const FOUND_MAX = 1000;

/** Refusals that mean "there is no such page", where the page before may have been the last. */
const NO_SUCH_PAGE = new Set([400, 404, 410, 416, 422]);

type RawPage = { readonly answer: Answer; readonly items: readonly Value[] };

export interface PageLimits {
  readonly pages?: number;
  /** No page is asked for once so many items have been seen. */
  readonly items?: number;
  /** Told how many items each page had. */
  readonly saw?: (items: number) => void;
  /** Where the first page is read; null: by the request. */
  readonly url?: string | null;
}

/** The pages of a listing. The next one is asked for while this one is worked on. */
export async function* readPages(
  tools: ObjectTools,
  listing: ListingPlan,
  variables: Variables,
  {
    pages: pagesMax = Number.POSITIVE_INFINITY,
    items: itemsMax = Number.POSITIVE_INFINITY,
    saw,
    url = null,
  }: PageLimits = {},
): AsyncGenerator<Result<Page>> {
  const pager = startPaging(listing.paging, tools.origin);
  let pending = readPage(tools, listing, variables, pager, { ...pager.first, url });
  let kept: Fields | null = null;
  let seen = 0;
  for (let pages = 1; ; pages += 1) {
    const raw = await pending;
    if (raw === "end") return;
    if (!raw.ok) {
      yield raw;
      return;
    }
    const { answer, items } = raw.value;
    seen += items.length;
    saw?.(items.length);
    kept ??= keptOf(answer, listing);
    const named = listing.reread === null ? null : namedBy(items, listing.reread);
    const decoded = decodePage(tools, listing, answer, named === null ? items : []);
    const ids = named?.ids ?? decoded.records.map((record) => record.id);
    const next = pager.next(answer, items, ids, seen, decoded.total);
    const goesOn = pages < pagesMax && seen < itemsMax;
    const lacking = listing.keep.find(([name]) => kept?.[name] === undefined);
    if (next.kind === "more" && goesOn && lacking === undefined) {
      const request = { ...next.request, variable: { ...kept, ...next.request.variable } };
      pending = readPage(tools, laterOf(listing), variables, pager, request);
      // Only a fault of ours rejects; it is met at the await above, unless the consumer has left by then.
      pending.catch(() => undefined);
    }
    const cursor = cursorOf(tools, listing, items, answer);
    if (cursor !== null && tools.plan.cursorIn?.isUrl === true && !isOwnUrl(tools, cursor)) {
      const message = "the cursor's address leads to another origin";
      yield failed({ kind: "malformed", code: "E_REDIRECT_BLOCKED", message });
      return;
    }
    const page =
      named === null ? done({ ...decoded, cursor }) : await rereadPage(tools, listing, named, { ...decoded, cursor });
    yield page;
    if (!page.ok || next.kind === "end" || !goesOn) return;
    if (next.kind === "more" && lacking !== undefined) {
      const message = `the answer has nothing at ${pathText(lacking[1])}, which the next page is asked with`;
      yield failed({ kind: "malformed", code: "E_SCHEMA", message });
      return;
    }
    if (next.kind === "failed") {
      yield failed({ kind: "malformed", code: next.code, message: next.message });
      return;
    }
  }
}

/** What the first answer gives for later pages. */
function keptOf({ body }: Answer, { keep }: ListingPlan): Fields {
  const found = keep.map(([name, path]) => [name, valueAt(body, path)] as const);
  return Object.fromEntries(
    found.filter(
      (entry): entry is readonly [string, Value] => entry[1] !== undefined && entry[1] !== null && entry[1] !== "",
    ),
  );
}

/** The listing as its later pages are asked for. */
function laterOf(listing: ListingPlan): ListingPlan {
  return listing.next === null ? listing : { ...listing, ...listing.next };
}

async function readPage(
  tools: ObjectTools,
  listing: ListingPlan,
  variables: Variables,
  pager: Pager,
  request: PageRequest,
): Promise<Result<RawPage> | "end"> {
  const called = await send(tools, listing, {
    operation: listing.operation,
    variables: { ...variables, page: request.variable },
    query: request.query,
    url: request.url,
  });
  if (!called.ok) {
    const noSuchPage = called.status !== null && NO_SUCH_PAGE.has(called.status) && isRefusal(called.failure);
    return pager.probing && noSuchPage ? "end" : called;
  }
  const items = itemsOf(called.answer, listing, tools.plan);
  return isList(items) ? done({ answer: called.answer, items }) : failed(items);
}

function isRefusal(failure: RemoteFailure): boolean {
  return failure.kind === "rejected" || failure.kind === "gone";
}

/** The list in an answer, or why there is none. An empty or unreadable answer is never an empty list. */
function itemsOf(
  answer: Answer,
  { items: path, empty, operation }: ListingPlan,
  { looseLists: loose, nullIsGone }: Pick<ObjectPlan, "looseLists" | "nullIsGone">,
): readonly Value[] | RemoteFailure {
  const { body } = answer;
  if (!loose && (body === null || typeof body === "string")) {
    const what = body === null ? `${String(answer.status)} with an empty body` : "text";
    return { kind: "malformed", code: "E_CONTENT_TYPE", message: `the answer is ${what}, where a list is due` };
  }
  const found = valueAt(body, path);
  if (isList(found)) return found;
  // GraphQL looks up by a key that is unique with one record or null.
  if (nullIsGone && operation === "find" && (found === null || isFields(found))) return found === null ? [] : [found];
  if (loose && (found === undefined || found === null || found === "")) return [];
  if (loose && isFields(found)) return [found];
  if (found === undefined && empty !== null && isFields(valueAt(body, empty))) return [];
  return { kind: "malformed", code: "E_SCHEMA", message: `the answer has no list at ${pathText(path)}` };
}

function decodePage(tools: ObjectTools, listing: ListingPlan, answer: Answer, items: readonly Value[]): Page {
  const records: RemoteRecord[] = [];
  const broken: BrokenItem[] = [];
  if (listing.gone !== null) {
    const { ids, broken: nameless } = namedBy(items, listing.gone);
    return { records: ids.map(goneRecord), broken: nameless, total: null, cursor: null };
  }
  for (const item of items) {
    const decoded = tools.codec.decode(item);
    if (decoded.ok) records.push(decoded.record);
    else broken.push(decoded.broken);
  }
  return { records, broken, total: totalOf(countIn(answer, listing.count)), cursor: null };
}

/** What is left of a record that is gone. */
function goneRecord(id: RemoteId): RemoteRecord {
  return { id, version: null, modified: null, deleted: true, fields: {} };
}

function cursorOf(tools: ObjectTools, listing: ListingPlan, items: readonly Value[], { body }: Answer): string | null {
  const { cursorAt, cursorIn } = tools.plan;
  // When a record was deleted says nothing of how far the changes have been read.
  if (listing.gone !== null) return null;
  if (cursorIn === null) return cursorAt === null ? null : pageCursor(items.filter(isFields), cursorAt);
  const value = valueAt(body, cursorIn.path);
  const text = typeof value === "string" ? value : value === undefined ? null : digitsOf(value);
  return text === "" ? null : text;
}

function isOwnUrl({ origin }: ObjectTools, url: string): boolean {
  return origin === null || (URL.canParse(url, origin) && new URL(url, origin).origin === origin);
}

/** Changes since a cursor that an answer gave. */
export async function* readSince(
  tools: ObjectTools,
  listing: ListingPlan,
  cursor: string,
): AsyncGenerator<Result<Page>> {
  const isUrl = tools.plan.cursorIn?.isUrl === true;
  if (isUrl && !isOwnUrl(tools, cursor)) {
    // The account has moved to another address since; what was read there says nothing here.
    yield failed({ kind: "resync", message: "the cursor belongs to another address than base_url" });
    return;
  }
  yield* readPages(tools, listing, isUrl ? {} : { cursor }, { url: isUrl ? cursor : null });
}

function countIn(answer: Answer, count: ListingPlan["count"]): Value | undefined {
  if (count === null) return undefined;
  return "header" in count ? answer.headers[count.header] : valueAt(answer.body, count);
}

interface Named {
  /** In the order of the items, each once. */
  readonly ids: readonly RemoteId[];
  readonly broken: readonly BrokenItem[];
}

function namedBy(items: readonly Value[], path: Path): Named {
  const ids = new Set<RemoteId>();
  const broken: BrokenItem[] = [];
  for (const item of items) {
    const id = remoteId(valueAt(item, path));
    if (id !== null) ids.add(id);
    else broken.push({ id: null, code: "E_SCHEMA", message: `an item names no record at ${pathText(path)}` });
  }
  return { ids: [...ids], broken };
}

/** The records that the items of a page name, as they are now; what is not there any more counts as deleted. */
async function rereadPage(
  tools: ObjectTools,
  listing: ListingPlan,
  { ids, broken }: Named,
  page: Page,
): Promise<Result<Page>> {
  const records: RemoteRecord[] = [];
  const results = await readMany(tools, ids);
  for (const [index, result] of results.entries()) {
    const id = ids[index];
    if (result.ok) records.push(result.value);
    else if (result.failure.kind !== "gone") return result;
    else if (id !== undefined && listing.operation !== "find") records.push(goneRecord(id));
  }
  // Items that are nothing but ids tell no cursor; the records do. One that was changed after the search lies behind others that
  // were changed in between: `settle` has to cover the reading of a page.
  const { cursorAt, cursorIn } = tools.plan;
  const told = page.cursor !== null || cursorIn !== null || cursorAt === null;
  const fields = records.filter((record) => !record.deleted).map((record) => record.fields);
  const cursor = told ? page.cursor : pageCursor(fields, cursorAt);
  return done({ ...page, records, broken, cursor });
}

/**
 * Pages of changes where a search shows `window` items at most: when so many have been seen, a new search starts from the last
 * one's cursor. The file says that they come oldest first.
 */
async function* readWindows(tools: ObjectTools, listing: ListingPlan, first: Value): AsyncGenerator<Result<Page>> {
  const window = listing.window ?? Number.POSITIVE_INFINITY;
  let from = first;
  for (;;) {
    let seen = 0;
    let last: string | null = null;
    const saw = (items: number): void => {
      seen += items;
    };
    for await (const page of readPages(tools, listing, { cursor: from }, { items: window, saw })) {
      yield page;
      if (!page.ok) return;
      last = page.value.cursor ?? last;
    }
    if (seen < window) return;
    const next = last === null ? from : settledCursor(last, 0);
    if (sameValue(next, from)) {
      const message = `${String(window)} changes or more share one cursor, and the system shows no more of one search`;
      yield failed({ kind: "malformed", code: "E_PAGING_LOOP", message });
      return;
    }
    from = next;
  }
}

/** Changes since a cursor, and then what was deleted since it. */
export async function* readChanges(
  tools: ObjectTools,
  listing: ListingPlan,
  cursor: Value,
): AsyncGenerator<Result<Page>> {
  for await (const page of readWindows(tools, listing, cursor)) {
    yield page;
    if (!page.ok) return;
  }
  // Last, so that nothing is deleted between the two that the next reading, from the cursor of this one, would look behind.
  const { deletes } = tools.plan;
  if (deletes !== null) yield* readPages(tools, deletes, { cursor });
}

function totalOf(value: Value | undefined): number | null {
  const number = typeof value === "string" ? exactNumber(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** All records of a look-up; more pages are read to their end. */
export async function readFound(
  tools: ObjectTools,
  listing: ListingPlan,
  key: Fields,
): Promise<Result<readonly RemoteRecord[]>> {
  const found: RemoteRecord[] = [];
  for await (const page of readPages(tools, listing, { key })) {
    if (!page.ok) return page.failure.kind === "gone" ? done([]) : page;
    found.push(...page.value.records);
    const [broken] = page.value.broken;
    // A look-up that cannot read all it found cannot say that there is none.
    if (broken !== undefined) return failed({ kind: "malformed", code: broken.code, message: broken.message });
    if (found.length > FOUND_MAX) {
      const message = `a look-up found more than ${String(FOUND_MAX)} records: does the request use {{ key }}?`;
      return failed({ kind: "malformed", code: "E_FIND_TOO_MANY", message });
    }
  }
  return done(found);
}

async function readOne(tools: ObjectTools, plan: ReadPlan, id: RemoteId): Promise<Result<RemoteRecord>> {
  const called = await send(tools, plan, { operation: "get", variables: { id } });
  if (!called.ok) return called;
  const { body } = called.answer;
  if (body === null || (typeof body === "string" && !tools.plan.looseLists)) {
    return failed({
      kind: "malformed",
      code: "E_CONTENT_TYPE",
      message: "the answer has no body, where a record is due",
    });
  }
  const found = valueAt(body, plan.item);
  const item = isList(found) && found.length <= 1 ? found[0] : found;
  if (item === undefined && isList(found))
    return failed({ kind: "gone", message: "the answer's list of records is empty" });
  if (item === null && tools.plan.nullIsGone)
    return failed({ kind: "gone", message: "the answer has null where the record is due" });
  const decoded = tools.codec.decode(item ?? null);
  if (decoded.ok) return done(decoded.record);
  return failed({ kind: "malformed", code: decoded.broken.code, message: decoded.broken.message });
}

/** One result per id, in order. What a batch leaves out is asked for alone, where there is a `get`. */
export async function readMany(tools: ObjectTools, ids: readonly RemoteId[]): Promise<readonly Result<RemoteRecord>[]> {
  const { get, batch } = tools.plan;
  const single = get === null ? null : (id: RemoteId) => readOne(tools, get, id);
  if (batch.read === null || (ids.length === 1 && single !== null)) {
    if (single === null) throw new Error(`${tools.plan.name} has neither get nor batch.read; its capabilities say so`);
    return Promise.all(ids.map(single));
  }
  const plan = batch.read;
  const answers = await Promise.all(parts(ids, plan.max).map((part) => readBatch(tools, plan, part, single)));
  return answers.flat();
}

async function readBatch(
  tools: ObjectTools,
  plan: BatchPlan,
  ids: readonly RemoteId[],
  single: ((id: RemoteId) => Promise<Result<RemoteRecord>>) | null,
): Promise<readonly Result<RemoteRecord>[]> {
  const sent = ids.map((id) => tools.codec.withId({}, id));
  const called = await send(tools, plan, { operation: "get", variables: { items: sent } });
  if (!called.ok) {
    const alone = single !== null && (isRefusal(called.failure) || called.failure.kind === "stale");
    return alone ? Promise.all(ids.map(single)) : ids.map(() => called);
  }
  const answer = readBatchAnswer(called.answer.body, plan);
  if (answer === null) {
    return ids.map(() =>
      failed({ kind: "malformed", code: "E_SCHEMA", message: `the answer has no list at ${pathText(plan.ok)}` }),
    );
  }
  const outcomes = matchEntries(answer, sent, plan.key, called.answer.body, plan.ok);
  return Promise.all(
    ids.map(async (id, index) => {
      const outcome = outcomes[index];
      const decoded = outcome?.kind === "done" ? tools.codec.decode(outcome.entry) : null;
      if (decoded?.ok === true) return done(decoded.record);
      if (single !== null) return single(id);
      if (outcome?.kind === "unmatched")
        return failed({ kind: "gone", message: "a batch of records was answered without it" });
      return failed({
        kind: "malformed",
        code: "E_SCHEMA",
        message: "a batch of records was answered with something else for it",
      });
    }),
  );
}
