// An object some of whose operations are functions, with a protocol that sends no requests: the functions' answers are read by the
// kit as those of any request are (paths into the answer, paging, wire types, what a status means), the rest is the protocol's.

import { problem, type KeyPath, type Problem } from "../../core/problem.ts";
import type { Value } from "../../core/value.ts";
import { gapsOf, type CapabilityGap } from "../capability-gap.ts";
import type { Capabilities, SystemObject } from "../contract.ts";
import { openObject } from "../open-object.ts";
import type { ConnectorFile } from "../file.ts";
import type { ObjectPart } from "../file/object.ts";
import type { ObjectPlan, RequestPlan } from "../object-plan.ts";
import type { PreparedCall } from "../protocol.ts";
import { planObject } from "../plan-object.ts";
import { SMTP_CREATE_KEYS } from "../protocols/smtp/file.ts";
import { createRecordCodec } from "../record.ts";
import { REPLACED, replaced } from "./code.ts";
import { createCodeCaller, type CodeCallerTools } from "./code-caller.ts";
import { prepareFunction, type LoadFunction } from "./function.ts";
import type { CodedPart } from "./split.ts";

export interface CodedObject {
  readonly plan: ObjectPlan;
  readonly part: CodedPart;
  readonly capabilities: Capabilities;
  /** By the key path of the request that each stands for. */
  readonly functions: ReadonlyMap<string, LoadFunction>;
  readonly gaps: readonly CapabilityGap[];
  readonly problems: readonly Problem[];
}

/** @param own What the object can do without its functions. @param tool Name of what they are given. */
export function planCoded(
  name: string,
  { part, coded, own }: { readonly part: ObjectPart; readonly coded: CodedPart; readonly own: Capabilities },
  { file, folder, tool }: { readonly file: ConnectorFile; readonly folder: string; readonly tool: string },
): CodedObject {
  const { plan, problems: planned } = planObject(name, partOf(part, coded, own), file);
  const functions = new Map<string, LoadFunction>();
  const problems: Problem[] = [...planned];
  for (const request of requestsOf(plan)) {
    const said = request.part["code"];
    if (said === undefined) continue;
    const path = [...request.path, "code"];
    const found = prepareFunction(said, path, { folder, tool });
    problems.push(...found.problems);
    const beside = [...REPLACED, ...SMTP_CREATE_KEYS].filter((key) => request.part[key] !== undefined);
    problems.push(...beside.map((key) => replaced(key, request.path)));
    if (found.load !== null) functions.set(textOf(request.path), found.load);
  }
  problems.push(...checkCursor(coded, ["objects", name]));
  const capabilities = together(plan.capabilities, own, coded);
  return { plan, part: coded, capabilities, functions, problems, gaps: gapsOf({ name, capabilities }, part) };
}

/** What the kit plans: the functions, and that the protocol can look records up where they cannot. */
function partOf(part: ObjectPart, coded: CodedPart, own: Capabilities): ObjectPart {
  const { id, version, modified, deleted, deleted_is, natural_keys, fields } = part;
  const by = own.findBy.map((names) => [...names]);
  const shape = { id, version, modified, deleted, deleted_is, natural_keys, fields };
  return {
    ...(Object.fromEntries(Object.entries(shape).filter(([, said]) => said !== undefined)) as Partial<typeof shape>),
    ...(own.get ? { get: {} } : {}),
    ...(by.length === 0 ? {} : { find: { by } }),
    ...coded,
  };
}

function requestsOf(plan: ObjectPlan): readonly RequestPlan[] {
  const { list, get, find, changes, deletes, create, update, delete: remove, batch } = plan;
  const listings = [list, changes, deletes, find].flatMap((listing) => [listing, listing?.next ?? null]);
  const requests = [...listings, get, create, update, remove, ...Object.values(batch)];
  return requests.filter((request) => request !== null);
}

/** Reading of changes starts where a listing began, and only whoever lists knows that. */
function checkCursor({ list, changes }: CodedPart, at: KeyPath): readonly Problem[] {
  if (changes === undefined || list !== undefined) return [];
  const message = "`changes` by a function starts where a listing began, so `list` is a function too";
  return [problem("E_COMBINATION", [...at, "changes"], message, { on: "key", hint: "add list: { code: … }" })];
}

