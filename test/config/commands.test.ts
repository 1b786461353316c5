// `init`, `check` and `schema` as a person runs them: the real program in a process of its own, in a folder of its own.
// `check --live` asks a real server on this machine.

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { CANARY } from "./projects.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/syncline.js", import.meta.url));

const TOKENS = {
  CRM_TOKEN: CANARY,
  BILLING_TOKEN: CANARY,
  SYNCLINE_ADMIN_TOKEN: "7c4a8d09ca3762af61e59520943dc264",
};

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function syncline(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const env = { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { cwd: folder, env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "syncline-init-"));
  const { code } = await syncline(folder, ["init", "shop"]);
  expect(code).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const project = (): string => join(folder, "shop");

/** Runs `work` with a file of the project changed, and puts it back. */
async function withFile<T>(name: string, change: (text: string) => string, work: () => Promise<T>): Promise<T> {
  const file = join(project(), name);
  const before = readFileSync(file, "utf8");
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
  try {
    return await work();
  } finally {
    writeFileSync(file, before);
  }
}

describe("init", () => {
  test("leaves a project that check accepts: only the secrets are missing", async () => {
    const { code, out } = await syncline(project(), ["check", "--json"]);

    const report = JSON.parse(out) as { ok: boolean; problems: readonly { code: string }[] };
    expect(code).toBe(0);
    expect(report.ok).toBe(true);
    expect(new Set(report.problems.map((each) => each.code))).toEqual(new Set(["W_SECRET_MISSING"]));
  });

  test("with the secrets of .env.example set, check has nothing to say", async () => {
    const names = [...readFileSync(join(project(), ".env.example"), "utf8").matchAll(/^(\w+)=(.*)$/gm)];
    const environment = Object.fromEntries(names.map(([, name = "", value = ""]) => [name, value]));
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(Object.keys(TOKENS)));

    const { code, out } = await syncline(project(), ["check"], { ...environment, ...TOKENS });

    expect(code).toBe(0);
    expect(out).toContain("1 pair, 2 usable systems: no problems");
    expect(out).toContain("note  example  customer: billing (customer of my-billing): no `changes`: every cycle lists");
  });

  test("overwrites nothing", async () => {
    const { code, err } = await syncline(folder, ["init", "shop"]);

    expect(code).toBe(2);
    expect(err).toContain("config/syncline.yaml");
  });

  test("keeps what is secret out of version control", () => {
    expect(readFileSync(join(project(), ".gitignore"), "utf8")).toMatch(/^\.env$/m);
    expect(existsSync(join(project(), "schema/mapping.json"))).toBe(true);
  });
});

describe("check", () => {
  test("exits 2 and says place, found, expected and mend", async () => {
    const { code, out } = await withFile(
      "mappings/example.yaml",
      (text) => text.replace("conflict: review", "conflict: reveiw").replace("object: contact", "object: contct"),
      () => syncline(project(), ["check"], TOKENS),
    );

    expect(code).toBe(2);
    expect(out).toMatch(/^E_ENUM {2}mappings\/example\.yaml:\d+:\d+ {2}"reveiw" is not a word known here$/m);
    expect(out).toMatch(/^ {4}mend {6}did you mean "review"\?$/m);
    expect(out).toMatch(/^E_OBJECT_UNKNOWN /m);
    expect(out).toContain("2 errors, 0 warnings");
  });

  test("--json is one document with every problem, and never a secret", async () => {
    const { code, out, err } = await withFile(
      "config/syncline.yaml",
      (text) => text.replace("{ env: BILLING_TOKEN }", CANARY).replace("level: info", "level: inf"),
      () => syncline(project(), ["check", "--json"], TOKENS),
    );

    const report = JSON.parse(out) as { ok: boolean; problems: readonly unknown[]; gaps: readonly unknown[] };
    expect(code).toBe(2);
    expect(out + err).not.toContain(CANARY);
    expect(report.ok).toBe(false);
    expect(report.problems).toEqual([
      {
        code: "E_ENUM",
        severity: "error",
        file: "config/syncline.yaml",
        line: expect.any(Number),
        column: expect.any(Number),
        path: "log.level",
        message: '"inf" is not a word known here',
        found: '"inf"',
        expected: "debug, info, warn, error",
        hint: 'did you mean "info"?',
      },
      expect.objectContaining({ code: "W_INLINE_SECRET", severity: "warning", found: null }),
    ]);
  });

  test("a pair that does not exist is a mistake of use, and the nearest one is told", async () => {
    const { code, err } = await syncline(project(), ["check", "exmple"]);

    expect(code).toBe(2);
    expect(err).toContain('did you mean "example"?');
  });

  test("a config that is not there is told with the command that makes one", async () => {
    const { code, out } = await syncline(folder, ["check"]);

    expect(code).toBe(2);
    expect(out).toContain("E_FILE_MISSING");
    expect(out).toContain("syncline init");
  });
});

