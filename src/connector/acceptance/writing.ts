// The part of the acceptance suite that writes: one record is made, found, edited, edited too late, and deleted. What it made it
// also takes away, as far as the connector can. Only for a sandbox account.

import type { RemoteId } from "../../core/ids.ts";
import { sameValue, type Fields, type Value } from "../../core/value.ts";
import type { RemoteRecord, Result, SystemObject } from "../contract.ts";
import { Checks, counted, said, type Check } from "./check.ts";

/** What to write: `$unique` inside a text is put in anew for each run. */
export interface Sample {
  readonly create: Fields;
  readonly update: Fields;
}

export interface WriteTools {
  /** Different in each run. */
  readonly unique: string;
  sleep(ms: number): Promise<void>;
}

/** Beyond the settle time that the file claims, before a missing record counts as missing. */
const GRACE_MS = 5000;
const POLL_MS = 500;

export async function checkWriting(object: SystemObject, sample: Sample, tools: WriteTools): Promise<readonly Check[]> {
  const checks = new Checks(object.name);
  const { capabilities: can } = object;
  const record = withUnique(sample.create, tools.unique);
  if (can.create === null) {
    checks.notApplicable("a create makes a record and tells its id", "no `create`");
    return checks.all;
  }
  const before = can.changes === null ? null : await newestCursor(object);
  const made = await createOne(object, record, `accept-${tools.unique}`);
  if (!made.ok) {
    checks.failed("a create makes a record and tells its id", said(made.failure));
    return checks.all;
  }
  const { id } = made.value;
  checks.passed("a create makes a record and tells its id", id);
  try {
    await checkShown(object, id, record, "get shows what the create wrote", checks);
    const waitedMs = await checkFound(object, id, record, tools, checks);
    await checkRepeat(object, id, record, tools, checks);
    await checkSeen(object, id, { cursor: before, waitedMs }, tools, checks);
    await checkUpdate(object, id, { record, changed: withUnique(sample.update, tools.unique) }, checks);
  } finally {
    await checkDelete(object, id, checks);
  }
  return checks.all;
}

function withUnique(fields: Fields, unique: string): Fields {
  const put = (value: Value): Value => {
    if (typeof value === "string") return value.replaceAll("$unique", unique);
    if (Array.isArray(value)) return value.map(put);
    if (typeof value !== "object" || value === null || !isPlain(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, put(entry)]));
  };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, put(value)]));
}

function isPlain(value: object): value is Fields {
  return Object.getPrototypeOf(value) === Object.prototype;
}

async function createOne(
  object: SystemObject,
  record: Fields,
  key: string,
): Promise<Result<{ readonly id: RemoteId }>> {
  const [result] = await object.create([{ key, record }]);
  return result ?? noAnswer();
}

function noAnswer(): {
  readonly ok: false;
  readonly failure: { readonly kind: "unknown"; readonly code: string; readonly message: string };
} {
  return { ok: false, failure: { kind: "unknown", code: "E_SCHEMA", message: "there was no answer for this record" } };
}

async function getOne(object: SystemObject, id: RemoteId): Promise<Result<RemoteRecord>> {
  const [result] = await object.get([id]);
  return result ?? noAnswer();
}

async function checkShown(
  object: SystemObject,
  id: RemoteId,
  sent: Fields,
  name: string,
  checks: Checks,
): Promise<void> {
  if (!object.capabilities.get) {
    checks.notApplicable(name, "no `get`");
    return;
  }
  const read = await getOne(object, id);
  if (!read.ok) {
    checks.failed(name, said(read.failure));
    return;
  }
  const { fields } = read.value;
  const lost = Object.keys(sent).filter((field) => !sameSense(sent[field], fields[field]));
  checks.judge(
    name,
    lost.length === 0 ? null : `different are ${lost.join(", ")}`,
    counted(Object.keys(sent).length, "field"),
  );
}

/** As a mapping's types would see it: "5" and 5 are one number, absent and null are both nothing. */
function sameSense(sent: Value | undefined, shown: Value | undefined): boolean {
  if (sent === undefined || sent === null) return shown === undefined || shown === null || shown === "";
  if (shown === undefined || shown === null) return false;
  if (sameValue(sent, shown)) return true;
  return typeof sent !== "object" && typeof shown !== "object" && String(sent) === String(shown);
}

/** @returns milliseconds that were waited for it. */
async function checkFound(
  object: SystemObject,
  id: RemoteId,
  record: Fields,
  tools: WriteTools,
  checks: Checks,
): Promise<number> {
  const { findBy, findSettleMs } = object.capabilities;
  const names = findBy.find((each) => each.every((name) => record[name] !== undefined && record[name] !== null));
  const name = "find shows the new record within its settle time";
  if (names === undefined) {
    checks.notApplicable(name, findBy.length === 0 ? "no `find`" : "the sample has none of the keys");
    return 0;
  }
  const key = Object.fromEntries(names.map((each) => [each, record[each] ?? null]));
  let fault = "it was not found";
  const waitedMs = await until(findSettleMs + GRACE_MS, tools, async () => {
    const found = await object.find(key);
    if (!found.ok) fault = said(found.failure);
    return found.ok && found.value.some((each) => each.id === id);
  });
  checks.judge(name, waitedMs === null ? fault : null, `by ${names.join(" and ")}, after about ${String(waitedMs)} ms`);
  return waitedMs ?? findSettleMs + GRACE_MS;
}

