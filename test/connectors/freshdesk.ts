// A small Freshdesk, as its public documentation describes it: contacts that are deleted softly, pages by the Link header, unique
// e-mails. `spoil` breaks one habit, so that the acceptance suite has something to find.

import type { Answering, Asked, Remote } from "../connector/remote.ts";

export type Spoil =
  | "none"
  | "gone-is-200"
  | "find-ignores-the-key"
  | "pages-repeat"
  | "since-is-strict"
  | "update-loses-fields"
  | "delete-does-nothing"
  | "get-is-another";

interface Row {
  readonly id: number;
  readonly updated_at: string;
  readonly deleted?: boolean;
  readonly [field: string]: unknown;
}

const PAGE = 2;

export function serveFreshdesk(remote: Remote, spoil: Spoil = "none"): void {
  let last = 100;
  let second = 0;
  const time = (): string => new Date(Date.UTC(2026, 2, 1) + (second += 1) * 1000).toISOString().replace(".000", "");
  const tables: Readonly<Record<string, Map<number, Row>>> = { contacts: new Map(), companies: new Map() };
  const add = (table: string, fields: object): Row => {
    const row: Row = { ...fields, id: (last += 1), created_at: time(), updated_at: time() };
    tables[table]?.set(row.id, row);
    return row;
  };
  for (const name of ["Ada", "Bob", "Cleo", "Dora", "Eve"]) {
    add("contacts", { name, email: `${name.toLowerCase()}@example.com` });
    add("companies", { name: `${name} Ltd` });
  }

  const list = ({ path, query }: Asked, rows: readonly Row[]): Answering => {
    const since = query.get("_updated_since");
    const found = rows
      .filter((row) => row.deleted !== true)
      .filter(
        (row) => since === null || row.updated_at > since || (row.updated_at === since && spoil !== "since-is-strict"),
      )
      .filter((row) => [null, row["email"]].includes(query.get("email")) || spoil === "find-ignores-the-key");
    const page = Number(query.get("page") ?? 1);
    const from = spoil === "pages-repeat" && page > 1 ? 0 : (page - 1) * PAGE;
    query.set("page", String(page + 1));
    const more = page * PAGE < found.length;
    return {
      headers: more ? { link: `<${remote.origin}${path}?${query.toString()}>; rel="next"` } : {},
      body: found.slice(from, from + PAGE),
    };
  };

  remote.handle((asked) => {
    const [, , , table = "", id] = asked.path.split("/");
    const rows = tables[table];
    if (rows === undefined) return { status: 404 };
    if (Buffer.from((asked.headers.authorization ?? "").slice(6), "base64").toString() !== "key:")
      return { status: 401 };
    const sent = asked.body === "" ? {} : (JSON.parse(asked.body) as Readonly<Record<string, unknown>>);
    if (id === undefined) {
      if (asked.method === "GET") return list(asked, [...rows.values()]);
      const taken = [...rows.values()].some((row) => sent["email"] !== undefined && row["email"] === sent["email"]);
      if (taken) return { status: 409, body: { errors: [{ field: "email", code: "duplicate_value" }] } };
      return { status: 201, body: add(table, sent) };
    }
    const row = rows.get(Number(id));
    if (row === undefined) return spoil === "gone-is-200" ? { body: { ...[...rows.values()][0] } } : { status: 404 };
    if (asked.method === "GET") return { body: spoil === "get-is-another" ? { ...row, name: "Zoe" } : row };
    if (row.deleted === true) return { status: 405 };
    if (asked.method === "DELETE") {
      if (spoil === "delete-does-nothing") return { status: 204 };
      if (table === "companies") rows.delete(row.id);
      else rows.set(row.id, { ...row, deleted: true, updated_at: time() });
      return { status: 204 };
    }
    const kept = spoil === "update-loses-fields" ? { id: row.id } : { ...row, ...sent };
    const next: Row = { ...kept, id: row.id, updated_at: time() };
    rows.set(row.id, next);
    return { body: next };
  });
}
