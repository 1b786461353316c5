// Tries a connector's claims on a sandbox account: a record is made, found, changed, sent twice, emptied, and deleted, and what
// happens is held against the file. Whatever the probe made, it deletes again, also when it breaks off.

import type { RemoteFailure, RemoteRecord, Result, SystemObject, Written } from "../contract.ts";
import type { ConnectorFile } from "../file.ts";
import { parseDuration } from "../../core/units.ts";
import type { RemoteId } from "../../core/ids.ts";
import { asSaid, differs, noted, notTried, type Finding } from "./finding.ts";
import { measureLag, SCALE, settleText } from "./lag.ts";
import type { SampleFields } from "./sample.ts";
import { probeValues, type Subject } from "./values.ts";

export interface ProbeParts {
  readonly file: ConnectorFile;
  readonly object: SystemObject;
  readonly sample: SampleFields;
  /** Idempotency keys, each of them new. */
  readonly key: () => string;
  /** Told what is being tried. */
  progress(what: string): void;
}

export interface ProbeReport {
  readonly findings: readonly Finding[];
  /** Records that the probe made and could not delete. */
  readonly left: readonly RemoteId[];
}

export async function probeObject(parts: ProbeParts): Promise<ProbeReport> {
  const { object, sample } = parts;
  const made: RemoteId[] = [];
  const findings: Finding[] = [];
  const cursor = await newestCursor(parts);
  try {
    parts.progress("create");
    const key = parts.key();
    const startedAt = performance.now();
    const [created] = await object.create([{ key, record: sample.record }]);
    if (created?.ok !== true) {
      const why = created === undefined ? "no answer" : failureText(created.failure);
      return { findings: [noted("create", `refused: ${why}. Give a record that it takes with --record`)], left: [] };
    }
    const { id } = created.value;
    made.push(id);
    findings.push(asSaid("create", `took ${String(Math.round(performance.now() - startedAt))} ms`));
    findings.push(...(await visibility(parts, created.value, cursor)));
    const subject = subjectOf(object, id, parts.key);
    if (object.capabilities.update === null) findings.push(notTried("update", "the file has none"));
    else {
      parts.progress("values");
      findings.push(...(await probeValues(subject, sample)));
      parts.progress("versions");
      findings.push(...(await versions(parts, subject, id)));
    }
    parts.progress("the same again");
    findings.push(await twice(parts, key, made));
    findings.push(await duplicate(parts, made));
    parts.progress("delete");
    findings.push(...(await deletion(parts, id, made, cursor)));
  } finally {
    await cleanUp(parts, made);
  }
  return { findings, left: made };
}

function subjectOf(object: SystemObject, id: RemoteId, key: () => string): Subject {
  const read = async (): Promise<RemoteRecord | null> => {
    const [found] = await object.get([id]);
    return found?.ok === true ? found.value : null;
  };
  return {
    object,
    read,
    async update(changed) {
      const current = await read();
      const [done] = await object.update([{ key: key(), id, version: current?.version ?? null, changed, current }]);
      return done ?? NO_ANSWER;
    },
  };
}

const NO_ANSWER: Result<Written> = {
  ok: false,
  failure: { kind: "malformed", code: "E_SCHEMA", message: "no result came for the record" },
};

/** Where a reading of changes begins that shall show only what the probe does; null: nothing can be read so. */
async function newestCursor({ object }: ProbeParts): Promise<string | null> {
  if (object.capabilities.changes === null) return null;
  let newest: string | null = null;
  for await (const page of object.list()) {
    if (!page.ok) return newest;
    newest = object.laterCursor(newest, page.value.cursor);
  }
  return newest;
}

