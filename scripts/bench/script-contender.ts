// What somebody writes who knows both systems and wants it fast: pages and batches over undici, the state in one table, whole pages
// at a time. It maps by hand, keeps one hash a side, and leaves out everything that makes the engine safe: no proof that a listing
// was complete, no guard, no intent before a write, no look at what was written, no history, no conflicts.

import { createHash } from "node:crypto";
import pg from "pg";
import { Pool } from "undici";
import type { Contender, ContenderTask } from "./contest.ts";
import { BATCH, CONCURRENCY, PAGE } from "./pair-files.ts";

type Row = Readonly<Record<string, unknown>> & { readonly id: string };

interface LinkRow {
  readonly left_id: string;
  readonly right_id: string;
  readonly left_hash: string;
  readonly right_hash: string;
}

export async function script({ left, right, database }: ContenderTask): Promise<Contender> {
  const client = new pg.Pool({ connectionString: database, max: CONCURRENCY });
  await client.query(
    "create table if not exists link (left_id text primary key, right_id text not null unique, left_hash text not null, right_hash text not null)",
  );
  const leftPool = new Pool(left, { connections: CONCURRENCY });
  const rightPool = new Pool(right, { connections: CONCURRENCY });
  return {
    pass: () => pass(client, leftPool, rightPool),
    async close() {
      await client.end();
      await leftPool.close();
      await rightPool.close();
    },
  };
}

async function pass(client: pg.Pool, left: Pool, right: Pool): Promise<void> {
  const { rows } = await client.query<LinkRow>("select * from link");
  const byLeft = new Map(rows.map((row) => [row.left_id, row]));
  const byRight = new Map(rows.map((row) => [row.right_id, row]));
  const created: Row[] = [];
  const toRight: { readonly row: Row; readonly link: LinkRow }[] = [];
  const toLeft: { readonly row: Row; readonly link: LinkRow }[] = [];
  await Promise.all([
    eachPage(left, (page) => {
      for (const row of page) {
        const link = byLeft.get(row.id);
        if (link === undefined) created.push(row);
        else if (link.left_hash !== hash(leftPart(row))) toRight.push({ row, link });
      }
    }),
    eachPage(right, (page) => {
      for (const row of page) {
        const link = byRight.get(row.id);
        if (link !== undefined && link.right_hash !== hash(rightPart(row))) toLeft.push({ row, link });
      }
    }),
  ]);
  await inBatches(created, async (batch) => {
    const made = await post(right, "/create", { inputs: batch.map(toBilling) });
    await save(
      client,
      batch.map((row, index) => linkOf(row, made[index] as Row)),
    ); // the server answers in order
  });
  await inBatches(toRight, async (batch) => {
    const made = await post(right, "/update", {
      inputs: batch.map(({ row, link }) => ({ ...toBilling(row), id: link.right_id })),
    });
    await save(
      client,
      batch.map(({ row }, index) => linkOf(row, made[index] as Row)),
    );
  });
  await inBatches(toLeft, async (batch) => {
    const made = await post(left, "/update", {
      inputs: batch.map(({ row, link }) => ({ ...toCrm(row), id: link.left_id })),
    });
    await save(
      client,
      batch.map(({ row }, index) => linkOf(made[index] as Row, row)),
    );
  });
}

async function eachPage(pool: Pool, work: (rows: readonly Row[]) => void): Promise<void> {
  for (let page = 1; ; page += 1) {
    const { body } = await pool.request({ method: "GET", path: `/list?page=${String(page)}&size=${String(PAGE)}` });
    const { items } = (await body.json()) as { readonly items: readonly Row[] };
    work(items);
    if (items.length < PAGE) return;
  }
}

async function inBatches<T>(all: readonly T[], work: (batch: readonly T[]) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < all.length) {
      const batch = all.slice(next, next + BATCH);
      next += BATCH;
      await work(batch);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function post(pool: Pool, path: string, payload: object): Promise<readonly Row[]> {
  const { body } = await pool.request({
    method: "POST",
    path,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(payload),
  });
  return ((await body.json()) as { readonly results: readonly Row[] }).results;
}

async function save(client: pg.Pool, links: readonly LinkRow[]): Promise<void> {
  await client.query(
    "insert into link select * from json_populate_recordset(null::link, $1) on conflict (left_id) do update set left_hash = excluded.left_hash, right_hash = excluded.right_hash",
    [JSON.stringify(links)],
  );
}

function linkOf(left: Row, right: Row): LinkRow {
  return { left_id: left.id, right_id: right.id, left_hash: hash(leftPart(left)), right_hash: hash(rightPart(right)) };
}

function hash(part: unknown): string {
  return createHash("sha256").update(JSON.stringify(part)).digest("hex").slice(0, 16);
}

function leftPart(row: Row): unknown {
  return [
    row["email"],
    row["firstname"],
    row["lastname"],
    row["phone"],
    row["street"],
    row["city"],
    row["zip"],
    row["country"],
    row["stage"],
    row["revenue"],
    row["vip"],
    row["note"],
    row["tags"],
  ];
}

function rightPart(row: Row): unknown {
  return [
    row["email"],
    row["name"],
    row["phone"],
    row["address"],
    row["segment"],
    row["turnover"],
    row["vip"],
    row["note"],
    row["tags"],
  ];
}

function toBilling(row: Row): Readonly<Record<string, unknown>> {
  return {
    email: String(row["email"]).toLowerCase(),
    name: `${String(row["firstname"])} ${String(row["lastname"])}`,
    phone: row["phone"],
    address: { line1: row["street"], city: row["city"], postcode: row["zip"], country: row["country"] },
    segment: row["stage"] === "lead" ? "PROSPECT" : "ACTIVE",
    turnover: row["revenue"],
    vip: row["vip"],
    note: row["note"],
    tags: row["tags"],
  };
}

function toCrm(row: Row): Readonly<Record<string, unknown>> {
  const [first = "", ...rest] = String(row["name"]).split(" ");
  const address = row["address"] as Readonly<Record<string, unknown>>; // as toBilling wrote it
  return {
    email: row["email"],
    firstname: first,
    lastname: rest.join(" "),
    phone: row["phone"],
    street: address["line1"],
    city: address["city"],
    zip: address["postcode"],
    country: address["country"],
    stage: row["segment"] === "PROSPECT" ? "lead" : "customer",
    revenue: row["turnover"],
    vip: row["vip"],
    note: row["note"],
    tags: row["tags"],
  };
}
