// Where the rules of an entity read and write on each side, taken from the file itself: so that what they name can be held
// against the connectors although something else in the mapping is wrong.

import { parsePath, pathText } from "../core/path.ts";
import type { KeyPath } from "../core/problem.ts";
import type { EntityFile } from "../mapping/file-entity.ts";
import { ruleSideSchema, type RuleFile } from "../mapping/file-rule.ts";

/** One path that a rule names on one side. */
export interface FieldPlace {
  /** The file's name of the side. */
  readonly side: string;
  readonly rule: string;
  /** The path, as the file has it. */
  readonly text: string;
  readonly steps: readonly (string | number)[];
  /** Where it stands in the mapping file; `on: key` when the rule's own name is the path. */
  readonly at: KeyPath;
  readonly on: "key" | "value";
  readonly written: boolean;
}

interface Direction {
  readonly giving: string;
  readonly receiving: string;
}

/** `crm -> billing` of two known sides; null: it is none, or none is said. */
function directionOf(text: string | undefined, sides: readonly string[]): Direction | null {
  const [giving = "", receiving = "", ...more] = (text ?? "").split("->").map((part) => part.trim());
  return more.length === 0 && sides.includes(giving) && sides.includes(receiving) ? { giving, receiving } : null;
}

/** @param at Key path of the entity. @param sides The file's names of the two sides. */
export function fieldPlaces(entity: EntityFile, at: KeyPath, sides: readonly string[]): readonly FieldPlace[] {
  return Object.entries(entity.fields).flatMap(([name, rule]) =>
    sides.flatMap((side) => rulePlaces({ name, rule, side }, [...at, "fields", name], entity, sides)),
  );
}

function rulePlaces(
  { name, rule, side }: { readonly name: string; readonly rule: RuleFile; readonly side: string },
  at: KeyPath,
  entity: EntityFile,
  sides: readonly string[],
): readonly FieldPlace[] {
  const direction = directionOf(rule.direction ?? entity.direction, sides);
  if (rule.value !== undefined && (direction === null || direction.giving === side)) return [];
  const written = direction === null ? true : direction.receiving === side;
  const place = (text: string, where: KeyPath, on: "key" | "value", isWritten: boolean): FieldPlace[] => {
    const steps = parsePath(text);
    return steps === null ? [] : [{ side, rule: name, text, steps, at: where, on, written: isWritten }];
  };
  const entry: unknown = (rule as Readonly<Record<string, unknown>>)[side];
  if (entry === undefined) return place(pathText([name]), at, "key", written);
  const parsed = ruleSideSchema.safeParse(entry);
  if (!parsed.success) return [];
  const said = parsed.data;
  const here = [...at, side];
  const several = (texts: readonly string[], where: KeyPath): FieldPlace[] =>
    texts.flatMap((text, index) => place(text, [...where, index], "value", written));
  if (typeof said === "string") return place(said, here, "value", written);
  if (Array.isArray(said)) return several(said, here);
  const writes = Object.keys(said.write ?? {}).flatMap((text) => place(text, [...here, "write", text], "key", written));
  if (said.at === undefined) {
    return said.read === undefined && said.write === undefined ? place(pathText([name]), here, "key", written) : writes;
  }
  // With a `write` of its own the path is only read.
  const isWritten = written && said.write === undefined;
  const texts = typeof said.at === "string" ? null : said.at;
  const reads =
    texts === null ? place(String(said.at), [...here, "at"], "value", isWritten) : several(texts, [...here, "at"]);
  return [...reads, ...writes];
}
