// Creating, changing and deleting as both sandboxes do it: values are checked against the shape, references must exist,
// unique values must be free. What is refused is a value; each API says it in its own words.

import type { Author, Database, Stored, Values } from "./database.ts";
import type { ObjectShape } from "./shape.ts";
import { checkValue } from "./shape.ts";

export type Refusal = {
  readonly reason: "unknown-field" | "read-only" | "invalid" | "taken" | "in-use";
  /** The field it is about; null: the record. */
  readonly field: string | null;
  readonly message: string;
};

export type Outcome =
  { readonly ok: true; readonly record: Stored } | { readonly ok: false; readonly refusal: Refusal };

export class Records {
  readonly #database: Database;
  readonly shapes: readonly ObjectShape[];
  /** Objects whose records may not be deleted while others refer to them. */
  readonly #keepReferred: ReadonlySet<string>;

  constructor(database: Database, shapes: readonly ObjectShape[], keepReferred: readonly string[]) {
    this.#database = database;
    this.shapes = shapes;
    this.#keepReferred = new Set(keepReferred);
  }

  get database(): Database {
    return this.#database;
  }

  shape(object: string): ObjectShape | null {
    return this.shapes.find((shape) => shape.object === object) ?? null;
  }

  create(shape: ObjectShape, input: Readonly<Record<string, unknown>>, by: Author): Outcome {
    const empty = Object.fromEntries(shape.fields.map((field) => [field.name, field.initial ?? null]));
    const checked = this.#check(shape, input, { others: empty, id: null });
    return checked.ok ? { ok: true, record: this.#database.insert(shape.object, checked.values, by) } : checked;
  }

  /** Fields that `input` does not name stay as they are. */
  change(shape: ObjectShape, before: Stored, input: Readonly<Record<string, unknown>>, by: Author): Outcome {
    const checked = this.#check(shape, input, { others: before.values, id: before.id });
    return checked.ok
      ? { ok: true, record: this.#database.replace(shape.object, before, checked.values, by) }
      : checked;
  }

  remove(shape: ObjectShape, before: Stored, by: Author): Refusal | null {
    if (this.#keepReferred.has(shape.object)) {
      const referring = this.#referring(shape.object, before.id);
      if (referring !== null) {
        return { reason: "in-use", field: null, message: `${before.id} cannot be deleted: ${referring} refers to it` };
      }
    }
    this.#database.remove(shape.object, before, by);
    return null;
  }

  #check(
    shape: ObjectShape,
    input: Readonly<Record<string, unknown>>,
    known: { readonly others: Values; readonly id: string | null },
  ): { ok: true; values: Values } | { ok: false; refusal: Refusal } {
    const values: Record<string, Values[string]> = { ...known.others };
    for (const [name, given] of Object.entries(input)) {
      const field = shape.fields.find((candidate) => candidate.name === name);
      if (field === undefined) return refuse("unknown-field", name, `there is no field "${name}"`);
      if (field.readOnly === true)
        return refuse("read-only", name, `"${name}" is kept by this system and cannot be set`);
      const checked = checkValue(field, given);
      if (!checked.ok) return refuse("invalid", name, `${name} ${checked.message}`);
      values[name] = checked.value;
    }
    for (const field of shape.fields) {
      const value = values[field.name] ?? null;
      if (field.required === true && value === null)
        return refuse("invalid", field.name, `${field.name} must not be empty`);
      // Only what is being set: an old reference to a record that is gone does not stand in the way of other fields.
      if (!Object.hasOwn(input, field.name) || typeof value !== "string") continue;
      if (field.kind === "reference" && this.#database.get(field.to, value) === null) {
        return refuse("invalid", field.name, `${field.name} names ${value}, which does not exist`);
      }
      if (field.unique === true && this.#taken(shape.object, field.name, value, known.id)) {
        return refuse("taken", field.name, `another ${shape.singular} has the ${field.name} ${value}`);
      }
    }
    return { ok: true, values };
  }

  #taken(object: string, field: string, value: string, id: string | null): boolean {
    return this.#database.list(object).some((record) => record.id !== id && record.values[field] === value);
  }

  #referring(object: string, id: string): string | null {
    for (const shape of this.shapes) {
      for (const field of shape.fields) {
        if (field.kind !== "reference" || field.to !== object) continue;
        const found = this.#database.list(shape.object).find((record) => record.values[field.name] === id);
        if (found !== undefined) return `${shape.singular} ${found.id}`;
      }
    }
    return null;
  }
}

function refuse(reason: Refusal["reason"], field: string, message: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { reason, field, message } };
}
