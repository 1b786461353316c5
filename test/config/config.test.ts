// What a good config says, and what comes from the environment and from secret files. Real files on disk.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";

import { readConfig, type ConfigRead } from "../../src/config/config.ts";
import type { Environment } from "../../src/config/environment.ts";
import { CANARY, told } from "./projects.ts";

const MODELINE = "# yaml-language-server: $schema=../schema/config.json\n";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "syncline-config-"));
  for (const name of ["config", "mappings", "connectors", "more"]) mkdirSync(join(folder, name));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string, environment: Environment = {}, missingSecrets: "error" | "warning" = "error"): ConfigRead {
  const file = join(folder, "config/syncline.yaml");
  writeFileSync(file, MODELINE + text);
  return readConfig(file, environment, { missingSecrets });
}

test("an empty list of systems is enough, and everything else has its default", () => {
  const { config, problems } = read("systems: {}\n");

  expect(problems).toEqual([]);
  expect(config).toMatchObject({
    database: { kind: "embedded" },
    dataDir: join(folder, "config/.syncline"),
    mappings: [join(folder, "mappings")],
    connectors: [join(folder, "connectors")],
    admin: { listen: { host: "127.0.0.1", port: 8080, loopback: true }, tokens: [] },
    hooks: { listen: { host: "127.0.0.1", port: 8081 } },
    log: { level: "info", format: "json" },
  });
});

test("paths are relative to the file, and several folders may be named", () => {
  const { config } = read("data_dir: ../data\nmappings: [../mappings, ../more]\nsystems: {}\n");

  expect(config?.dataDir).toBe(join(folder, "data"));
  expect(config?.mappings).toEqual([join(folder, "mappings"), join(folder, "more")]);
});

test.each([
  ["127.1.2.3:80", { host: "127.1.2.3", port: 80, loopback: true }],
  ['"[::1]:0"', { host: "::1", port: 0, loopback: true }],
  ["localhost:9000", { host: "localhost", port: 9000, loopback: true }],
  ['"[2001:db8::1]:443"', { host: "2001:db8::1", port: 443, loopback: false }],
  ["127.example.com:80", { host: "127.example.com", port: 80, loopback: false }],
])("hooks may listen at %s", (text, address) => {
  expect(read(`hooks: { listen: ${text} }\nsystems: {}\n`).config?.hooks.listen).toEqual(address);
});

describe("the environment", () => {
  test.each([
    ["database: { url: ${TEST_DB} }", "in flow braces, without quotes"],
    ['database: { url: "${TEST_DB}" }', "in quotes"],
    ["database:\n  url: ${TEST_DB}", "on a line of its own"],
    ["database: { url: postgres://${TEST_USER}@db/${TEST_NAME:-{}}", "broken"],
  ])("%s stands for a variable", (text, how) => {
    const { config, problems } = read(`${text}\nsystems: {}\n`, { TEST_DB: "postgres://u:p@db:5432/x" });

    if (how === "broken") expect(told(problems)).not.toEqual([]);
    else expect(config?.database.kind === "url" && config.database.url.reveal()).toBe("postgres://u:p@db:5432/x");
  });

  test("a default may hold anything but braces, and stands where the variable is missing or empty", () => {
    const text = "systems: { a: { connector: c, settings: { u: ${TEST_URL:-http://127.0.0.1:8082/x, y #z} } } }\n";

    const settings = ["", undefined, "http://b"].map(
      (value) => read(text, { TEST_URL: value }).systems.get("a")?.settings,
    );

    const standard = { u: "http://127.0.0.1:8082/x, y #z" };
    expect(settings).toEqual([standard, standard, { u: "http://b" }]);
  });

  test("what a variable holds is not looked into again", () => {
    const { systems } = read('systems: { a: { connector: c, settings: { u: "${TEST_A}" } } }\n', {
      TEST_A: "${TEST_B}",
      TEST_B: "b",
    });

    expect(systems.get("a")?.settings).toEqual({ u: "${TEST_B}" });
  });

  test("true and false without quotes are what they look like, in quotes they are text", () => {
    const text = (value: string): string =>
      `systems: { a: { connector: c, allow_private: ${value}, settings: { t: "\${TEST_ON}" } } }\n`;

    expect(read(text("${TEST_ON}"), { TEST_ON: "true" }).systems.get("a")).toMatchObject({
      allowPrivate: true,
      settings: { t: "true" },
    });
    expect(told(read(text('"${TEST_ON}"'), { TEST_ON: "true" }).problems)).toEqual(["E_TYPE 2:46"]);
  });

  test("a variable that is missing is told by name, with the nearest one that is set", () => {
    const { problems, config } = read("data_dir: ${SYNCLINE_DAT}\nsystems: {}\n", { SYNCLINE_DATA: "x" });

    expect(config).toBeNull();
    expect(problems).toMatchObject([{ code: "E_ENV", hint: 'did you mean "SYNCLINE_DATA"?' }]);
  });

  test("the value of a variable is shown by no problem", () => {
    const { problems } = read("log: { level: ${TEST_SECRET} }\nhooks: { listen: ${TEST_SECRET} }\nsystems: {}\n", {
      TEST_SECRET: CANARY,
    });

    expect(told(problems)).toEqual(["E_ENUM 2:15", "E_TYPE 3:18"]);
    expect(JSON.stringify(problems)).not.toContain(CANARY);
  });
});

