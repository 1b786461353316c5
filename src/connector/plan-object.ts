// Reads one entry of `objects:` into an ObjectPlan, and says what is wrong with it and what it leaves out.

import type { Path } from "../core/path.ts";
import { didYouMean, problem, type Problem } from "../core/problem.ts";
import { gapsOf, type CapabilityGap } from "./capability-gap.ts";
import type { Capabilities, WriteGuard } from "./contract.ts";
import type { ConnectorFile, Operation } from "./file.ts";
import type { ObjectPart } from "./file/object.ts";
import type { BatchPart, CreatePart, DeletePart, UpdatePart } from "./file/request.ts";
import { mentions } from "./mentions.ts";
import type { BatchPlan, ObjectPlan, WritePlan } from "./object-plan.ts";
import { ObjectReader } from "./object-reader.ts";
import { readDeletes, readListing } from "./plan-listing.ts";
import { isJsonBatch } from "./protocols/odata/batch.ts";
import type { RecordField } from "./record.ts";

const KEY_LIFE_DEFAULT_MS = 86_400_000;
const KEY_HEADER = "Idempotency-Key";

export function planObject(
  name: string,
  part: ObjectPart,
  file: ConnectorFile,
): { readonly plan: ObjectPlan; readonly problems: readonly Problem[]; readonly gaps: readonly CapabilityGap[] } {
  const reader = new ObjectReader(["objects", name]);
  const id = reader.path(part.id, ["id"], ["id"]);
  const version = reader.maybePath(part.version, ["version"]);
  const modified = reader.maybePath(part.modified, ["modified"]);
  const fields = readFields(part, reader);
  const update = typeof part.update === "string" ? undefined : part.update;
  const remove = typeof part.delete === "string" ? undefined : part.delete;
  const updateBatch = part.batch?.update ?? part.batch?.upsert;
  const updateBatchKey = part.batch?.update === undefined ? "upsert" : "update";
  const needsCurrent = [update, updateBatch].some((request) => request !== undefined && mentions(request, "record"));
  const findBy = readFindBy(part, reader);
  const write = (request: CreatePart | UpdatePart | DeletePart | undefined, operation: Operation): WritePlan | null =>
    request === undefined ? null : readWrite(request, operation, { part, id, version, reader });

  const capabilities: Capabilities = {
    list: part.list !== undefined,
    get: part.get !== undefined || part.batch?.read !== undefined,
    findBy,
    findSettleMs: reader.duration(part.find?.settle, ["find", "settle"], 0, KEY_LIFE_DEFAULT_MS),
    changes:
      part.changes === undefined
        ? null
        : {
            settleMs: reader.duration(
              part.changes.cursor.settle,
              ["changes", "cursor", "settle"],
              0,
              7 * KEY_LIFE_DEFAULT_MS,
            ),
            cannotSeeDeletes: part.changes.cannot_see?.includes("deletes") ?? false,
            ...(part.changes.cursor.at === undefined ? { cursorAtEnd: true } : {}),
          },
    create:
      part.create === undefined && part.batch?.create === undefined
        ? null
        : {
            repeat: part.create?.repeat ?? "unsafe",
            verify:
              part.create?.verify ??
              (part.create?.marker !== undefined && part.find !== undefined
                ? "marker"
                : part.find === undefined
                  ? null
                  : "find"),
            keyLifeMs: reader.duration(
              part.create?.key?.life,
              ["create", "key", "life"],
              KEY_LIFE_DEFAULT_MS,
              365 * KEY_LIFE_DEFAULT_MS,
            ),
          },
    update:
      update === undefined && updateBatch === undefined
        ? null
        : { guard: readGuard(update?.guard, "update", { part, version, reader }), needsCurrent },
    delete:
      remove === undefined && part.batch?.delete === undefined
        ? null
        : { guard: readGuard(remove?.guard, "delete", { part, version, reader }), effect: remove?.effect ?? "delete" },
    batch: {
      read: part.batch?.read?.max ?? 1,
      create: part.batch?.create?.max ?? 1,
      update: updateBatch?.max ?? 1,
      delete: part.batch?.delete?.max ?? 1,
    },
    versioned: version !== null,
    tellsModified: modified !== null,
    naturalKeys: part.natural_keys ?? [],
  };

  const plan: ObjectPlan = {
    name,
    shape: {
      id,
      version,
      modified,
      deleted: reader.maybePath(part.deleted, ["deleted"]),
      deletedIs: part.deleted_is === undefined ? null : [part.deleted_is].flat(),
      fields,
      keepsItems: needsCurrent || fields.some((field) => field.type !== null),
    },
    capabilities,
    list: part.list === undefined ? null : readListing(part.list, "list", { reader, readable: capabilities.get }),
    changes:
      part.changes === undefined ? null : readListing(part.changes, "changes", { reader, readable: capabilities.get }),
    deletes: part.changes?.deletes === undefined ? null : readDeletes(part.changes, part.changes.deletes, reader),
    find: part.find === undefined ? null : readListing(part.find, "find", { reader, readable: capabilities.get }),
    get:
      part.get === undefined
        ? null
        : { part: part.get, path: [...reader.at, "get"], item: reader.path(part.get.item, ["get", "item"], []) },
    create: write(part.create, "create"),
    update: write(update, "update"),
    delete: write(remove, "delete"),
    batch: {
      read: readBatch(part.batch?.read, "read", id, reader, file),
      create: readBatch(part.batch?.create, "create", null, reader, file),
      update: readBatch(updateBatch, updateBatchKey, id, reader, file),
      delete: readBatch(part.batch?.delete, "delete", id, reader, file),
    },
    ...readCursor(part, reader),
    settleMs: capabilities.changes?.settleMs ?? 0,
    marker: part.create?.marker ?? null,
    looseLists: file.protocol === "soap",
    nullIsGone: file.protocol === "graphql",
  };
  checkCreate(part, plan, reader);
  return { plan, problems: reader.problems, gaps: gapsOf(plan, part) };
}

