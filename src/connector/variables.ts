// The names request expressions see, and how records get back into wire shape where they are put.
//
// `record`, `changed` and `items` have two forms. Inside an expression they show the decoded names. Standing alone they are
// the wire form, and go where they are put: at a place that the wire form itself has (fields at properties.email, put at
// `properties:`), what is below that place is put there, so that nothing is doubled.

import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import { pathText, valueAt, type Path } from "../core/path.ts";
import type { Variables } from "./protocol.ts";

/** Names of request expressions. Secrets are not among them: only auth and webhooks see those. */
export const REQUEST_NAMES = [
  "settings",
  "id",
  "version",
  "record",
  "changed",
  "key",
  "cursor",
  "page",
  "wanted",
  "op",
  "item",
  "items",
  "syncline",
] as const;

/** Names of what is set once for an account: base_url, headers, token_url. */
export const ACCOUNT_NAMES = ["settings", "syncline"] as const;

/** Beside `items`: id and version of each, for protocols whose batches are requests of their own. No expression can name it. */
export const EACH_OF_BATCH = "items@each";

const TWO_FORMED = new Set(["record", "changed", "item", "items"]);

/** Under this name the wire form of a two-formed variable is kept beside the other; `@` cannot stand in an expression. */
export function wireName(name: string): string {
  return `${name}@wire`;
}

/** The value of a variable that stands alone at this place of a request. */
export function standingAlone(variables: Variables, name: string, position: readonly string[]): Value | undefined {
  if (name === "wanted") return wantedAt(variables.wanted, position);
  if (!TWO_FORMED.has(name)) return variables[name];
  const wire = variables[wireName(name)] ?? variables[name];
  if (isList(wire)) return wire.map((entry) => (isFields(entry) ? placed(entry, position, entry) : entry));
  if (!isFields(wire)) return wire;
  const changed = variables[wireName("changed")];
  return placed(wire, position, isFields(changed) ? changed : wire);
}

/** The part of `wire` that belongs at this place, with those of `beside` that lie outside of it; else `wire` itself. */
function placed(wire: Fields, position: readonly string[], beside: Fields): Fields {
  for (let start = 0; start < position.length; start += 1) {
    const [first = "", ...rest] = position.slice(start);
    const inner = valueAt(wire, [first, ...rest]);
    if (isFields(inner)) {
      const { [first]: _, ...others } = beside;
      return { ...others, ...inner };
    }
  }
  return wire;
}

/** The fields asked for, by wire path; at a place that the paths themselves begin with, by the rest of the path. */
export function wantedAt(wanted: Value | undefined, position: readonly string[]): Value | undefined {
  if (!isList(wanted)) return wanted;
  const paths = wanted.filter(isList) as Path[];
  for (let start = 0; start < position.length; start += 1) {
    const place = position.slice(start);
    const below = paths.filter(
      (path) => path.length > place.length && place.every((step, index) => path[index] === step),
    );
    if (below.length > 0) return below.map((path) => pathText(path.slice(place.length)));
  }
  return paths.length === 0 ? undefined : paths.map(pathText);
}
