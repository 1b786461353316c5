// Interfaces whose operations are verbs alone (query, create, retrieve; search, add, get), over records of many kinds:
//
//   derived   the record's type is one that others derive from (NetSuite's Record): an object for each of them
//   open      its type takes any element and names its kind in one (Salesforce's sObject): the WSDL knows no kinds, so one object
//             for each that was asked for, or one to be filled in
//   single    its type is a record like any other: one object
//
// How records of a kind are searched, addressed and written follows from the types (wsdl-kind.ts); what they do not tell is noted.

import type { ComplexShape } from "../protocols/soap/shape.ts";
import type { Schema } from "../protocols/soap/schema.ts";
import type { Operation, Port } from "../protocols/soap/wsdl.ts";
import { named } from "./guess.ts";
import type { Part } from "./openapi-document.ts";
import { singular } from "./openapi-paths.ts";
import { namesIn, pathTo, recordsIn, sameType } from "./wsdl-shapes.ts";

/** Operations named by nothing but one of these. */
const VERBS = {
  list: ["query", "search", "list", "find", "readmultiple"],
  get: ["get", "retrieve", "read", "fetch"],
  create: ["create", "add", "insert", "upsert"],
  update: ["update", "modify", "upsert"],
  delete: ["delete", "remove"],
} as const;

export type Verb = keyof typeof VERBS;

/** A next page that is another operation: searchMoreWithId, queryMore, searchNext. */
const MORE = /^(?:query|search|list|find|read)(?:more|next)/i;

const SUCCESS = ["success", "isSuccess", "succeeded", "ok"];

export interface GenericInterface {
  readonly form: "derived" | "open" | "single";
  readonly record: ComplexShape;
  readonly operations: Partial<Readonly<Record<Verb, Operation>>>;
  readonly more: readonly Operation[];
  readonly schema: Schema;
}

/** Null: the port has no operations that are verbs alone, or no record is in what they take. */
export function genericInterface(port: Port, schema: Schema): GenericInterface | null {
  const called = (verb: Verb): readonly Operation[] =>
    VERBS[verb].flatMap((word) => port.operations.filter(({ name }) => name.toLowerCase() === word));
  const [written] = [...called("create"), ...called("update")].flatMap((operation) => recordsIn(operation.input));
  if (written === undefined) return null;
  const holds = (operation: Operation): boolean => pathTo(operation.output, (type) => sameType(type, written)) !== null;
  const list = called("list").find(holds);
  const get = called("get").find(holds);
  const [create] = called("create");
  const [update] = called("update");
  const [remove] = called("delete");
  const derived = written.name !== null && schema.derived(written.name).length > 0;
  return {
    form: derived ? "derived" : written.open === null ? "single" : "open",
    record: written,
    operations: {
      ...(list === undefined ? {} : { list }),
      ...(get === undefined ? {} : { get }),
      ...(create === undefined ? {} : { create }),
      ...(update === undefined ? {} : { update }),
      ...(remove === undefined ? {} : { delete: remove }),
    },
    more: port.operations.filter(({ name }) => MORE.test(name)),
    schema,
  };
}

export interface Kind {
  readonly key: string;
  /** As the service calls it; null: it is not known. */
  readonly name: string | null;
  readonly type: ComplexShape;
}

/** @param only Names of objects or types wanted; empty: all that the WSDL knows. */
export function kindsOf(found: GenericInterface, only: readonly string[]): readonly Kind[] {
  const { form, record, schema } = found;
  switch (form) {
    case "derived":
      return schema
        .derived(record.name ?? { namespace: "", local: "" })
        .flatMap((name): readonly Kind[] => {
          const type = schema.type(name);
          return type.kind === "complex" ? [{ key: singular(name.local), name: name.local, type }] : [];
        })
        .filter(({ key, name }) => only.length === 0 || only.includes(key) || only.includes(name ?? ""));
    case "open":
      if (only.length === 0) return [{ key: "record", name: null, type: record }];
      return only.map((name) => ({ key: singular(name), name, type: record }));
    case "single": {
      const name = record.name?.local ?? "record";
      const key = singular(name);
      return only.length === 0 || only.includes(key) || only.includes(name) ? [{ key, name, type: record }] : [];
    }
  }
}

/** Rules for good answers that say no: `success` and the like, wherever they stand; marked, for what they mean is not told. */
export function refusalsOf(found: GenericInterface): readonly Part[] {
  const all = Object.values(found.operations).flatMap((operation) => namesIn(operation.output, found.record));
  const paths = all.filter(({ name }) => named([name], SUCCESS) !== null).map(({ path }) => expressionOf(path));
  return [...new Set(paths)].map((path) => ({ when: { status: 200, body: `${path} = "false"` }, do: "reject" }));
}

function expressionOf(path: readonly string[]): string {
  // An expression goes into lists by itself.
  const steps = path.map((step) => step.replace(/\[0\]$/, ""));
  return steps.map((step) => (/^\w+$/.test(step) ? step : `\`${step}\``)).join(".");
}
