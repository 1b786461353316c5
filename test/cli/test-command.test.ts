// `syncline test` as a person runs it: a project of `init`, no system anywhere, no secret set.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { run, type Finished } from "../e2e/command.ts";

let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "syncline-test-command-"));
  expect((await run(["init"], { folder })).code).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const syncline = (...args: readonly string[]): Promise<Finished> => run(args, { folder });

/** Runs with the mapping changed, and puts it back. */
async function withMapping(change: (text: string) => string, ...args: readonly string[]): Promise<Finished> {
  const file = join(folder, "mappings/example.yaml");
  const before = readFileSync(file, "utf8");
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
  try {
    return await syncline(...args);
  } finally {
    writeFileSync(file, before);
  }
}

interface Report {
  readonly ok: boolean;
  readonly tests: number;
  readonly failed: number;
  readonly pairs: readonly {
    readonly pair: string;
    readonly tests: readonly {
      readonly name: string;
      readonly ok: boolean;
      readonly again: string | null;
      readonly mirrored: string | null;
      readonly failures: readonly Record<string, unknown>[];
    }[];
    readonly coverage: null | {
      readonly rules: readonly { readonly what: string }[];
      readonly mutants: {
        readonly total: number;
        readonly killed: number;
        readonly survived: readonly Record<string, unknown>[];
      };
    };
  }[];
  readonly problems: readonly { readonly code: string; readonly line: number; readonly hint: string | null }[];
}

describe("syncline test", () => {
  test("the tests of a new project pass, both ways: exit 0", async () => {
    const { code, ...ran } = await syncline("test", "--json");

    const report = ran.json() as Report;
    expect(code).toBe(0);
    expect(report).toMatchObject({ ok: true, tests: 4, failed: 0, problems: [] });
    expect(report.pairs[0]?.tests[0]).toMatchObject({ ok: true, again: "quiet", mirrored: "same", failures: [] });
    expect(report.pairs[0]?.coverage).toBeNull();
  });

  test("a test that fails is told with the line of what differs, and exits 1", async () => {
    const broken = (text: string): string => text.replace("name: Ada Lovelace } } }\n\n", "name: Ada Byron } } }\n\n");
    const people = await withMapping(broken, "test", "example");
    const machine = await withMapping(broken, "test", "--json");

    const line =
      readFileSync(join(folder, "mappings/example.yaml"), "utf8")
        .split("\n")
        .findIndex((each) => each.includes("name: Ada Lovelace } } }")) + 1;
    expect(people.code).toBe(1);
    expect(people.stdout).toMatch(
      new RegExp(
        `mappings/example\\.yaml:${String(line)}:\\d+ {2}billing create name: another value\n +- "Ada Byron"\n +\\+ "Ada Lovelace"`,
      ),
    );
    expect(machine.code).toBe(1);
    expect((machine.json() as Report).pairs[0]?.tests[0]?.failures).toEqual([
      {
        what: "write",
        side: "billing",
        key: "create name",
        file: "mappings/example.yaml",
        line,
        column: expect.any(Number),
        expected: "Ada Byron",
        found: "Ada Lovelace",
        message: "another value",
      },
    ]);
  });

  test("a test that cannot be read is a problem of the file: exit 2", async () => {
    const { code, ...ran } = await withMapping(
      (text) => text.replace("situation: matched", "situation: mached"),
      "test",
      "--json",
    );

    expect(code).toBe(2);
    expect(ran.json() as Report).toMatchObject({
      ok: false,
      problems: [{ code: "E_ENUM", hint: 'did you mean "matched"?' }],
    });
  });

  test("an error anywhere in the mapping file keeps its tests from running: exit 2", async () => {
    const { code, stderr } = await withMapping((text) => text.replace("as: email", "as: emial"), "test");

    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "email"?');
  });

  test("a pair that does not exist is told with the nearest one: exit 2", async () => {
    const { code, stderr } = await syncline("test", "exmple");

    expect(code).toBe(2);
    expect(stderr).toContain('there is no pair "exmple"; did you mean "example"?');
  });

  test("--coverage tells what no test exercises and which changes of the file none notices", async () => {
    const { code, ...ran } = await syncline("test", "--coverage", "--json");

    const coverage = (ran.json() as Report).pairs[0]?.coverage;
    expect(code).toBe(0);
    expect(coverage?.rules.map(({ what }) => what)).toContain("name: never written to crm");
    expect(coverage?.mutants.killed).toBeGreaterThan(10);
    expect(coverage?.mutants.total).toBe((coverage?.mutants.killed ?? 0) + (coverage?.mutants.survived.length ?? 0));
    expect(coverage?.mutants.survived[0]).toMatchObject({
      entity: "customer",
      file: "mappings/example.yaml",
      line: expect.any(Number),
      what: expect.any(String),
    });
  });
});

test("the demo's mapping is tested so that hardly a change goes unnoticed", async () => {
  const { code, ...ran } = await run(
    ["--config", new URL("../../config/demo.yaml", import.meta.url).pathname, "test", "--coverage", "--json"],
    { folder },
  );

  const [pair] = (ran.json() as Report).pairs;
  const mutants = pair?.coverage?.mutants;
  expect(code).toBe(0);
  expect((mutants?.killed ?? 0) / (mutants?.total ?? 1)).toBeGreaterThan(0.85);
  expect(pair?.coverage?.rules).toEqual([]);
});