function together(planned: Capabilities, own: Capabilities, coded: CodedPart): Capabilities {
  const { list, get, find, changes, create, update, delete: remove, batch } = coded;
  const isMade = create !== undefined || batch?.create !== undefined;
  const isUpdated = update !== undefined || batch?.update !== undefined || batch?.upsert !== undefined;
  const isRemoved = remove !== undefined || batch?.delete !== undefined;
  const isRead = get !== undefined || batch?.read !== undefined;
  return {
    ...own,
    list: own.list || list !== undefined,
    get: own.get || isRead,
    findBy: find === undefined ? own.findBy : planned.findBy,
    findSettleMs: find === undefined ? own.findSettleMs : planned.findSettleMs,
    // A listing of ours tells no place in what the protocol reads changes from.
    changes: changes !== undefined ? planned.changes : list !== undefined ? null : own.changes,
    create: isMade ? planned.create : own.create,
    update: isUpdated ? planned.update : own.update,
    delete: isRemoved ? planned.delete : own.delete,
    batch: {
      read: isRead ? planned.batch.read : own.batch.read,
      create: isMade ? planned.batch.create : own.batch.create,
      update: isUpdated ? planned.batch.update : own.batch.update,
      delete: isRemoved ? planned.batch.delete : own.batch.delete,
    },
    versioned: own.versioned || planned.versioned,
    tellsModified: own.tellsModified || planned.tellsModified,
    naturalKeys: planned.naturalKeys,
  };
}

export interface CodedTools extends Omit<CodeCallerTools, "object" | "functionOf"> {
  readonly settings: Readonly<Record<string, Value>>;
  readonly version: string;
}

/** @param wanted Top-level names that the mapping reads or writes. @param own The object without its functions. */
export function openCoded(
  { plan, part, capabilities, functions }: CodedObject,
  wanted: readonly string[],
  own: SystemObject,
  { settings, version, ...tools }: CodedTools,
): SystemObject {
  const codec = createRecordCodec(plan.shape);
  const prepared = new Map<string, PreparedCall>();
  const loads = new Map<PreparedCall, LoadFunction>();
  const kit = openObject({
    plan,
    codec,
    origin: null,
    variables: { settings, syncline: { version }, wanted: wanted.map((name) => codec.wirePath(name)) },
    caller: createCodeCaller({ ...tools, object: plan.name, functionOf: (call) => loads.get(call) ?? null }),
    prepared(request) {
      const key = textOf(request.path);
      const known = prepared.get(key);
      if (known !== undefined) return known;
      const load = functions.get(key);
      if (load === undefined) throw new Error(`${plan.name}: ${key} is no function`);
      const made: PreparedCall = () => Promise.reject(new Error("a function is called by its own caller"));
      prepared.set(key, made);
      loads.set(made, load);
      return made;
    },
  });
  const { batch } = part;
  const marker = plan.marker;
  const isUpdated = part.update !== undefined || batch?.update !== undefined || batch?.upsert !== undefined;
  return {
    name: own.name,
    capabilities,
    list: () => (part.list === undefined ? own.list() : kit.list()),
    changes: (cursor, how) => (part.changes === undefined ? own.changes(cursor, how) : kit.changes(cursor, how)),
    get: (ids) => (part.get === undefined && batch?.read === undefined ? own.get(ids) : kit.get(ids)),
    find: (key) => (part.find === undefined ? own.find(key) : kit.find(key)),
    findByMarker(key) {
      if (marker === null) return own.findByMarker(key);
      return part.find === undefined ? own.find({ [marker]: key }) : kit.findByMarker(key);
    },
    create: (calls) =>
      part.create === undefined && batch?.create === undefined ? own.create(calls) : kit.create(calls),
    update: (calls) => (isUpdated ? kit.update(calls) : own.update(calls)),
    delete: (calls) =>
      part.delete === undefined && batch?.delete === undefined ? own.delete(calls) : kit.delete(calls),
    laterCursor: (a, b) => (part.changes === undefined ? own.laterCursor(a, b) : kit.laterCursor(a, b)),
  };
}

function textOf(path: KeyPath): string {
  return path.join(".");
}
