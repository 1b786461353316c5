// A mapping held against the systems it joins and their connectors: do they exist, have they these objects and fields, can
// they do what the mapping asks of them.

import { didYouMean, problem, type KeyPath, type Problem } from "../core/problem.ts";
import type { Capabilities } from "../connector/contract.ts";
import type { ConnectorFile } from "../connector/file.ts";
import type { ObjectPart } from "../connector/file/object.ts";
import { entitySideSchema, type EntityFile } from "../mapping/file-entity.ts";
import type { MappingFile } from "../mapping/file.ts";
import { fieldPlaces, type FieldPlace } from "./field-places.ts";
import { lookalike } from "./lookalike.ts";

type Report = (problem: Problem) => void;

/** What is known of one side's system, as far as its files can be read. */
interface SideSystem {
  /** Null: the connector's file is missing, or its shape is wrong. */
  readonly part: ConnectorFile | null;
  /** Null: not known, or there is no such object. */
  capabilities(object: string): Capabilities | null;
}

export interface PairWorld {
  /** Names of all systems in the config; null: the config cannot be read. */
  readonly systemNames: readonly string[] | null;
  /** Null: nothing is known of it beyond its name. */
  sideOf(system: string): SideSystem | null;
}

export function checkPair(file: MappingFile, world: PairWorld): readonly Problem[] {
  const problems: Problem[] = [];
  const report: Report = (each) => void problems.push(each);
  const sides = Object.entries(file.sides);
  for (const [side, system] of sides) reportUnknownSystem(system, ["sides", side], world.systemNames, report);
  if (sides.length !== 2) return problems; // told by the mapping itself
  const names = sides.map(([side]) => side);
  for (const [name, entity] of Object.entries(file.entities)) {
    const at = ["entities", name];
    const objects = sides.flatMap(([side, system]) => objectOf(entity, side, system, at, world, report) ?? []);
    reportSameObject(objects, at, report);
    const allowed = (side: string): boolean => allowOf(entity, side).operations.length > 0;
    for (const place of fieldPlaces(entity, at, names)) {
      const object = objects.find(({ side }) => side === place.side);
      if (object !== undefined && object.part !== null)
        checkField(place, object.part, allowed(place.side), { object, names }, report);
    }
    for (const object of objects) {
      const other = objects.find(({ side }) => side !== object.side);
      if (object.can !== null) checkAbilities(entity, { ...object, can: object.can }, other ?? null, at, report);
    }
  }
  return problems;
}

function reportUnknownSystem(system: string, path: KeyPath, known: readonly string[] | null, report: Report): void {
  if (known === null || known.includes(system)) return;
  const hint = didYouMean(system, known) ?? "add it under systems in the config";
  const more = { found: system, expected: known.length === 0 ? "a system of the config" : known.join(", "), hint };
  report(problem("E_SYSTEM_UNKNOWN", path, `the config has no system "${system}"`, more));
}

/** The object of one side of an entity. */
interface SideObject {
  readonly side: string;
  readonly system: string;
  readonly object: string;
  readonly part: ObjectPart | null;
  readonly can: Capabilities | null;
}

/** Null: it cannot be told, or it is reported. */
function objectOf(
  entity: EntityFile,
  side: string,
  system: string,
  at: KeyPath,
  world: PairWorld,
  report: Report,
): SideObject | null {
  const parsed = entitySideSchema.safeParse((entity as Readonly<Record<string, unknown>>)[side]);
  if (!parsed.success) return null; // told by the mapping itself
  const { object } = parsed.data;
  const found = world.sideOf(system);
  if (found === null || found.part === null) return { side, system, object, part: null, can: null };
  const known = Object.keys(found.part.objects);
  const part = Object.hasOwn(found.part.objects, object) ? found.part.objects[object] : undefined;
  if (part !== undefined) return { side, system, object, part, can: found.capabilities(object) };
  const hint = didYouMean(object, known);
  const message = `the connector ${found.part.connector} has no object "${object}"`;
  const more = { found: object, expected: known.join(", "), ...(hint === undefined ? {} : { hint }) };
  report(problem("E_OBJECT_UNKNOWN", [...at, side, "object"], message, more));
  return null;
}

function reportSameObject(objects: readonly SideObject[], at: KeyPath, report: Report): void {
  const [left, right] = objects;
  if (left === undefined || right === undefined) return;
  if (left.system !== right.system || left.object !== right.object) return;
  const message = `both sides are ${left.object} of ${left.system}: records would be kept in step with themselves`;
  report(
    problem("E_SAME_OBJECT", [...at, right.side, "object"], message, {
      found: right.object,
      hint: "name another object",
    }),
  );
}