async function visibility(parts: ProbeParts, written: Written, cursor: string | null): Promise<readonly Finding[]> {
  const { object, sample, file } = parts;
  const part = file.objects[object.name];
  parts.progress("how soon it shows");
  // All at the same time: what was waited for the one would else be missing from the figure of the next.
  const { get } = object.capabilities;
  const by = object.capabilities.findBy.find((names) => names.every((name) => sample.record[name] !== undefined));
  const shownByGet = async (): Promise<Finding> => {
    const lag = await measureLag(async () => (await object.get([written.id]))[0]?.ok === true);
    return lag === null
      ? noted("get after create", "does not show the record in time")
      : asSaid("get after create", `shows it after ${String(lag)} ms`);
  };
  const shownByFind = async (): Promise<Finding> => {
    if (by === undefined) return notTried("find", "no look-up fits the record");
    const sought = Object.fromEntries(by.map((name) => [name, sample.record[name] ?? null]));
    const lag = await measureLag(async () => {
      const found = await object.find(sought);
      return found.ok && found.value.some((record) => record.id === written.id);
    });
    return settled("find after create", lag, part?.find?.settle, ["find", "settle"]);
  };
  const shownByChanges = async (from: string): Promise<Finding> => {
    const lag = await measureLag(() => showsIn(object, from, written.id));
    return settled("changes after create", lag, part?.changes?.cursor.settle, ["changes", "cursor", "settle"]);
  };
  return Promise.all([
    ...(get ? [shownByGet()] : []),
    shownByFind(),
    ...(cursor === null ? [] : [shownByChanges(cursor)]),
  ]);
}

function settled(tried: string, lag: number | null, said: string | undefined, path: readonly string[]): Finding {
  const saidMs = parseDuration(said ?? "0s") ?? 0;
  if (lag === null)
    return noted(tried, `does not show the record within ${String(SCALE.at(-1) ?? 0)} ms: is it asked rightly?`);
  const measured = `shows it after ${String(lag)} ms; the file says ${said ?? "0s"}`;
  return lag <= Math.max(saidMs, 50) ? asSaid(tried, measured) : differs(tried, measured, path, settleText(lag));
}

async function showsIn(object: SystemObject, cursor: string, id: RemoteId): Promise<boolean> {
  for await (const page of object.changes(cursor)) {
    if (!page.ok) return false;
    if (page.value.records.some((record) => record.id === id)) return true;
  }
  return false;
}

async function versions(
  { object, sample, key }: ProbeParts,
  subject: Subject,
  id: RemoteId,
): Promise<readonly Finding[]> {
  const [text] = sample.texts;
  const before = await subject.read();
  if (text === undefined || before === null)
    return [notTried("versions", "there is no free text to change, or no get")];
  const findings: Finding[] = [];
  await subject.update({ [text]: "Probe one" });
  const changed = await subject.read();
  if (before.version === null) findings.push(notTried("versions", "the file names none"));
  else {
    findings.push(
      changed?.version === before.version
        ? noted("version after a change", "is the same: it is no version, so leave the key out")
        : asSaid("version after a change", "is another"),
    );
    await subject.update({ [text]: "Probe one" });
    const same = await subject.read();
    findings.push(
      same?.version === changed?.version
        ? asSaid("version after the same again", "is the same")
        : noted(
            "version after the same again",
            "is another: each write of ours looks like a change, and is recognised by its content",
          ),
    );
    findings.push(await stale(object, { id, version: before.version, text, key: key(), current: same }));
  }
  if (before.modified !== null && changed?.modified === before.modified)
    findings.push(noted("modified after a change", "is the same: it is too coarse, or no time of change"));
  return findings;
}

interface Stale {
  readonly id: RemoteId;
  readonly version: string;
  readonly text: string;
  readonly key: string;
  readonly current: RemoteRecord | null;
}

async function stale(object: SystemObject, { id, version, text, key, current }: Stale): Promise<Finding> {
  const guard = object.capabilities.update?.guard ?? "none";
  const tried = "update with an old version";
  if (guard !== "if-match") return notTried(tried, `the file says guard: ${guard}`);
  const [done] = await object.update([{ key, id, version, changed: { [text]: "Probe two" }, current }]);
  if (done?.ok === true)
    return differs(
      tried,
      "was carried out: versions are not honoured",
      ["update", "guard"],
      object.capabilities.get ? "read-compare" : "none",
    );
  return done?.failure.kind === "stale"
    ? asSaid(tried, "refused as stale")
    : noted(tried, `refused, but not as stale: ${done === undefined ? "no answer" : failureText(done.failure)}`);
}

