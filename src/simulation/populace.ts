// The people of the simulated family: what they enter, and what they change. Every value they type holds a number that no other
// value holds, so that it can be traced to the hand that typed it.

import type { RemoteId, Side } from "../core/ids.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import type { FamilyMember } from "./family.ts";
import type { FaultySystem, ObjectShape } from "./system/account.ts";
import { present } from "./system/rows.ts";

export interface Populace {
  readonly objects: { readonly left: readonly ObjectShape[]; readonly right: readonly ObjectShape[] };
  /** Kinds of fields, for `edit` and `blank`. */
  readonly fields: number;
  /** A new record; null: nothing can be entered here now. */
  fresh(systems: Systems, side: Side, object: string, number: number, pick: number): Fields | null;
  /** The same record as one of the other side, entered anew; null: it cannot be told to be the same. */
  twin(systems: Systems, side: Side, object: string, from: Fields, fromId: RemoteId, number: number): Fields | null;
  /** The record with one field changed; `number` null: emptied. Null: it has no such field. */
  edited(
    systems: Systems,
    side: Side,
    object: string,
    fields: Fields,
    field: number,
    number: number | null,
  ): Fields | null;
}

export interface Systems {
  readonly left: FaultySystem;
  readonly right: FaultySystem;
}

const NAMES = [
  "name",
  "city",
  "name",
  "city",
  "email",
  "street",
  "zip",
  "count",
  "tags",
  "status",
  "note",
  "owner",
  "kind",
] as const;

export function familyPopulace(member: FamilyMember): Populace {
  const person: ObjectShape = {
    name: "person",
    key: "email",
    spelled: ["name", "city", "street", "zip", "address", "status"],
    rewritten: "city",
  };
  const order: ObjectShape = { name: "order", key: "email", spelled: ["name"], rewritten: "name" };
  const objects = member.child === null ? [person] : [person, order];
  const isNested = (side: Side, name: string): boolean =>
    member.nested && side === "right" && (name === "street" || name === "zip");

  const put = (side: Side, fields: Fields, name: string, value: Value): Fields => {
    if (!isNested(side, name)) return { ...fields, [name]: value };
    const address = isFields(fields["address"]) ? fields["address"] : { floor: "3" };
    return { ...fields, address: { ...address, [name]: value } };
  };
  const someone = (systems: Systems, side: Side, pick: number): RemoteId | null => {
    const ids = systems[side].ids("person");
    return ids[pick % Math.max(1, ids.length)] ?? null;
  };

  return {
    objects: { left: objects, right: objects },
    fields: NAMES.length,
    fresh(systems, side, object, number, pick) {
      const base: Fields = {
        email: `${object}${String(number)}@x.test`,
        name: `name-${String(number)}`,
        note: `note-${String(number)}`,
      };
      if (object === "order") return { ...base, owner: someone(systems, side, pick) };
      let fields: Fields = { ...base, city: `city-${String(number)}` };
      if (member.grouped)
        fields = put(side, put(side, fields, "street", `street-${String(number)}`), "zip", `zip-${String(number)}`);
      if (member.counter) fields = { ...fields, count: 10 };
      if (member.tags) fields = { ...fields, tags: [`tag-${String(number)}`] };
      if (member.oneWay !== null && pick % 3 > 0) fields = { ...fields, status: `status-${String(number)}` };
      if (member.scope !== null && side === "left") fields = { ...fields, kind: pick % 5 === 0 ? "out" : "in" };
      return fields;
    },
    twin(systems, side, object, from, fromId, number) {
      const made = this.fresh(systems, side, object, number, number);
      if (made === null) return null;
      if (member.matching === "stored-id" && object === "person" && side === "left" && number % 2 === 0)
        return { ...made, other: fromId };
      return { ...made, email: from["email"] ?? null };
    },
    edited(_systems, side, object, fields, field, number) {
      const name = NAMES[field % NAMES.length] ?? "name";
      const has = isNested(side, name) ? isFields(fields["address"]) : name in fields;
      if (!has && name !== "status") return null;
      if (name === "status" && (member.oneWay === null || object === "order")) return null;
      if (number === null)
        return name === "email" || name === "kind" || name === "owner" || name === "count"
          ? null
          : put(side, fields, name, null);
      switch (name) {
        case "count":
          return {
            ...fields,
            count: typeof fields["count"] === "number" ? fields["count"] + (number % 5) + 1 : number,
          };
        case "tags":
          return { ...fields, tags: [...(isList(fields["tags"]) ? fields["tags"] : []), `tag-${String(number)}`] };
        case "kind":
          return { ...fields, kind: fields["kind"] === "out" ? "in" : "out" };
        case "owner":
          return { ...fields, owner: someone(_systems, side, number) };
        case "email":
          return { ...fields, email: `${object}${String(number)}@x.test` };
        default:
          return put(side, fields, name, `${name}-${String(number)}`);
      }
    },
  };
}

/** Records that are there, as people see them. */
export function recordOf(
  system: FaultySystem,
  object: string,
  pick: number,
): { readonly id: RemoteId; readonly fields: Fields } | null {
  const ids = system.ids(object);
  const id = ids[pick % Math.max(1, ids.length)];
  const row = id === undefined ? undefined : system.table(object).rows.get(id);
  const fields = row === undefined ? null : present(row).fields;
  return id === undefined || fields === null ? null : { id, fields };
}
