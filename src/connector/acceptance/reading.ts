// The part of the acceptance suite that only reads: listing, get, find and changes of one object, on whatever the account holds.

import { remoteId, type RemoteId } from "../../core/ids.ts";
import { sameValue, type Fields, type Value } from "../../core/value.ts";
import type { RemoteRecord, SystemObject } from "../contract.ts";
import { Checks, counted, said, type Check } from "./check.ts";

export interface ReadOptions {
  /** Listing stops after so many records; a whole listing proves more and may take long. */
  readonly recordsMax: number;
}

/** Records that are read again one by one: enough to see a difference, few enough to be quick. */
const AGAIN_MAX = 5;
const CHANGES_RECORDS_MAX = 5000;

export async function checkReading(object: SystemObject, { recordsMax }: ReadOptions): Promise<readonly Check[]> {
  const checks = new Checks(object.name);
  const listed = await checkListing(object, recordsMax, checks);
  if (listed !== null) {
    await checkGet(object, listed.records, checks);
    await checkFind(object, listed.records, checks);
    await checkChanges(object, listed, checks);
  }
  return checks.all;
}

interface Listed {
  readonly records: readonly RemoteRecord[];
  /** The first page and its cursor: where reading of changes starts after a first load. */
  readonly firstPage: readonly RemoteRecord[];
  readonly cursor: string | null;
}

async function checkListing(object: SystemObject, recordsMax: number, checks: Checks): Promise<Listed | null> {
  const name = "a listing is read to its end";
  if (!object.capabilities.list) {
    checks.notApplicable(name, "no `list`: this object is only written to");
    return null;
  }
  const records: RemoteRecord[] = [];
  let first: Omit<Listed, "records"> | null = null;
  let total: number | null = null;
  let pages = 0;
  let broken = 0;
  let whole = true;
  for await (const page of object.list()) {
    if (!page.ok) {
      checks.failed(name, said(page.failure));
      return null;
    }
    pages += 1;
    first ??= { firstPage: page.value.records, cursor: page.value.cursor };
    records.push(...page.value.records);
    broken += page.value.broken.length;
    total = page.value.total ?? total;
    if (records.length >= recordsMax) {
      whole = false;
      break;
    }
  }
  const amount = `${counted(records.length, "record")} on ${counted(pages, "page")}`;
  if (whole) checks.passed(name, amount);
  else checks.notApplicable(name, `stopped after ${amount}; --records asks for more`);
  const ids = new Set(records.map((record) => record.id));
  checks.judge(
    "no record is listed twice",
    ids.size === records.length ? null : `${counted(records.length - ids.size, "record")} came again`,
    counted(ids.size, "id"),
  );
  checks.judge("every item can be read", broken === 0 ? null : `${counted(broken, "item")} could not be read`, amount);
  checkTotal(total, whole ? ids.size + broken : null, checks);
  checkDeclared(object, records, checks);
  return { records, firstPage: first?.firstPage ?? [], cursor: first?.cursor ?? null };
}

function checkTotal(total: number | null, listed: number | null, checks: Checks): void {
  const name = "the system's own total is what was listed";
  if (total === null) checks.notApplicable(name, "no `count`");
  else if (listed === null) checks.notApplicable(name, "the listing was not read whole");
  else
    checks.judge(
      name,
      total === listed ? null : `it says ${String(total)}, listed were ${String(listed)}`,
      String(total),
    );
}

function checkDeclared(object: SystemObject, records: readonly RemoteRecord[], checks: Checks): void {
  const { versioned, tellsModified } = object.capabilities;
  const without = (has: (record: RemoteRecord) => boolean): string | null => {
    const found = records.filter((record) => !has(record));
    return found.length === 0 ? null : `${counted(found.length, "record")} have none, as ${found[0]?.id ?? ""}`;
  };
  const parts = [
    ["every record has a version", versioned, "version", (record: RemoteRecord) => record.version !== null],
    [
      "every record tells when it was changed",
      tellsModified,
      "modified",
      (record: RemoteRecord) => record.modified !== null,
    ],
  ] as const;
  for (const [name, declared, key, has] of parts) {
    if (!declared) checks.notApplicable(name, `no \`${key}\``);
    else if (records.length === 0) checks.notApplicable(name, "there is no record");
    else checks.judge(name, without(has), counted(records.length, "record"));
  }
}

async function checkGet(object: SystemObject, records: readonly RemoteRecord[], checks: Checks): Promise<void> {
  const name = "get gives each record as the listing did, in the order asked";
  const chosen = records.filter((record) => !record.deleted).slice(0, AGAIN_MAX);
  if (!object.capabilities.get) checks.notApplicable(name, "no `get`");
  else if (chosen.length === 0) checks.notApplicable(name, "there is no record");
  else {
    const read = await object.get(chosen.map((record) => record.id));
    const faults = chosen.map((record, index) => {
      const result = read[index];
      if (result === undefined) return `${record.id}: no answer`;
      if (!result.ok) return `${record.id}: ${said(result.failure)}`;
      if (result.value.id !== record.id) return `${record.id} was asked, ${result.value.id} came`;
      const edited = record.version !== result.value.version;
      const names = edited ? [] : differing(record.fields, result.value.fields);
      return names.length === 0 ? null : `${record.id}: different are ${names.join(", ")}`;
    });
    checks.judge(name, faults.find((fault) => fault !== null) ?? null, counted(chosen.length, "record"));
  }
  await checkMissing(object, records, checks);
}

