// The state database fails, and the real engine goes on with the real one afterwards: a power cut of Postgres, a connection lost
// in a commit, a full disk, an older copy in its place. Promises 14 and 15: no effect without a durable intent, every record once,
// nothing deleted or overwritten by what was forgotten.

import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { openPair, plainConnector, type TestPair } from "./pair.ts";
import type { PlainServer } from "./plain-server.ts";
import { startOwnPostgres, type OwnPostgres } from "./own-postgres.ts";
import { shown } from "./things.ts";

let postgres: OwnPostgres;
let open: TestPair | null = null;

beforeAll(async () => {
  postgres = await startOwnPostgres();
}, 300_000);

afterAll(() => postgres.stop());

afterEach(async () => {
  await postgres.running();
  await open?.close();
  open = null;
});

const MAPPING = `
pair: ab
state: active
sides: { a: left-system, b: right-system }
guards: off
entities:
  thing:
    a: { object: thing }
    b: { object: thing }
    match: [[email]]
    when_gone: { a: delete, b: delete }
    allow: { a: [create, update, delete], b: [create, update, delete] }
    fields: { email: { as: email }, name: {} }
`;

const CONNECTOR = plainConnector("plain", ["thing"], { find: "email" });

async function openOn(
  databaseUrl: string,
  servers?: { readonly left: PlainServer; readonly right: PlainServer },
): Promise<TestPair> {
  open = await openPair(
    { databaseUrl, mapping: MAPPING, leftConnector: CONNECTOR, rightConnector: CONNECTOR },
    servers,
  );
  return open;
}

/** Work of every kind: three to create, one to update, one to delete. */
async function withWork(pair: TestPair): Promise<void> {
  pair.left.put("thing", { id: "k1", email: "one@example.com", name: "One" });
  pair.left.put("thing", { id: "k2", email: "two@example.com", name: "Two" });
  await pair.run();
  await pair.run();
  pair.left.edit("thing", "k1", { name: "Edited" });
  pair.left.table("thing").delete("k2");
  for (let index = 3; index <= 5; index += 1)
    pair.left.put("thing", { id: `k${String(index)}`, email: `n${String(index)}@example.com`, name: "New" });
  pair.right.calls.length = 0;
}

/** What held the lease is gone; nobody waits for it to run out. */
async function leaseRunsOut(url: string): Promise<void> {
  await postgres.query(url, "update syncline.leases set until = clock_timestamp() - interval '1 second'");
}

async function expectWhole(pair: TestPair): Promise<void> {
  for (let run = 0; run < 2; run += 1) expect(await pair.run()).toMatchObject({ outcome: "ok" });
  const writes = pair.right.writes();
  expect(shown(pair.right)).toEqual(shown(pair.left));
  expect(pair.right.table("thing").size).toBe(4);
  expect(writes.filter((call) => call.method === "POST")).toHaveLength(3);
  expect(await pair.runtime.ledger.cases({ pair: "ab", limit: 9 })).toEqual([]);
  expect((await pair.runtime.ledger.figures("ab")).openIntents).toBe(0);
  await pair.run();
  expect(pair.right.writes()).toHaveLength(writes.length);
}

describe("Postgres that dies and comes back", () => {
  test.each([
    { at: "the first create", method: "POST", nth: 1 },
    { at: "the last create", method: "POST", nth: 3 },
    { at: "the update", method: "PATCH", nth: 1 },
    { at: "the delete", method: "DELETE", nth: 1 },
    { at: "the listing", method: "GET", nth: 1 },
  ])(
    "at $at: the run ends, and the next ones finish the work, each write once",
    async ({ method, nth }) => {
      const url = await postgres.database();
      const pair = await openOn(url);
      await withWork(pair);
      let seen = 0;
      pair.right.meanwhile = (called, path) => {
        if (called !== method || path.endsWith("search")) return;
        seen += 1;
        if (seen === nth) postgres.crash();
      };

      await expect(pair.run()).rejects.toThrow(/state database/);

      pair.right.meanwhile = null;
      await postgres.running();
      await leaseRunsOut(url);
      await expectWhole(pair);
    },
    300_000,
  );
});

describe("a connection that is lost", () => {
  test("as intents are stored or at any commit of a run, carried out or not, costs no record and doubles none", async () => {
    const counting = await postgres.wire(await postgres.database());
    const first = await openOn(counting.url);
    await withWork(first);
    const before = counting.commits();
    await first.run();
    const commits = counting.commits() - before;
    await first.close();
    expect(commits).toBeGreaterThan(4);

    for (const when of ["before", "after"] as const) {
      for (let nth = 1; nth <= commits; nth += 1) {
        const url = await postgres.database();
        const wire = await postgres.wire(url);
        const pair = await openOn(wire.url);
        await withWork(pair);
        wire.cutAt(nth, when);

        await pair.run().catch((error: unknown) => expect(String(error)).toMatch(/state database/));

        await leaseRunsOut(url);
        await expectWhole(pair);
        await pair.close();
        open = null;
        await wire.close();
      }
    }
  }, 300_000);
});

/** A file system of a few megabytes; null: this machine does not let us make one. */
function smallDisk(uid: number, gid: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), "syncline-small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m,mode=0711", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return null;
  }
  const inner = join(folder, "space");
  mkdirSync(inner, { mode: 0o700 });
  chownSync(inner, uid, gid);
  return inner;
}

