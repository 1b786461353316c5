// OpenAPI 3 becomes a draft: every collection that can be read or written is an object.

import type { Draft, DraftNote } from "./draft.ts";
import { ImportError } from "./draft.ts";
import { draftAuth } from "./openapi-auth.ts";
import { isPart, listOf, readOpenApi, textOf, type OpenApi, type Part } from "./openapi-document.ts";
import { draftObject } from "./openapi-object.ts";
import { collectionsOf, statusesOf } from "./openapi-paths.ts";

/**
 * @param name Of the connector.
 * @param only Names of the objects wanted; empty: all.
 * @throws ImportError when the text is no OpenAPI 3 description, or has no such objects.
 */
export function importOpenApi(text: string, name: string, only: readonly string[]): Draft {
  const api = readOpenApi(text);
  const collections = collectionsOf(api).filter((each) => only.length === 0 || only.includes(each.name));
  const objects: Record<string, Part> = {};
  const notes: DraftNote[] = [];
  for (const collection of collections) {
    const drafted = draftObject(api, collection);
    if (drafted === null) continue;
    const key =
      objects[collection.name] === undefined
        ? collection.name
        : `${collection.name}_${String(Object.keys(objects).length)}`;
    objects[key] = drafted.object;
    notes.push(...drafted.notes.map((note) => ({ path: ["objects", key, ...note.path], text: note.text })));
  }
  if (Object.keys(objects).length === 0) {
    const known = collectionsOf(api).map((each) => each.name);
    throw new ImportError(
      known.length === 0
        ? "the description has no path that lists or takes records"
        : `none of these objects is there; there are ${known.join(", ")}`,
    );
  }
  const { auth, secrets, note } = draftAuth(api);
  if (note !== null) notes.push({ path: ["auth"], text: note });
  notes.push({
    path: ["errors"],
    text: "what the API says in the body of a refusal, and with which status it answers a taken key",
  });
  const info = api.part(api.root["info"]);
  const file = {
    connector: name,
    version: "0.1.0",
    title: textOf(info["title"]) ?? name,
    api: { version: textOf(info["version"]) ?? "1" },
    proven: "unproven",
    protocol: "rest",
    settings: { base_url: { default: baseUrl(api, notes) } },
    ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
    base_url: "{{ settings.base_url }}",
    headers: { "User-Agent": "syncline/{{ syncline.version }}" },
    auth,
    errors: draftErrors(statusesOf(collections.flatMap((each) => [...each.collection, ...each.single]))),
    objects,
  };
  return {
    file,
    notes: [...notes, { path: ["headers"], text: "add limits: the description tells no rate, the vendor's page does" }],
  };
}

function baseUrl(api: OpenApi, notes: DraftNote[]): string {
  const server = api.part(listOf(api.root["servers"])[0]);
  const variables = isPart(server["variables"]) ? server["variables"] : {};
  const url = (textOf(server["url"]) ?? "").replaceAll(/\{([^{}]+)\}/g, (whole, name: string) => {
    const fallback = textOf(api.part(variables[name])["default"]);
    return fallback ?? whole;
  });
  if (/^https?:\/\/[^{}]+$/.test(url)) return url.replace(/\/$/, "");
  notes.push({ path: ["settings"], text: "the description tells no whole address of the API" });
  return "https://api.example.com";
}

function draftErrors(statuses: ReadonlySet<number>): readonly Part[] {
  const rows: Part[] = [
    { when: { status: 401 }, do: "refresh-auth" },
    { when: { status: 404, op: ["get", "update", "delete"] }, do: "gone" },
  ];
  if (statuses.has(409)) rows.push({ when: { status: 409 }, do: "duplicate" });
  if (statuses.has(412)) rows.push({ when: { status: 412 }, do: "stale" });
  rows.push({ when: { status: 429 }, do: "wait" });
  rows.push({ when: { status: [500, 502, 503, 504] }, do: "retry" });
  rows.push({ when: { status: [400, 422] }, do: "reject" });
  return rows;
}