/** Milliseconds until it held, about; null: it never did. */
async function until(limitMs: number, tools: WriteTools, holds: () => Promise<boolean>): Promise<number | null> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    if (await holds()) return waitedMs;
    if (waitedMs >= limitMs) return null;
    await tools.sleep(POLL_MS);
  }
}

async function checkRepeat(
  object: SystemObject,
  id: RemoteId,
  record: Fields,
  tools: WriteTools,
  checks: Checks,
): Promise<void> {
  const name = "a create that is sent again with its key makes no second record";
  if (object.capabilities.create?.repeat !== "by-key") {
    checks.notApplicable(name, "the file does not say `repeat: by-key`");
    return;
  }
  const again = await createOne(object, record, `accept-${tools.unique}`);
  if (!again.ok) checks.failed(name, said(again.failure));
  else if (again.value.id === id) checks.passed(name, id);
  else {
    checks.failed(name, `${again.value.id} was made beside ${id}`);
    await object.delete([{ key: `accept-${tools.unique}-second`, id: again.value.id, version: null }]);
  }
}

async function newestCursor(object: SystemObject): Promise<string | null> {
  for await (const page of object.list()) return page.ok ? page.value.cursor : null;
  return null;
}

async function checkSeen(
  object: SystemObject,
  id: RemoteId,
  before: { readonly cursor: string | null; readonly waitedMs: number },
  tools: WriteTools,
  checks: Checks,
): Promise<void> {
  const name = "changes show the new record within its settle time";
  const { changes } = object.capabilities;
  const { cursor } = before;
  if (changes === null || cursor === null) {
    checks.notApplicable(name, changes === null ? "no `changes`" : "there was no cursor to start from");
    return;
  }
  let fault = "it did not show";
  const limitMs = Math.max(0, changes.settleMs + GRACE_MS - before.waitedMs);
  const waitedMs = await until(limitMs, tools, async () => {
    for await (const page of object.changes(cursor)) {
      if (!page.ok) fault = said(page.failure);
      else if (page.value.records.some((each) => each.id === id)) return true;
    }
    return false;
  });
  checks.judge(name, waitedMs === null ? fault : null, `after at most ${String(before.waitedMs + (waitedMs ?? 0))} ms`);
}

/** @param record What the create wrote: of this, what is not changed has to stay. */
async function checkUpdate(
  object: SystemObject,
  id: RemoteId,
  { record, changed }: { readonly record: Fields; readonly changed: Fields },
  checks: Checks,
): Promise<void> {
  const name = "an update writes what changed and leaves the rest";
  const { update, get } = object.capabilities;
  if (update === null || !get || Object.keys(changed).length === 0) {
    checks.notApplicable(name, update === null ? "no `update`" : get ? "the sample changes nothing" : "no `get`");
    return;
  }
  const current = await getOne(object, id);
  if (!current.ok) {
    checks.failed(name, said(current.failure));
    return;
  }
  const call = { key: `accept-update-${id}`, id, version: current.value.version, changed, current: current.value };
  const [written] = await object.update([call]);
  if (written?.ok !== true) {
    checks.failed(name, written === undefined ? "no answer" : said(written.failure));
    return;
  }
  await checkShown(object, id, { ...record, ...changed }, name, checks);
  const after = await getOne(object, id);
  if (!after.ok) return;
  const moved = after.value.version !== current.value.version;
  const versionName = "an update moves the version";
  if (!object.capabilities.versioned) checks.notApplicable(versionName, "no `version`");
  else
    checks.judge(versionName, moved ? null : `it stays ${String(current.value.version)}`, String(after.value.version));
  const staleName = "an update of a version that is not current is refused, and nothing is written";
  if (update.guard !== "if-match") {
    checks.notApplicable(staleName, `guard: ${update.guard}`);
    return;
  }
  const [late] = await object.update([{ ...call, key: `accept-late-${id}` }]);
  const refused = late !== undefined && !late.ok && late.failure.kind === "stale";
  const seen = late === undefined ? "no answer" : late.ok ? "it was written" : said(late.failure);
  checks.judge(staleName, refused ? null : seen, "stale");
}

async function checkDelete(object: SystemObject, id: RemoteId, checks: Checks): Promise<void> {
  const name = "a deleted record is gone";
  const { delete: remove, get } = object.capabilities;
  if (remove === null) {
    checks.notApplicable(name, `no \`delete\`: ${id} stays in the account`);
    return;
  }
  const current = get ? await getOne(object, id) : null;
  const version = current?.ok === true ? current.value.version : null;
  const [deleted] = await object.delete([{ key: `accept-delete-${id}`, id, version }]);
  if (deleted?.ok !== true) {
    checks.failed(name, deleted === undefined ? "no answer" : `${said(deleted.failure)}; ${id} stays in the account`);
    return;
  }
  if (!get) {
    checks.notApplicable(name, "no `get` to see it by");
    return;
  }
  const after = await getOne(object, id);
  const gone = after.ok ? after.value.deleted : after.failure.kind === "gone";
  checks.judge(name, gone ? null : after.ok ? "it is still there, and not marked as deleted" : said(after.failure), id);
  const [again] = await object.delete([{ key: `accept-again-${id}`, id, version: null }]);
  const well = again !== undefined && (again.ok || again.failure.kind === "gone" || again.failure.kind === "stale");
  const seen = again === undefined ? "no answer" : again.ok ? "done" : said(again.failure);
  checks.judge("a second delete does no harm", well ? null : seen, seen);
}
