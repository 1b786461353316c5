// The acceptance suite: a connector that was written from a vendor's documentation alone passes it, against a small server that
// was made from that documentation; and each habit of the server that is broken on purpose is found by the check that is for it.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Check } from "../../src/connector/acceptance/check.ts";
import { checkReading } from "../../src/connector/acceptance/reading.ts";
import { checkWriting, type Sample } from "../../src/connector/acceptance/writing.ts";
import { closeExpressionsAfterwards, closeSystemsAfterwards, open } from "../connector/opened.ts";
import { startRemote, type Remote } from "../connector/remote.ts";
import { serveFreshdesk, type Spoil } from "./freshdesk.ts";

closeExpressionsAfterwards();
closeSystemsAfterwards();

const FILE = readFileSync(fileURLToPath(new URL("../../connectors/freshdesk.yaml", import.meta.url)), "utf8");

const SAMPLES: Readonly<Record<string, Sample>> = {
  contact: { create: { name: "Ada King", email: "ada+$unique@example.com" }, update: { name: "Ada Lovelace" } },
  company: { create: { name: "Engines $unique" }, update: { note: "$unique" } },
};

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());

async function checksOf(object: string, spoil: Spoil = "none"): Promise<readonly Check[]> {
  serveFreshdesk(remote, spoil);
  const { system } = await open(FILE, remote.origin, { secrets: { api_key: "key" } });
  const opened = system.object(object, []);
  const sample = SAMPLES[object];
  const read = await checkReading(opened, { recordsMax: 500 });
  if (sample === undefined) return read;
  return [...read, ...(await checkWriting(opened, sample, { unique: "u1", sleep: () => Promise.resolve() }))];
}

const failedOf = (checks: readonly Check[]): readonly string[] =>
  checks.filter((check) => check.outcome === "failed").map((check) => `${check.name}: ${check.why}`);

describe("a connector for an API that nobody here had used", () => {
  test("takes fewer than 120 lines", () => {
    expect(FILE.trimEnd().split("\n").length).toBeLessThan(120);
  });

  test.each(["contact", "company"])("passes, %s", async (object) => {
    const checks = await checksOf(object);

    expect(failedOf(checks)).toEqual([]);
    expect(checks.filter((check) => check.outcome === "passed").length).toBeGreaterThanOrEqual(
      object === "contact" ? 15 : 11,
    );
  });

  test("what a file does not claim is not applicable, and says why", async () => {
    const checks = await checksOf("company");

    expect(checks.filter((check) => check.outcome === "not-applicable").map((check) => check.why)).toEqual(
      expect.arrayContaining(["no `count`", "no `find`", "no `changes`", "guard: read-compare"]),
    );
  });

  test("nothing of what it wrote stays", async () => {
    await checksOf("contact");

    const { system } = await open(FILE, remote.origin, { secrets: { api_key: "key" } });
    const found = await system.object("contact", []).find({ email: "ada+u1@example.com" });
    expect(found).toEqual({ ok: true, value: [] });
  });
});

test.each<[Spoil, string]>([
  ["gone-is-200", "get of a record that is not there says that it is gone"],
  ["find-ignores-the-key", "find by email gives an empty list for nobody"],
  ["pages-repeat", "no record is listed twice"],
  ["since-is-strict", "changes since the listing's own cursor hold the record it was taken from"],
  ["update-loses-fields", "an update writes what changed and leaves the rest"],
  ["delete-does-nothing", "a deleted record is gone"],
  ["get-is-another", "get gives each record as the listing did, in the order asked"],
])("a system that does not keep its word is found out: %s", async (spoil, name) => {
  const names = (await checksOf("contact", spoil))
    .filter((check) => check.outcome === "failed")
    .map((check) => check.name);

  expect(names).toContain(name);
});