function readCursor(part: ObjectPart, reader: ObjectReader): Pick<ObjectPlan, "cursorAt" | "cursorIn"> {
  if (part.changes === undefined) return { cursorAt: null, cursorIn: null };
  const { at, token, url } = part.changes.cursor;
  const path = ["changes", "cursor"];
  if ([at, token, url].filter((text) => text !== undefined).length !== 1) {
    reader.problems.push(
      problem("E_CURSOR", [...reader.at, ...path], "the cursor stands in one place", {
        expected: "exactly one of at, token, url",
      }),
    );
  }
  const inAnswer = reader.maybePath(token ?? url, [...path, token === undefined ? "url" : "token"]);
  return {
    cursorAt: reader.maybePath(at, [...path, "at"]),
    cursorIn: inAnswer === null ? null : { path: inAnswer, isUrl: url !== undefined },
  };
}

export function readFields(part: ObjectPart, reader: ObjectReader): RecordField[] {
  return Object.entries(part.fields ?? {}).map(([name, field]) => ({
    name,
    at: reader.path(field.at, ["fields", name, "at"], [name]),
    type: field.type ?? null,
    form: field.encode ?? null,
    none: field.none,
    readOnly: field.read_only ?? false,
  }));
}

function readFindBy(part: ObjectPart, reader: ObjectReader): readonly (readonly string[])[] {
  const by = part.find?.by;
  if (by === undefined) {
    if (part.create?.verify === "find" || part.create?.verify === "marker") {
      reader.problems.push(
        problem("E_VERIFY", [...reader.at, "create", "verify"], `verify: ${part.create.verify} needs a find`, {
          expected: "an object with `find:`",
          hint: "add find: { by: [...], request: ... }, or leave verify out",
        }),
      );
    }
    return [];
  }
  // A list of names, or a list of such lists; the schema lets nothing else through.
  const lists: (readonly string[])[] = [];
  const names: string[] = [];
  for (const entry of by) {
    if (typeof entry === "string") names.push(entry);
    else lists.push(entry);
  }
  return names.length > 0 ? [names, ...lists] : lists;
}

interface WriteFacts {
  readonly part: ObjectPart;
  readonly version: Path | null;
  readonly reader: ObjectReader;
}