async function checkMissing(object: SystemObject, records: readonly RemoteRecord[], checks: Checks): Promise<void> {
  const name = "get of a record that is not there says that it is gone";
  const absent = absentId(records.map((record) => record.id));
  if (!object.capabilities.get) checks.notApplicable(name, "no `get`");
  else if (absent === null) checks.notApplicable(name, "there is no record whose id shows what an id looks like");
  else {
    const [result] = await object.get([absent]);
    const gone = result !== undefined && (result.ok ? result.value.deleted : result.failure.kind === "gone");
    const seen = result === undefined ? "no answer" : result.ok ? "a record" : said(result.failure);
    checks.judge(name, gone ? null : `${absent}: ${seen}; an error rule should say \`gone\``, absent);
  }
}

/** An id of the same form that none of them is. */
function absentId(ids: readonly RemoteId[]): RemoteId | null {
  const [sample] = ids;
  if (sample === undefined) return null;
  for (const [digit, letter] of ["9z", "8y", "7x"].map((pair) => pair.split(""))) {
    const hex = /^[0-9a-f-]+$/i.test(sample) && /[a-f]/i.test(sample);
    // The first characters may say what kind of record it is (cus_…, 003…): they stay.
    const made = sample.replace(/[0-9A-Za-z]/g, (character, at: number) => {
      if (at < sample.length / 2 && sample.length > 6) return character;
      if (/\d/.test(character)) return digit ?? "9";
      return hex ? "f" : (letter ?? "z");
    });
    const id = remoteId(made);
    if (id !== null && !ids.includes(id)) return id;
  }
  return null;
}

async function checkFind(object: SystemObject, records: readonly RemoteRecord[], checks: Checks): Promise<void> {
  const { findBy } = object.capabilities;
  if (findBy.length === 0) checks.notApplicable("find gives the record that has a key", "no `find`");
  for (const names of findBy) {
    const by = names.join(" and ");
    const known = records.find((record) => !record.deleted && names.every((each) => isText(record.fields[each])));
    const name = `find by ${by} gives the record that has it`;
    if (known === undefined) {
      checks.notApplicable(name, `no listed record has ${by}`);
      continue;
    }
    const key = Object.fromEntries(names.map((each) => [each, known.fields[each] ?? null]));
    const found = await object.find(key);
    if (!found.ok) checks.failed(name, said(found.failure));
    else {
      const there = found.value.some((record) => record.id === known.id);
      checks.judge(name, there ? null : `${known.id} is not among the ${String(found.value.length)} found`, known.id);
    }
    const nobody = Object.fromEntries(names.map((each) => [each, nobodys(known.fields[each])]));
    const none = await object.find(nobody);
    const nothing = `find by ${by} gives an empty list for nobody`;
    if (!none.ok) checks.failed(nothing, said(none.failure));
    else
      checks.judge(
        nothing,
        none.value.length === 0 ? null : `${String(none.value.length)} were found`,
        "none was found",
      );
  }
}

function isText(value: Value | undefined): boolean {
  return typeof value === "string" && value !== "";
}

/** A key of the same form that surely nobody has: letters and digits turned, marks kept. */
function nobodys(value: Value | undefined): Value {
  const text = typeof value === "string" ? value : "";
  const [local = "", ...rest] = text.split("@");
  return rest.length > 0
    ? `nobody-has-this-${String(local.length)}@example.com`
    : `nobody-has-this-${text.slice(0, 3)}`;
}

async function checkChanges(object: SystemObject, { firstPage, cursor }: Listed, checks: Checks): Promise<void> {
  const name = "changes since the listing's own cursor hold the record it was taken from";
  if (object.capabilities.changes === null) {
    checks.notApplicable(name, "no `changes`");
    return;
  }
  if (cursor === null) {
    const why = firstPage.length === 0 ? "there is no record" : "no listed item shows the cursor: every cycle lists";
    checks.notApplicable(name, why);
    return;
  }
  const ids = new Set(firstPage.map((record) => record.id));
  let seen = 0;
  let held = false;
  for await (const page of object.changes(cursor, { settled: true })) {
    if (!page.ok) {
      checks.failed(name, said(page.failure));
      return;
    }
    seen += page.value.records.length;
    held ||= page.value.records.some((record) => ids.has(record.id));
    if (seen >= CHANGES_RECORDS_MAX) break;
  }
  const missed = "none of the first page is among them: does the request leave out the cursor's own value (> for >=)?";
  checks.judge(name, held ? null : `${counted(seen, "change")}; ${missed}`, counted(seen, "change"));
}

/** Names of fields that both have and that differ; what only one shows is a matter of what was asked for. */
function differing(a: Fields, b: Fields): readonly string[] {
  return Object.keys(a).filter((name) => {
    const [one, other] = [a[name], b[name]];
    return one !== undefined && other !== undefined && !sameValue(one, other);
  });
}
