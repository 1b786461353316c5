// What the operations of a generic interface are asked with: the record as its type, the search of its kind, a reference to it, its
// kind by name. See wsdl-generic.ts.

import type { ComplexShape, ElementShape, TypeShape } from "../protocols/soap/shape.ts";
import type { Operation } from "../protocols/soap/wsdl.ts";
import type { XmlName } from "../xml/element.ts";
import { IDS, KINDS, named, plainName } from "./guess.ts";
import type { Part } from "./openapi-document.ts";
import type { DraftNote } from "./draft.ts";
import type { GenericInterface, Kind, Verb } from "./wsdl-generic.ts";
import { elementsOf, namesOfType, sameType } from "./wsdl-shapes.ts";

const STATEMENTS = ["queryString", "query", "statement", "q", "soql"];
const FIELD_LISTS = ["fieldList", "fields", "columns", "select"];

/** Where the kind of an open record is not known. */
export const PLACEHOLDER = "RECORD_TYPE";

export interface Writing {
  readonly found: GenericInterface;
  readonly kind: Kind;
  readonly id: string | null;
  readonly note: (path: DraftNote["path"], text: string) => void;
}

/** The elements of a request, each by what its name or its type tells. */
export function argsOf(operation: Operation, verb: Verb, writing: Writing): Part {
  const { found, kind, note } = writing;
  const args: Record<string, unknown> = {};
  const type = kind.name ?? PLACEHOLDER;
  for (const element of elementsOf(operation.input)) {
    const shape = element.type();
    const is = (names: readonly string[]): boolean => named([element.name], names) !== null;
    if (shape.kind === "complex" && sameType(shape, found.record)) args[element.name] = recordArg(verb, writing);
    else if (shape.kind === "complex") {
      const made = typedArg(element, shape, verb, writing);
      if (made !== null) args[element.name] = made;
      else if (element.required) {
        args[element.name] = null;
        note([verb, "args"], `what ${element.name} means; it has to be there`);
      }
    } else if (is(KINDS)) args[element.name] = type;
    else if (is(STATEMENTS)) {
      args[element.name] = `SELECT Id FROM ${type}`;
      note([verb, "args"], "the statement: which fields ({{ wanted }}), in which order, how many at once");
    } else if (is(FIELD_LISTS)) args[element.name] = '{{ $join(wanted, ", ") }}';
    else if (is(IDS)) args[element.name] = "{{ id }}";
    else if (element.nillable && element.required) args[element.name] = null;
    else if (element.required) {
      args[element.name] = "";
      note([verb, "args"], `what ${element.name} means`);
    }
  }
  return args;
}

/** What is written: the record as its type, or with its kind in an element. */
function recordArg(verb: Verb, { found, kind, id }: Writing): Part {
  const elements = kind.type.elements.map(({ name }) => name);
  const of = found.form === "open" ? named(elements, KINDS) : null;
  return {
    ...(found.form === "derived" ? { "@xsi:type": kind.name } : of === null ? {} : { [of]: kind.name ?? PLACEHOLDER }),
    ...(verb === "create" || id === null ? {} : { [id]: "{{ id }}" }),
    "...": verb === "create" ? "{{ record }}" : "{{ changed }}",
  };
}

/** An argument of an abstract type: the search of this kind, or a reference to a record of it. Null: it is left out. */
function typedArg(element: ElementShape, shape: ComplexShape, verb: Verb, { found, kind, note }: Writing): Part | null {
  const { schema } = found;
  const derived = shape.name === null ? [] : schema.derived(shape.name);
  if (verb === "list") {
    const search = derived.find(({ local }) => searches(local, kind)) ?? null;
    if (search !== null) return { "@xsi:type": search.local };
    if (derived.length > 0)
      note(["list", "args"], `which type of ${element.name} finds records of this kind: ${some(derived)}`);
    return derived.length === 0 && !element.required
      ? null
      : { "@xsi:type": derived[0]?.local ?? shape.name?.local ?? "" };
  }
  const [reference] = derived.map((name) => [name, schema.type(name)] as const).filter(([, type]) => hasId(type));
  const type = reference?.[1] ?? shape;
  if (type.kind !== "complex" || !hasId(type)) return null;
  const names = namesOfType(type);
  const id = named(names, IDS);
  const of = named(names, KINDS);
  return {
    ...(reference === undefined ? {} : { "@xsi:type": reference[0].local }),
    ...(of === null ? {} : { [of]: kind.key }),
    ...(id === null ? {} : { [id]: "{{ id }}" }),
  };
}

/** CustomerSearchBasic, CustomerSearch and the like, the plainest first. */
function searches(type: string, { name }: Kind): boolean {
  const plain = plainName(type);
  const of = plainName(name ?? "");
  return [`${of}searchbasic`, `${of}search`, `search${of}`, `${of}filter`, `${of}query`].includes(plain);
}

function some(names: readonly XmlName[]): string {
  const shown = names.slice(0, 8).map(({ local }) => local);
  return `${shown.join(", ")}${names.length > shown.length ? ", …" : ""}`;
}

function hasId(type: TypeShape): boolean {
  return named(namesOfType(type), IDS) !== null;
}
