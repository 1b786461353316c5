// An OpenAPI 3 description, read with its references followed. Descriptions come from outside: what has another shape than
// expected is passed over.

import { parse } from "yaml";
import { ImportError } from "./draft.ts";

/** A part of the description, of whatever shape. */
export type Part = Readonly<Record<string, unknown>>;

export interface OpenApi {
  readonly root: Part;
  /** The part itself, or what its `$ref` names; empty for anything else. */
  part(value: unknown): Part;
  /** A schema with what its `allOf` parts say put together. */
  schema(value: unknown): Part;
}

/** References of references, and parts of parts. */
const DEPTH_MAX = 12;

export function readOpenApi(text: string): OpenApi {
  const root = readText(text);
  if (!isPart(root) || typeof root["openapi"] !== "string") {
    const found =
      isPart(root) && "swagger" in root ? "a Swagger 2 description; convert it to OpenAPI 3 first" : "no key `openapi`";
    throw new ImportError(`this is not an OpenAPI 3 description: ${found}`);
  }
  const part = (value: unknown, depth = 0): Part => {
    if (!isPart(value) || depth > DEPTH_MAX) return {};
    const reference = value["$ref"];
    return typeof reference === "string" ? part(pointed(root, reference), depth + 1) : value;
  };
  const schema = (value: unknown, depth = 0): Part => {
    const found = part(value);
    const all = found["allOf"];
    if (!Array.isArray(all) || depth > DEPTH_MAX) return found;
    const parts = all.map((each: unknown) => schema(each, depth + 1));
    const properties = Object.assign({}, ...parts.map((each) => each["properties"]), found["properties"]) as Part; // of parts only
    return { ...Object.assign({}, ...parts), ...found, properties } as Part; // of parts only
  };
  return { root, part, schema };
}

export function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function readText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return parse(text, { maxAliasCount: 100, logLevel: "error" });
    } catch (error) {
      throw new ImportError(
        `the description is neither JSON nor YAML: ${error instanceof Error ? error.message.split("\n")[0] : ""}`,
      );
    }
  }
}

/** A reference within the document; others are not followed. */
function pointed(root: Part, reference: string): unknown {
  if (!reference.startsWith("#/")) return {};
  let found: unknown = root;
  for (const step of reference.slice(2).split("/")) {
    const name = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    found = isPart(found) ? found[name] : undefined;
  }
  return found;
}