describe("secrets", () => {
  const system = (secret: string): string => `systems: { a: { connector: c, secrets: { token: ${secret} } } }\n`;

  test("one comes from a variable or a file, and neither the config nor its problems show it", () => {
    writeFileSync(join(folder, "config/token"), `${CANARY}\n`, { mode: 0o600 });

    const reads = [
      read(system("{ env: TEST_TOKEN }"), { TEST_TOKEN: CANARY }),
      read(system("{ file: token }")),
      read(system(CANARY)),
    ];

    for (const { systems, config, problems } of reads) {
      expect(systems.get("a")?.secrets.get("token")?.reveal()).toBe(CANARY);
      expect(inspect(config, { depth: 9 }) + JSON.stringify([problems, [...systems.values()]])).not.toContain(CANARY);
    }
    expect(reads.map(({ problems }) => told(problems))).toEqual([[], [], ["W_INLINE_SECRET 2:49"]]);
  });

  test("a file that every user can read is told, and used", () => {
    writeFileSync(join(folder, "config/token"), CANARY);
    chmodSync(join(folder, "config/token"), 0o644);

    const { config, problems } = read(system("{ file: token }"));

    expect(told(problems)).toEqual(["W_PERM 2:57"]);
    expect(config?.systems.has("a")).toBe(true);
  });

  test.each([
    ["an unset variable", "{ env: TEST_TOKEN }", "TEST_TOKEN is not set"],
    ["an empty variable", "{ env: TEST_EMPTY }", "TEST_EMPTY is empty"],
    ["a missing file", "{ file: nowhere }", "nowhere is not there"],
    ["a folder", "{ file: ../more }", "is not a file"],
    ["an empty file", "{ file: empty }", "is empty"],
  ])("%s is an error for a run and a warning for check", (_, secret, words) => {
    writeFileSync(join(folder, "config/empty"), "");

    const run = read(system(secret), { TEST_EMPTY: "" }, "error");
    const check = read(system(secret), { TEST_EMPTY: "" }, "warning");

    expect(run.problems).toMatchObject([{ code: "E_SECRET_MISSING", message: expect.stringContaining(words) }]);
    expect(run.config?.systems.has("a")).toBe(false);
    expect(check.problems).toMatchObject([{ code: "W_SECRET_MISSING" }]);
    expect(check.config?.systems.has("a")).toBe(true);
  });

  test.each([
    ["0123456789abcdef0123456789abcdef", []],
    ["0123456789abcdef0123456789abcde", ["E_TOKEN_WEAK"]],
    ["a".repeat(64), ["E_TOKEN_WEAK"]],
    ["Zx9_kQ2-vB7mLp4TsW8nRa", []],
    ["12345678901234567890123456789012345678", ["E_TOKEN_WEAK"]],
  ])("the admin token %s beyond loopback", (token, codes) => {
    const text =
      'admin: { listen: "0.0.0.0:1", tokens: [{ name: a, role: view, token: { env: TEST_T } }] }\nsystems: {}\n';

    expect(read(text, { TEST_T: token }).problems.map(({ code }) => code)).toEqual(codes);
  });
});

describe("traces", () => {
  const traces = (text: string, environment: Environment = {}) => read(`traces: ${text}\nsystems: {}\n`, environment);

  test("are off unless they are said", () => {
    expect(read("systems: {}\n").config?.traces).toBeNull();
  });

  test("have an address, headers that are secrets, a name, and a share of the runs", () => {
    const { config, problems } = traces(
      "{ url: https://otel.example.com/v1/traces, headers: { authorization: { env: OTEL } }, service: eu, sample: 2.5% }",
      { OTEL: `Bearer ${CANARY}` },
    );

    expect(problems).toEqual([]);
    expect(config?.traces).toMatchObject({
      url: "https://otel.example.com/v1/traces",
      service: "eu",
      sampledFraction: 0.025,
    });
    expect(config?.traces?.headers.get("authorization")?.reveal()).toBe(`Bearer ${CANARY}`);
    expect(inspect(config, { depth: 9 })).not.toContain(CANARY);
  });

  test.each([
    ["{ url: otel.example.com }", "E_URL"],
    ["{ url: http://x/, sample: 120% }", "E_"],
    ["{ url: http://x/, sample: 0.1 }", "E_"],
    ["{ service: x }", "E_MISSING"],
    ["{ url: http://x/, headers: { authorization: { env: OTEL } } }", "E_"],
    ["{ url: http://x/, headers: { authorization: right-horse } }", "W_INLINE_SECRET"],
  ])("%s is told", (text, code) => {
    const { problems } = traces(text);

    expect(problems).toHaveLength(1);
    expect(problems[0]?.code).toMatch(new RegExp(`^${code}`));
    expect(JSON.stringify(problems)).not.toContain("right-horse");
  });

  test("a share that is a number is shown, and never mended with the words for a secret; an address that is none is not shown", () => {
    const { problems } = traces("{ url: https://otel.example.com/v1/traces, sample: 0.5 }");
    expect(problems).toMatchObject([{ code: "E_TYPE", found: "0.5", hint: 'quote it: "0.5"' }]);

    expect(traces("{ url: 12345 }").problems).toMatchObject([{ code: "E_TYPE", found: null }]);
  });
});
