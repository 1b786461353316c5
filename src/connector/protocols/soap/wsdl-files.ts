// The WSDL and what it imports, from disk alone and from the connector's folder alone. An import of a host is never
// followed: it would let a file that someone mailed us choose where we connect.

import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import { attribute, childElements, type XmlElement } from "../../xml/element.ts";
import { parseXml } from "../../xml/parse.ts";
import { XSD } from "./schema.ts";

export const WSDL = "http://schemas.xmlsoap.org/wsdl/";

/** Never needed: what they define is known here. Many generated files name their address all the same. */
const KNOWN = new Set([XSD, "http://www.w3.org/XML/1998/namespace", "http://schemas.xmlsoap.org/soap/encoding/"]);

/** Largest file read; vendors' WSDLs have 1 to 5 MB. */
const BYTES_MAX = 32 * 1024 * 1024;

export interface WsdlFiles {
  readonly definitions: readonly XmlElement[];
  /** `namespace`: the one a schema without its own gets from the schema that includes it. */
  readonly schemas: readonly { readonly schema: XmlElement; readonly namespace: string | null }[];
}

interface Place {
  /** Folder of the connector file. */
  readonly folder: string;
  /** The `wsdl:` key. */
  readonly path: KeyPath;
}

interface Reading {
  readonly place: Place;
  readonly definitions: XmlElement[];
  readonly schemas: { schema: XmlElement; namespace: string | null }[];
  readonly problems: Problem[];
  readonly seen: Set<string>;
}

export function readWsdlFiles(
  file: string,
  place: Place,
): { readonly files: WsdlFiles; readonly problems: readonly Problem[] } {
  const reading: Reading = { place, definitions: [], schemas: [], problems: [], seen: new Set() };
  readOne(reading, { location: file, from: place.folder, namespace: null });
  return { files: reading, problems: reading.problems };
}

function readOne(reading: Reading, wanted: { location: string; from: string; namespace: string | null }): void {
  const { place, problems } = reading;
  const { location } = wanted;
  if (isRemote(location)) {
    problems.push(
      problem("E_WSDL_IMPORT", place.path, `"${location}" is not on disk; WSDL and schema files are never fetched`, {
        found: location,
        expected: "a file beside the WSDL",
        hint: "download it beside the WSDL and write its relative path there",
      }),
    );
    return;
  }
  const file = resolve(wanted.from, location);
  const inside = insideFolder(place.folder, file);
  if (inside === "missing") {
    problems.push(
      problem("E_WSDL_MISSING", place.path, `there is no file "${shown(place, file)}"`, {
        found: location,
        expected: "a WSDL or schema file, relative to the file that names it",
      }),
    );
    return;
  }
  if (inside === "outside") {
    problems.push(
      problem("E_WSDL_IMPORT", place.path, `"${location}" lies outside of the connector's folder`, {
        found: location,
        hint: "copy it into the folder of the connector file",
      }),
    );
    return;
  }
  const seenAs = `${file} ${wanted.namespace ?? ""}`;
  if (reading.seen.has(seenAs)) return;
  reading.seen.add(seenAs);
  const parsed = parseXml(readFileSync(file), { bytesMax: BYTES_MAX });
  if (!parsed.ok) {
    problems.push(problem(parsed.code, place.path, `${shown(place, file)}: ${parsed.message}`, { found: location }));
    return;
  }
  takeRoot(reading, parsed.root, { file, namespace: wanted.namespace });
}

function takeRoot(reading: Reading, root: XmlElement, from: { file: string; namespace: string | null }): void {
  if (root.namespace === XSD && root.local === "schema") {
    takeSchema(reading, root, from);
    return;
  }
  if (root.namespace !== WSDL || root.local !== "definitions") {
    const found = root.namespace === "http://www.w3.org/ns/wsdl" ? "WSDL 2.0" : `<${root.local}>`;
    reading.problems.push(
      problem("E_WSDL", reading.place.path, `${shown(reading.place, from.file)} is not a WSDL 1.1 file`, {
        found,
        expected: "<definitions> or <schema>",
      }),
    );
    return;
  }
  reading.definitions.push(root);
  for (const child of childElements(root)) {
    if (child.namespace !== WSDL) continue;
    if (child.local === "import") follow(reading, child, "location", from.file, null);
    if (child.local !== "types") continue;
    for (const schema of childElements(child)) {
      if (schema.namespace === XSD && schema.local === "schema")
        takeSchema(reading, schema, { file: from.file, namespace: null });
    }
  }
}

function takeSchema(reading: Reading, schema: XmlElement, from: { file: string; namespace: string | null }): void {
  reading.schemas.push({ schema, namespace: from.namespace });
  const own = attribute(schema, "targetNamespace") ?? from.namespace;
  for (const child of childElements(schema)) {
    if (child.namespace !== XSD) continue;
    if (child.local === "import") follow(reading, child, "schemaLocation", from.file, null);
    if (child.local === "include" || child.local === "redefine")
      follow(reading, child, "schemaLocation", from.file, own);
  }
}

function follow(reading: Reading, child: XmlElement, key: string, file: string, namespace: string | null): void {
  const location = attribute(child, key);
  if (location === null || KNOWN.has(attribute(child, "namespace") ?? "")) return;
  readOne(reading, { location, from: dirname(file), namespace });
}

/** Any scheme at all (`http:`, `file:`, `jar:`), and addresses without one; a drive letter is not a scheme. */
function isRemote(location: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]+:/.test(location) || location.startsWith("//");
}

/** Symbolic links are followed first: one could lead out of the folder. */
function insideFolder(folder: string, file: string): "inside" | "outside" | "missing" {
  const within = (from: string, to: string): boolean => {
    const path = relative(from, to);
    return path !== ".." && !path.startsWith(`..${sep}`) && resolve(from, path) === to;
  };
  if (!within(resolve(folder), file)) return "outside";
  try {
    if (!statSync(file).isFile()) return "missing";
    return within(realpathSync(folder), realpathSync(file)) ? "inside" : "outside";
  } catch {
    return "missing";
  }
}

function shown(place: Place, file: string): string {
  return relative(place.folder, file);
}
