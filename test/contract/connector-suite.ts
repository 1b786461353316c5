// What every protocol's System must do, run against each over a real socket (src/connector/contract.ts is the contract).
// A world is a small remote system that keeps its records, with one object `contact` of fields `name` and `email` (unique),
// a version that changes with each edit, look-up by e-mail, changes since a time, pages of two, and `guard: if-match`.

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { RemoteId } from "../../src/core/ids.ts";
import type { RemoteFailure, RemoteRecord, Result, SystemObject } from "../../src/connector/contract.ts";
import type { System } from "../../src/connector/contract.ts";

interface StoredContact {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** What goes wrong with the next write. */
export type Fault = "error-before" | "lost-answer" | "throttled-once" | "refused-login";

export interface ConnectorWorld {
  readonly system: System;
  /** Adds a record behind the connector's back. */
  add(contact: { readonly name: string; readonly email: string }): RemoteId | Promise<RemoteId>;
  /** Edits one behind the connector's back. */
  edit(id: RemoteId, change: { readonly name?: string; readonly email?: string }): void | Promise<void>;
  remove(id: RemoteId): void | Promise<void>;
  stored(): readonly StoredContact[] | Promise<readonly StoredContact[]>;
  /** The next write meets this. */
  failNextWrite(fault: Fault): void | Promise<void>;
  close(): Promise<void>;
}

/** @param impossible Faults that this kind of system cannot meet: it has no log-in, or no connection to lose. */
export function connectorContract(
  protocol: string,
  open: () => Promise<ConnectorWorld>,
  impossible: readonly Fault[] = [],
): void {
  const possible = (fault: Fault) => (impossible.includes(fault) ? test.skip : test);
  describe(`the connector contract, ${protocol}`, () => {
    let world: ConnectorWorld;
    let contact: SystemObject;
    beforeEach(async () => {
      world = await open();
      contact = world.system.object("contact", ["email", "name"]);
    });
    afterEach(() => world.close());

    const addSome = async (count: number): Promise<readonly RemoteId[]> => {
      const ids: RemoteId[] = [];
      for (let index = 0; index < count; index += 1)
        ids.push(await world.add({ name: `Name ${String(index)}`, email: `${String(index)}@example.com` }));
      return ids;
    };

    test("a listing gives every record once, over several pages, and ends without a failure", async () => {
      const ids = await addSome(5);

      const read = await readWhole(contact.list());

      expect(read.failure).toBeNull();
      expect(read.records).toHaveLength(5);
      expect(new Set(read.records.map((record) => record.id))).toEqual(new Set(ids));
      expect(new Set(read.records.map((record) => record.fields.email))).toEqual(
        new Set(ids.map((_, index) => `${String(index)}@example.com`)),
      );
    });

    test("a listing of nothing is an empty one, without a failure", async () => {
      expect(await readWhole(contact.list())).toMatchObject({ records: [], failure: null });
    });

    test("records are got in the order asked; one that is not there is gone", async () => {
      const [first, second] = await addSome(2);
      if (first === undefined || second === undefined) throw new Error("two were added");
      await world.remove(first);

      const results = await contact.get([second, first]);

      expect(results.map((result) => (result.ok ? result.value.id : result.failure.kind))).toEqual([second, "gone"]);
    });

    test("find gives who has the key, and an empty list for nobody", async () => {
      const [first] = await addSome(3);

      expect(value(await contact.find({ email: "0@example.com" })).map((record) => record.id)).toEqual([first]);
      expect(value(await contact.find({ email: "nobody@example.com" }))).toEqual([]);
    });

    test("changes since a cursor show what was edited after it", async () => {
      const [, second] = await addSome(3);
      if (second === undefined) throw new Error("three were added");
      const before = await readWhole(contact.list());
      await world.edit(second, { name: "Edited" });

      const { records, failure, cursor } = await readWhole(contact.changes(before.cursor ?? ""));

      expect(failure).toBeNull();
      expect(records.find((record) => record.id === second)?.fields.name).toBe("Edited");
      expect(contact.laterCursor(before.cursor, cursor)).toBe(cursor);
    });

    test("a create makes one record with these fields and tells its id", async () => {
      const [made] = await contact.create([{ key: "k1", record: { name: "Ada", email: "ada@example.com" } }]);

      expect(await world.stored()).toEqual([{ id: value(made).id, name: "Ada", email: "ada@example.com" }]);
    });

    test("several creates are answered in their order", async () => {
      const emails = ["a@example.com", "b@example.com", "c@example.com"];

      const made = await contact.create(emails.map((email) => ({ key: email, record: { name: "N", email } })));

      const byId = new Map((await world.stored()).map((stored) => [stored.id, stored.email]));
      expect(made.map((result) => byId.get(value(result).id))).toEqual(emails);
    });

    test("a create that a unique constraint refuses is a duplicate; the others are made", async () => {
      await world.add({ name: "There", email: "taken@example.com" });

      const made = await contact.create(
        ["taken@example.com", "free@example.com"].map((email) => ({ key: email, record: { name: "N", email } })),
      );

      expect(made.map((result) => (result.ok ? "made" : result.failure.kind))).toEqual(["duplicate", "made"]);
      expect(await world.stored()).toHaveLength(2);
    });

    test("an update writes what changed and leaves the rest", async () => {
      const [id] = await addSome(1);
      const current = value((await contact.get([must(id)]))[0]);

      const [written] = await contact.update([update(current, { name: "New" })]);

      expect(value(written).id).toBe(id);
      expect(await world.stored()).toEqual([{ id, name: "New", email: "0@example.com" }]);
    });

    test("an update of a record that was edited meanwhile is stale, and nothing is written", async () => {
      const [id] = await addSome(1);
      const current = value((await contact.get([must(id)]))[0]);
      await world.edit(must(id), { name: "Theirs" });

      const [written] = await contact.update([update(current, { name: "Ours" })]);

      expect(failure(written).kind).toBe("stale");
      expect(await world.stored()).toEqual([{ id, name: "Theirs", email: "0@example.com" }]);
    });

    test("an update of a record that is gone says so", async () => {
      const [id] = await addSome(1);
      const current = value((await contact.get([must(id)]))[0]);
      await world.remove(must(id));

      expect(failure((await contact.update([update(current, { name: "Ours" })]))[0]).kind).toBe("gone");
    });

    test("a delete removes the record, once it is gone says so, and is stale after an edit", async () => {
      const [first, second] = await addSome(2);
      const [one, two] = (await contact.get([must(first), must(second)])).map((result) => value(result));
      await world.edit(must(second), { name: "Theirs" });
      const remove = (record: RemoteRecord | undefined) =>
        contact.delete([{ key: "k", id: must(record?.id), version: record?.version ?? null }]);

      expect(await remove(one)).toEqual([{ ok: true, value: null }]);
      expect(failure((await remove(one))[0]).kind).toBe("gone");
      expect(failure((await remove(two))[0]).kind).toBe("stale");
      expect(await world.stored()).toHaveLength(1);
    });

    for (const fault of ["error-before", "lost-answer"] as const)
      possible(fault)(`a create that meets ${fault} is unknown, and at most one record is made`, async () => {
        await world.failNextWrite(fault);

        const [made] = await contact.create([{ key: "k", record: { name: "Ada", email: "ada@example.com" } }]);

        expect(failure(made).kind).toBe("unknown");
        expect(await world.stored()).toHaveLength(fault === "lost-answer" ? 1 : 0);
      });

    possible("throttled-once")("a create that is throttled is made when the time has come", async () => {
      await world.failNextWrite("throttled-once");

      const [made] = await contact.create([{ key: "k", record: { name: "Ada", email: "ada@example.com" } }]);

      expect(await world.stored()).toEqual([{ id: value(made).id, name: "Ada", email: "ada@example.com" }]);
    });

    possible("refused-login")("a login that is refused is auth, and nothing is written", async () => {
      await world.failNextWrite("refused-login");

      const [made] = await contact.create([{ key: "k", record: { name: "Ada", email: "ada@example.com" } }]);

      expect(failure(made).kind).toBe("auth");
      expect(await world.stored()).toEqual([]);
    });

    test("a probe is one good read", async () => {
      expect(await world.system.probe()).toEqual({ ok: true, value: null });
    });
  });
}

function update(current: RemoteRecord, changed: { readonly name: string }) {
  return { key: "k", id: current.id, version: current.version, changed, current };
}

async function readWhole(pages: ReturnType<SystemObject["list"]>) {
  const records: RemoteRecord[] = [];
  let failed: RemoteFailure | null = null;
  let cursor: string | null = null;
  for await (const page of pages) {
    if (!page.ok) failed = page.failure;
    else {
      records.push(...page.value.records);
      cursor = page.value.cursor ?? cursor;
    }
  }
  return { records, failure: failed, cursor };
}

function value<T>(result: Result<T> | undefined): T {
  if (result?.ok !== true) throw new Error(`expected a value, got ${JSON.stringify(result)}`);
  return result.value;
}

function failure<T>(result: Result<T> | undefined): RemoteFailure {
  if (result?.ok !== false) throw new Error(`expected a failure, got ${JSON.stringify(result)}`);
  return result.failure;
}

function must<T>(found: T | undefined): T {
  if (found === undefined) throw new Error("it was added");
  return found;
}