/** The create sent once more with the same idempotency key. */
async function twice({ object, sample }: ProbeParts, key: string, made: RemoteId[]): Promise<Finding> {
  const { create } = object.capabilities;
  const tried = "the same create again with the same key";
  if (create === null || create.repeat === "unsafe") return notTried(tried, "the file says repeat: unsafe");
  const [again] = await object.create([{ key, record: sample.record }]);
  if (again?.ok !== true)
    return noted(tried, `refused: ${again === undefined ? "no answer" : failureText(again.failure)}`);
  if (made.includes(again.value.id)) return asSaid(tried, "answers with the record that is there");
  made.push(again.value.id);
  return differs(tried, "made a second record", ["create", "repeat"], "unsafe");
}

/** A second record with the same natural keys. */
async function duplicate({ object, sample, key }: ProbeParts, made: RemoteId[]): Promise<Finding> {
  const tried = "a second record with the same keys";
  if (sample.keys.length === 0) return notTried(tried, "the file names no natural keys");
  const [second] = await object.create([{ key: key(), record: sample.record }]);
  if (second?.ok === true && made.includes(second.value.id)) return asSaid(tried, "the record that is there is given");
  if (second?.ok === true) {
    made.push(second.value.id);
    return noted(tried, `was made: nothing but the look-up before a create keeps ${sample.keys.join(", ")} unique`);
  }
  if (second?.failure.kind === "duplicate") return asSaid(tried, "refused as a duplicate");
  const why = second === undefined ? "no answer" : failureText(second.failure);
  return noted(tried, `refused, but not as a duplicate: ${why}. Add a line to errors: with do: duplicate`);
}

async function deletion(
  parts: ProbeParts,
  id: RemoteId,
  made: RemoteId[],
  cursor: string | null,
): Promise<readonly Finding[]> {
  const { object, file } = parts;
  if (object.capabilities.delete === null) return [notTried("delete", "the file has none")];
  const findings: Finding[] = [];
  const [current] = object.capabilities.get ? await object.get([id]) : [];
  const version = current?.ok === true ? current.value.version : null;
  const [deleted] = await object.delete([{ key: parts.key(), id, version }]);
  if (deleted?.ok !== true)
    return [noted("delete", `refused: ${deleted === undefined ? "no answer" : failureText(deleted.failure)}`)];
  made.splice(made.indexOf(id), 1);
  findings.push(asSaid("delete", "done"));
  if (object.capabilities.get) {
    const [after] = await object.get([id]);
    if (after?.ok === true && !after.value.deleted)
      findings.push(noted("get after delete", "still shows the record, with no mark that it is deleted"));
    else findings.push(asSaid("get after delete", after?.ok === true ? "shows it as deleted" : "shows it as gone"));
  }
  const [again] = await object.delete([{ key: parts.key(), id, version }]);
  const passes = again?.ok === true || again?.failure.kind === "gone";
  findings.push(
    passes
      ? asSaid("delete again", "harmless")
      : noted(
          "delete again",
          `refused: ${again === undefined ? "no answer" : failureText(again.failure)}. Add a line to errors: with op: delete, do: gone`,
        ),
  );
  if (cursor !== null) {
    const shows = await showsIn(object, cursor, id);
    const said = file.objects[object.name]?.changes?.cannot_see?.includes("deletes") ?? false;
    const tried = "changes after delete";
    if (shows === !said) findings.push(asSaid(tried, shows ? "show it" : "do not show it"));
    else if (shows) findings.push(noted(tried, "show it: leave cannot_see: [deletes] out"));
    else findings.push(differs(tried, "do not show it", ["changes", "cannot_see"], ["deletes"]));
  }
  return findings;
}

async function cleanUp({ object, key }: ProbeParts, made: RemoteId[]): Promise<void> {
  if (object.capabilities.delete === null) return;
  for (const id of made.slice()) {
    const [current] = object.capabilities.get ? await object.get([id]) : [];
    const version = current?.ok === true ? current.value.version : null;
    const [deleted] = await object.delete([{ key: key(), id, version }]);
    if (deleted?.ok === true || deleted?.failure.kind === "gone") made.splice(made.indexOf(id), 1);
  }
}

function failureText(failure: RemoteFailure): string {
  return `${failure.kind}, ${failure.message}`;
}