function readGuard(
  guard: WriteGuard | undefined,
  operation: "update" | "delete",
  { part, version, reader }: WriteFacts,
): WriteGuard {
  const readable = part.get !== undefined || part.batch?.read !== undefined;
  if (guard === "if-match" && version === null) {
    reader.problems.push(
      problem(
        "E_GUARD",
        [...reader.at, operation, "guard"],
        "if-match sends the record's version, and this object has none",
        {
          found: "if-match",
          expected: "an object with `version:`",
          hint: "add version: PATH, or use guard: read-compare",
        },
      ),
    );
  }
  if (guard === "read-compare" && !readable) {
    reader.problems.push(
      problem(
        "E_GUARD",
        [...reader.at, operation, "guard"],
        "read-compare reads the record, and this object has no get",
        {
          found: "read-compare",
          hint: "add get:, or use guard: none",
        },
      ),
    );
  }
  return guard ?? (readable ? "read-compare" : "none");
}

function readWrite(
  request: CreatePart | UpdatePart | DeletePart,
  operation: Operation,
  { part, id, version, reader }: WriteFacts & { readonly id: Path },
): WritePlan {
  const mentionsKey = mentions(request, "op");
  const byKey = request.repeat === "by-key";
  const returns = "returns" in request ? request.returns : undefined;
  const itemText = "item" in request ? request.item : undefined;
  const item = reader.maybePath(itemText, [operation, "item"]);
  // Where a single record is wrapped for reading, the answer to a write is commonly wrapped alike.
  const wrapped = reader.maybePath(part.get?.item, ["get", "item"]) ?? [];
  const places = (told: string | undefined, key: string, own: Path | null): readonly Path[] => {
    const said = reader.maybePath(told, [operation, "returns", key]);
    if (said !== null) return [said];
    if (own === null) return [];
    if (item !== null) return [[...item, ...own]];
    return wrapped.length === 0 ? [own] : [[...wrapped, ...own], own];
  };
  return {
    part: request,
    path: [...reader.at, operation],
    repeatable: request.repeat === undefined ? operation !== "create" : request.repeat !== "unsafe",
    keyHeader: byKey ? (request.key?.header ?? (mentionsKey ? null : KEY_HEADER)) : null,
    returnsId: typeof returns?.id === "object" ? [] : places(returns?.id, "id", id),
    returnsIdHeader: typeof returns?.id === "object" ? returns.id.header.toLowerCase() : null,
    returnsVersion: places(returns?.version, "version", version),
    item,
  };
}

function readBatch(
  part: BatchPart | undefined,
  key: string,
  id: Path | null,
  reader: ObjectReader,
  { protocol }: ConnectorFile,
): BatchPlan | null {
  if (part === undefined) return null;
  const byKey =
    typeof part.match === "object" ? reader.maybePath(part.match.key, ["batch", key, "match", "key"]) : null;
  // A function is given them.
  if (part.code === undefined && !mentions(part, "items")) {
    reader.problems.push(
      problem("E_BATCH", [...reader.at, "batch", key], "the batch never sends its records", {
        hint: 'put "{{ items }}" into the body',
      }),
    );
  }
  return {
    part,
    path: [...reader.at, "batch", key],
    max: part.max,
    ok: reader.path(part.ok, ["batch", key, "ok"], []),
    failed: reader.maybePath(part.failed, ["batch", key, "failed"]),
    fault: reader.maybePath(part.fault, ["batch", key, "fault"]),
    key: part.match === "by-index" ? null : (byKey ?? id),
    guarded: protocol === "odata" && isJsonBatch(part),
  };
}

function checkCreate(part: ObjectPart, plan: ObjectPlan, reader: ObjectReader): void {
  const { create } = part;
  const path = [...reader.at, "create"];
  const names = plan.capabilities.findBy.flat();
  if (create?.verify === "marker" && create.marker === undefined) {
    reader.problems.push(
      problem("E_VERIFY", [...path, "verify"], "verify: marker needs `marker: FIELD` on create", {
        hint: "name the field that op.key is written into",
      }),
    );
  }
  if (
    create?.verify === "marker" &&
    create.marker !== undefined &&
    !plan.capabilities.findBy.some((by) => by.length === 1 && by[0] === create.marker)
  ) {
    const near = didYouMean(create.marker, names);
    reader.problems.push(
      problem("E_VERIFY", [...path, "marker"], "find cannot look the marker up", {
        found: create.marker,
        expected: `find: { by: [..., [${create.marker}]] }`,
        hint: near ?? `add [${create.marker}] to the lists of find.by`,
      }),
    );
  }
  if (create?.verify === "get" && part.get === undefined) {
    reader.problems.push(problem("E_VERIFY", [...path, "verify"], "verify: get needs a get", { found: "get" }));
  }
}