describe("check --live", () => {
  let server: Server;
  let address = "";

  beforeAll(async () => {
    const contacts = [
      { id: "1", version: 3, updatedAt: "2026-03-01T00:00:00Z", email: "ada@example.com", first_name: "Ada" },
    ];
    const customers = [{ id: "c1", email: "ada@example.com", name: "Ada Lovelace", phone: "1", turnover: "12.50" }];
    server = createServer(({ url = "", headers }, response) => {
      const known = headers.authorization === `Bearer ${CANARY}` || headers["x-api-key"] === CANARY;
      const body = url.startsWith("/contacts") ? { results: contacts, next: null } : { customers };
      response.writeHead(known ? 200 : 401, { "content-type": "application/json" });
      response.end(JSON.stringify(known ? body : {}));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });

  afterAll(() => {
    server.close();
  });

  const live = (environment: Readonly<Record<string, string>>): Promise<Ran> =>
    withFile(
      "config/syncline.yaml",
      (text) => text.replaceAll("allow_private: false", "allow_private: true"),
      () =>
        syncline(project(), ["check", "--live", "--json"], { CRM_URL: address, BILLING_URL: address, ...environment }),
    );

  const codes = ({ out }: Ran): readonly (readonly [string, string | null])[] =>
    (JSON.parse(out) as { problems: { code: string; found: string | null }[] }).problems.map(({ code, found }) => [
      code,
      found,
    ]);

  test("compares the fields that rules name with what the systems show", async () => {
    const ran = await live(TOKENS);

    expect(codes(ran)).toEqual([
      ["W_FIELD_UNSEEN", "firstname"],
      ["W_FIELD_UNSEEN", "lastname"],
      ["W_FIELD_UNSEEN", "phone"],
      ["W_FIELD_UNSEEN", "turnover"],
    ]);
    expect(ran.out).toContain('did you mean \\"first_name\\"?');
    expect(ran.code).toBe(0);
  });

  test("a system that lets nobody in is a matter of the environment: exit 3", async () => {
    const ran = await live({ ...TOKENS, CRM_TOKEN: "another" });

    expect(codes(ran)).toContainEqual(["E_LIVE_AUTH", "auth"]);
    expect(ran.code).toBe(3);
    expect(ran.out + ran.err).not.toContain(CANARY);
  });

  test("a system that is not there: exit 3", async () => {
    const ran = await live({ ...TOKENS, BILLING_URL: "http://127.0.0.1:1" });

    expect(codes(ran)).toContainEqual(["E_LIVE_UNREACHABLE", "unreachable"]);
    expect(ran.code).toBe(3);
  });

  test("a secret that is missing: exit 3", async () => {
    const ran = await live({ SYNCLINE_ADMIN_TOKEN: TOKENS.SYNCLINE_ADMIN_TOKEN, CRM_TOKEN: CANARY });

    expect(codes(ran)).toContainEqual(["E_SECRET_MISSING", null]);
    expect(ran.code).toBe(3);
  });
});

test("schema prints the shipped JSON Schema of a kind of file", async () => {
  const { code, out } = await syncline(folder, ["schema", "config"]);

  expect(code).toBe(0);
  expect(out).toBe(readFileSync(new URL("../../schema/config.json", import.meta.url), "utf8"));
});