interface FieldContext {
  readonly object: SideObject;
  readonly names: readonly string[];
}

function checkField(
  place: FieldPlace,
  part: ObjectPart,
  allowed: boolean,
  { object, names }: FieldContext,
  report: Report,
): void {
  const [first] = place.steps;
  if (typeof first !== "string") return;
  const fields = part.fields ?? {};
  const listed = Object.hasOwn(fields, first) ? fields[first] : undefined;
  const other = names.find((name) => name !== place.side) ?? "";
  if (listed !== undefined) {
    if (listed.read_only !== true || !place.written || !allowed) return;
    const message = `${object.object}.${first} of ${object.system} is read_only, and this rule writes it`;
    const hint = `say \`direction: ${place.side} -> ${other}\``;
    report(problem("E_READ_ONLY", place.at, message, { on: place.on, found: place.text, hint }));
    return;
  }
  const steps = place.steps.join("\n");
  const moved = Object.entries(fields).find(([name, { at }]) => at !== undefined && at !== name && at === place.text);
  if (moved !== undefined) {
    const message = `the connector reads "${place.text}" as the field "${moved[0]}", so nothing stands at this path`;
    report(problem("W_FIELD_MOVED", place.at, message, { on: place.on, found: place.text, hint: `write ${moved[0]}` }));
    return;
  }
  const usual = [part.id ?? "id", part.version, part.modified, part.deleted, ...(part.natural_keys ?? [])];
  if (usual.includes(first) || steps === "") return;
  const near = lookalike(first, Object.keys(fields));
  if (near === null) return;
  const message = `the connector lists no field "${first}" of ${object.object}; it would be taken as it comes`;
  report(
    problem("W_FIELD_UNLISTED", place.at, message, { on: place.on, found: first, hint: `did you mean "${near}"?` }),
  );
}

type Operation = "create" | "update" | "delete";

/** What may be written on a side, and where the file says it; null: it is the default. */
function allowOf(
  { allow }: EntityFile,
  side: string,
): { readonly operations: readonly Operation[]; readonly at: KeyPath | null } {
  if (Array.isArray(allow)) return { operations: allow, at: ["allow"] };
  const own = allow === undefined || !Object.hasOwn(allow, side) ? undefined : allow[side];
  return own === undefined ? { operations: ["create", "update"], at: null } : { operations: own, at: ["allow", side] };
}

/** What the file asks for by name and the connector cannot do. What it merely leaves out is a gap (gaps.ts). */
function checkAbilities(
  entity: EntityFile,
  { side, system, object, can }: SideObject & { readonly can: Capabilities },
  other: SideObject | null,
  at: KeyPath,
  report: Report,
): void {
  const lacks = (path: KeyPath, what: string, hint: string): void => {
    const message = `${object} of ${system} has no \`${what}\``;
    report(problem("W_CAPABILITY", [...at, ...path], message, { hint }));
  };
  const allow = allowOf(entity, side);
  for (const operation of allow.operations) {
    if (allow.at !== null && can[operation] === null)
      lacks(allow.at, operation, `the connector has to say how; until then no ${operation} happens there`);
  }
  const whenGone = whenGoneOf(entity, other?.side ?? "");
  if (whenGone.word === "delete" && other !== null) {
    if (can.delete === null) lacks(whenGone.at, "delete", "choose unlink or review");
    else if (!allow.operations.includes("delete")) {
      const message = `records of ${side} are to be deleted here, and \`allow\` does not let them be`;
      const hint = `allow: { ${side}: [${[...allow.operations, "delete"].join(", ")}] }`;
      report(problem("W_NOT_ALLOWED", [...at, ...whenGone.at], message, { hint }));
    }
  }
  const newest = newestOf(entity);
  if (newest !== null && !can.tellsModified) lacks(newest, "modified", "without it the newest edit cannot be told");
}

function whenGoneOf(
  { when_gone: said }: EntityFile,
  side: string,
): { readonly word: string | null; readonly at: KeyPath } {
  if (typeof said === "string") return { word: said, at: ["when_gone"] };
  const own = said === undefined || !Object.hasOwn(said, side) ? undefined : said[side];
  return { word: own ?? null, at: ["when_gone", side] };
}

/** Where the file first says `newest`; null: nowhere. */
function newestOf({ conflict, at_link: atLink, fields }: EntityFile): KeyPath | null {
  if (conflict === "newest") return ["conflict"];
  if (atLink === "newest") return ["at_link"];
  for (const [name, rule] of Object.entries(fields)) {
    if (rule.conflict === "newest") return ["fields", name, "conflict"];
    if (rule.at_link === "newest") return ["fields", name, "at_link"];
  }
  return null;
}
