// A family of small mappings, drawn by the seed: every way to match, every policy, groups, counters, sets, references, one-way
// rules, scopes. Written as the file would be, so that the mapping compiler is part of what is tried.

import type { Mapping } from "../mapping/mapping.ts";
import { compileMappingFile } from "../mapping/read-file.ts";
import { equations } from "./expressions.ts";
import type { Random } from "./random.ts";

type Matching = "email" | "stored-id" | "none";

/** What is drawn of a mapping; the file follows from it. */
export interface FamilyMember {
  readonly matching: Matching;
  readonly conflict: "review" | "newest" | "a" | "b";
  readonly atLink: "review" | "a" | "b";
  readonly whenGone: { readonly a: WhenGone; readonly b: WhenGone };
  readonly goneEdited: "review" | "restore" | "delete";
  readonly deletes: boolean;
  readonly grouped: boolean;
  readonly counter: boolean;
  readonly tags: boolean;
  /** A one-way field from a to b. */
  readonly oneWay: "weak" | "normal" | "strong" | "review" | null;
  readonly child: "required" | "optional" | null;
  readonly scope: "freeze" | "unlink" | "delete" | null;
  readonly guarded: boolean;
  /** The right side holds the address in an object of its own. */
  readonly nested: boolean;
}

type WhenGone = "unlink" | "delete" | "restore" | "review";

export function drawMember(random: Random): FamilyMember {
  const whenGone = (): WhenGone => random.pick(["unlink", "delete", "delete", "restore", "review"] as const);
  const grouped = random.chance(0.4);
  return {
    matching: random.pick(["email", "email", "email", "stored-id", "none"] as const),
    conflict: random.pick(["review", "review", "newest", "a", "b"] as const),
    atLink: random.pick(["review", "a", "b"] as const),
    whenGone: { a: whenGone(), b: whenGone() },
    goneEdited: random.pick(["review", "review", "restore", "delete"] as const),
    deletes: random.chance(0.8),
    grouped,
    counter: random.chance(0.3),
    tags: random.chance(0.2),
    oneWay: random.chance(0.3) ? random.pick(["weak", "normal", "strong", "review"] as const) : null,
    child: random.chance(0.35) ? random.pick(["required", "optional"] as const) : null,
    scope: random.chance(0.2) ? random.pick(["freeze", "unlink", "delete"] as const) : null,
    guarded: random.chance(0.2),
    nested: grouped && random.chance(0.5),
  };
}

/** The mapping file, as YAML would hold it. */
function fileOf(member: FamilyMember): object {
  const ops = member.deletes ? ["create", "update", "delete"] : ["create", "update"];
  const shared = {
    allow: { a: ops, b: ops },
    when_gone: member.deletes ? member.whenGone : { a: keepable(member.whenGone.a), b: keepable(member.whenGone.b) },
    gone_edited: member.goneEdited === "delete" && !member.deletes ? "review" : member.goneEdited,
    conflict: member.conflict,
    at_link: member.atLink,
  };
  const person = {
    a: member.scope === null ? { object: "person" } : { object: "person", scope: 'kind != "out"' },
    b: { object: "person" },
    ...(member.matching === "none"
      ? {}
      : { match: member.matching === "email" ? [["email"]] : [{ a: "other", b: "id" }, ["email"]] }),
    without_key: "create",
    ...shared,
    on_scope_exit: member.scope === "delete" && !member.deletes ? "freeze" : (member.scope ?? "freeze"),
    fields: {
      email: { as: "email" },
      name: {},
      city: {},
      ...(member.grouped ? { street: address(member, "street"), zip: address(member, "zip") } : {}),
      ...(member.counter ? { count: { as: "integer", merge: "counter" } } : {}),
      ...(member.tags ? { tags: { as: { set: {} }, merge: "set" } } : {}),
      ...(member.oneWay === null ? {} : { status: { direction: "a -> b", strength: member.oneWay } }),
    },
  };
  const order = {
    a: { object: "order" },
    b: { object: "order" },
    match: [["email"]],
    without_key: "create",
    ...shared,
    fields: {
      email: {},
      name: {},
      owner: { ref: "person", ...(member.child === "optional" ? { optional: true } : {}) },
    },
  };
  const guards = member.guarded
    ? {
        create: { floor: 3, fraction: 0 },
        update: { floor: 6, fraction: 0 },
        delete: { floor: 1, fraction: 0 },
        blank: { floor: 2, fraction: 0 },
      }
    : "off";
  return {
    pair: "sim",
    state: "active",
    sides: { a: "left-system", b: "right-system" },
    guards,
    entities: { person, ...(member.child === null ? {} : { order }) },
  };
}

function keepable(policy: WhenGone): WhenGone {
  return policy === "delete" ? "unlink" : policy;
}

function address({ nested }: FamilyMember, name: string): object {
  return { group: "address", ...(nested ? { b: `address.${name}` } : {}) };
}

/** Compiling takes longer than a history; keeping all of a long run takes memory. */
const COMPILED_MAX = 2000;
const compiled = new Map<string, Mapping>();

/** @throws when the file has a problem: the family is ours. */
export function mappingOf(member: FamilyMember): Mapping {
  const file = fileOf(member);
  const key = JSON.stringify(file);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const { mapping, problems } = compileMappingFile(file, { file: "simulated.yaml", expressions: equations });
  if (mapping === null) throw new Error(`a simulated mapping does not compile: ${JSON.stringify(problems)}`);
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(key, mapping);
  return mapping;
}
