// The metadata of an OData service (EDMX) becomes a draft: every entity set is an object.

import { attribute, childElements, type XmlElement } from "../xml/element.ts";
import { ImportError, type Draft, type DraftNote } from "./draft.ts";
import { DELETED, MODIFIED, named, NATURAL_KEYS } from "./guess.ts";
import type { Part } from "./openapi-document.ts";
import { singular } from "./openapi-paths.ts";
import { parseXml } from "../xml/parse.ts";

const TYPES: Readonly<Record<string, string>> = {
  "Edm.Decimal": "decimal",
  "Edm.Double": "decimal",
  "Edm.Single": "decimal",
  "Edm.Int64": "integer",
  "Edm.Date": "date",
  "Edm.DateTimeOffset": "datetime",
  "Edm.DateTime": "datetime",
};

/** @param only Names of the objects wanted; empty: all. @throws ImportError when the text is no EDMX. */
export function importEdmx(text: string, name: string, only: readonly string[]): Draft {
  const parsed = parseXml(new TextEncoder().encode(text));
  if (!parsed.ok) throw new ImportError(`the metadata is not XML: ${parsed.message}`);
  const schemas = below(parsed.root, "Schema");
  const types = new Map<string, XmlElement>();
  for (const schema of schemas) {
    for (const type of below(schema, "EntityType")) {
      for (const space of [attribute(schema, "Namespace"), attribute(schema, "Alias")])
        if (space !== null) types.set(`${space}.${attribute(type, "Name") ?? ""}`, type);
    }
  }
  const objects: Record<string, Part> = {};
  const notes: DraftNote[] = [];
  const known: string[] = [];
  for (const set of schemas.flatMap((schema) => below(schema, "EntitySet"))) {
    const called = attribute(set, "Name");
    const type = types.get(attribute(set, "EntityType") ?? "");
    if (called === null || type === undefined) continue;
    const key = singular(called);
    known.push(key);
    if (only.length > 0 && !only.includes(key)) continue;
    const drafted = draftObject(called, type, types);
    objects[key] = drafted.object;
    notes.push(...drafted.notes.map((note) => ({ path: ["objects", key, ...note.path], text: note.text })));
  }
  if (Object.keys(objects).length === 0)
    throw new ImportError(
      known.length === 0
        ? "this is not the metadata of an OData service: it has no entity set"
        : `none of these objects is there; there are ${known.join(", ")}`,
    );
  const file = {
    connector: name,
    version: "0.1.0",
    title: name,
    proven: "unproven",
    protocol: "odata",
    settings: { base_url: { required: true, description: "Address of the service, without $metadata" } },
    secrets: { user: { required: true }, password: { required: true } },
    base_url: "{{ settings.base_url }}",
    headers: { "User-Agent": "syncline/{{ syncline.version }}" },
    auth: { scheme: "basic", username: "user", password: "password" },
    objects,
  };
  notes.push({ path: ["auth"], text: "metadata does not tell how requests are authenticated" });
  return { file, notes };
}

function draftObject(
  set: string,
  type: XmlElement,
  types: ReadonlyMap<string, XmlElement>,
): { readonly object: Part; readonly notes: readonly DraftNote[] } {
  const line = lineOf(type, types);
  const keys = line.flatMap((each) => below(each, "PropertyRef")).flatMap((each) => attribute(each, "Name") ?? []);
  const properties = line.flatMap((each) => childElements(each).filter((child) => child.local === "Property"));
  const names = properties.flatMap((each) => attribute(each, "Name") ?? []);
  const modified = named(names, [
    ...MODIFIED,
    "systemmodifiedat",
    "lastmodifieddatetime",
    "updatedate",
    "lastchangedatetime",
  ]);
  const natural = named(
    names.filter((name) => !keys.includes(name)),
    NATURAL_KEYS,
  );
  const deleted = named(names, DELETED);
  const fields: Record<string, Part> = {};
  for (const property of properties) {
    const name = attribute(property, "Name");
    const wire = TYPES[attribute(property, "Type") ?? ""];
    if (name !== null && wire !== undefined) fields[name] = { type: wire };
  }
  const notes: DraftNote[] = [];
  if (keys.length !== 1)
    notes.push({
      path: ["id"],
      text:
        keys.length === 0
          ? "the metadata names no key"
          : `the key is ${keys.join(" and ")} together; an id is one field`,
    });
  notes.push({
    path: ["entity_set"],
    text: "does the service answer with @odata.etag, with delta links, and which properties may be written?",
  });
  const object = {
    entity_set: set,
    id: keys[0] ?? "id",
    ...(modified === null ? {} : { modified }),
    ...(deleted === null ? {} : { deleted }),
    ...(natural === null ? {} : { natural_keys: [natural] }),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
  };
  return { object, notes };
}

/** A type and those it is based on, first of all the oldest. */
function lineOf(type: XmlElement, types: ReadonlyMap<string, XmlElement>): readonly XmlElement[] {
  const line: XmlElement[] = [];
  for (let next: XmlElement | undefined = type; next !== undefined && !line.includes(next);) {
    line.unshift(next);
    next = types.get(attribute(next, "BaseType") ?? "");
  }
  return line;
}

/** All elements of this name, however deep. */
function below(element: XmlElement, local: string): readonly XmlElement[] {
  return childElements(element).flatMap((child) => (child.local === local ? [child] : below(child, local)));
}