describe("a disk that is full", () => {
  /** Puts these tables on a disk of their own and fills it; where no disk can be made, a trigger says what Postgres would. */
  async function fill(url: string, table: "intents" | "effects"): Promise<() => Promise<void>> {
    const { uid, gid } = await postgres.place();
    const disk = smallDisk(uid, gid);
    if (disk === null) {
      await postgres.query(
        url,
        `create function full_disk() returns trigger language plpgsql as $$ begin raise exception 'no space' using errcode = '53100'; end $$;
         create trigger full_disk before insert on syncline.${table} for each statement execute function full_disk()`,
      );
      return async () => void (await postgres.query(url, `drop trigger full_disk on syncline.${table}`));
    }
    const name = `small_${table}`;
    await postgres.query(url, `create tablespace ${name} location '${disk}'`);
    await postgres.query(url, `alter table syncline.${table} set tablespace ${name}`);
    await postgres.query(url, `create table filler (a text) tablespace ${name}`);
    for (const size of [200_000, 8_000, 10])
      await expect(
        postgres.query(
          url,
          `do $$ begin loop insert into filler select repeat('x', 1000) from generate_series(1, ${String(Math.ceil(size / 1000))}); commit; end loop; end $$`,
        ),
      ).rejects.toMatchObject({ code: "53100" });
    return async () => {
      await postgres.query(url, "drop table filler");
      await postgres.query(url, `alter table syncline.${table} set tablespace pg_default`);
      await postgres.query(url, `drop tablespace ${name}`);
      execFileSync("umount", [join(disk, "..")]);
    };
  }

  test("when the intents are to be stored: nothing is sent; with space again the work is done", async () => {
    const url = await postgres.database();
    const pair = await openOn(url);
    await withWork(pair);
    await postgres.query(url, "truncate syncline.intents");
    const free = await fill(url, "intents");
    try {
      await expect(pair.run()).rejects.toThrow("the disk of the state database is full");
      await expect(pair.run()).rejects.toThrow("the disk of the state database is full");

      expect(pair.right.writes()).toEqual([]);
    } finally {
      await free();
    }
    await expectWhole(pair);
  }, 300_000);

  test("when the outcomes are to be stored: the intents tell what was sent, and nothing is sent twice", async () => {
    const url = await postgres.database();
    const pair = await openOn(url);
    await withWork(pair);
    await postgres.query(url, "truncate syncline.effects");
    const free = await fill(url, "effects");
    try {
      await expect(pair.run()).rejects.toThrow("the disk of the state database is full");
      const sent = pair.right.writes().length;
      expect(sent).toBeGreaterThan(0);
      await expect(pair.run()).rejects.toThrow("the disk of the state database is full");
      expect(pair.right.writes()).toHaveLength(sent);
    } finally {
      await free();
    }
    await expectWhole(pair);
  }, 300_000);
});

describe("an older copy of the state", () => {
  test("knows less and does no harm: equal records settle, edits of both sides are asked about, nobody is deleted or doubled", async () => {
    const url = await postgres.database();
    const pair = await openOn(url);
    const { left, right } = pair;
    for (const name of ["settled", "edited", "apart", "dying", "revived"])
      left.put("thing", { id: name, email: `${name}@example.com`, name: "Old" });
    await pair.run();
    await pair.run();
    await pair.runtime.close();
    const older = await postgres.copy(url);

    const later = await openOn(url, { left, right });
    left.edit("thing", "settled", { name: "Known to both" });
    left.put("thing", { id: "since", email: "since@example.com", name: "Made since" });
    left.table("thing").delete("dying");
    await later.run();
    await later.run();
    await later.runtime.close();
    open = null;
    const idOf = (email: string): string =>
      [...right.table("thing").values()].find((row) => row["email"] === `${email}@example.com`)?.id ?? "";
    left.edit("thing", "edited", { name: "Edited" });
    left.edit("thing", "apart", { name: "Left" });
    right.edit("thing", idOf("apart"), { name: "Right" });
    right.calls.length = 0;
    left.calls.length = 0;

    const again = await openOn(older, { left, right });
    await again.run();
    await again.run();

    expect([...left.writes(), ...right.writes()].map(({ method }) => method)).toEqual(["PATCH"]);
    expect(right.table("thing").get(idOf("edited"))?.["name"]).toBe("Edited");
    expect([left.table("thing").size, right.table("thing").size]).toEqual([5, 5]);
    expect(await again.runtime.ledger.cases({ pair: "ab", limit: 9 })).toMatchObject([
      { kind: "conflict", field: "name", values: { left: "Left", right: "Right" } },
    ]);
    const links = await again.runtime.ledger.links({ pair: "ab", entity: null, record: null, limit: 99, after: null });
    expect(
      links
        .filter(({ state }) => state === "live")
        .map(({ left: id }) => id)
        .toSorted(),
    ).toEqual(["apart", "edited", "revived", "settled", "since"]);
  }, 300_000);

  test("with a write open that has long been settled does not repeat it", async () => {
    const url = await postgres.database();
    const pair = await openOn(url);
    const { left, right } = pair;
    left.put("thing", { id: "k1", email: "one@example.com", name: "One" });
    right.faults.push({ method: "POST", path: /^\/thing$/, answer: "reset-after", times: 1 });
    right.faults.push({ method: "POST", path: /search$/, answer: 500, times: 99 });
    right.faults.push({ method: "GET", path: /^\/thing$/, answer: 500, times: 0 });
    await pair.run().catch(() => undefined);
    await pair.runtime.close();
    const older = await postgres.copy(url);
    right.faults.length = 0;
    const later = await openOn(url, { left, right });
    await later.run();
    await later.run();
    await later.runtime.close();
    open = null;

    const again = await openOn(older, { left, right });
    await again.run();
    await again.run();

    expect(right.table("thing").size).toBe(1);
    expect((await again.runtime.ledger.figures("ab")).openIntents).toBe(0);
    expect(await again.runtime.ledger.cases({ pair: "ab", limit: 9 })).toEqual([]);
  }, 300_000);
});
