// The command line used wrongly, files that are broken in the ways people break them, and the commands that help: each with its
// exit code, and what it says with its place.

import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { endAll, run } from "./command.ts";
import { config, LEFT, makeProject, MAPPING, RIGHT, type Project, type ProjectParts } from "./project.ts";

jest.setTimeout(240_000);

let server: TestDatabase;
const open: Project[] = [];

beforeAll(async () => {
  server = await startTestDatabase();
});
afterEach(async () => {
  endAll();
  for (const project of open.splice(0)) await project.close();
});
afterAll(() => server.stop());

async function project(parts: ProjectParts = {}): Promise<Project> {
  const made = await makeProject(parts);
  open.push(made);
  return made;
}

test("what cannot be meant exits 2 and says what there is instead, on standard error alone", async () => {
  const made = await project();

  const pair = await made.run("run", "ba", "--json");
  const option = await made.run("run", "ab", "--swepe");
  const command = await made.run("rnu", "ab");
  const entity = await made.run("run", "ab", "--entity", "customers");
  const caseId = await made.run("cases", "resolve", "no-such-case", "--dismiss");
  const plan = await made.run("apply", "no-such-plan.json");

  for (const finished of [pair, option, command, entity, caseId, plan]) {
    expect(finished.code).toBe(2);
    expect(finished.stdout).toBe("");
  }
  expect(pair.stderr).toContain('"ba"');
  expect(pair.stderr).toContain("ab");
  expect(option.stderr).toContain("--sweep");
  expect(command.stderr).toContain("run");
  expect(entity.stderr).toContain("customer");
});

test("a folder without a config says which file is missing and how to get one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "syncline-e2e-"));
  try {
    const finished = await run(["status"], { folder });

    expect(finished.code).toBe(2);
    expect(finished.stderr).toContain("config/syncline.yaml");
    expect(finished.stderr).toContain("init");
    expect(finished.stderr).not.toContain("    at ");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a database that does not answer exits 3, without a word of its password", async () => {
  const unused = createServer();
  await new Promise<void>((resolve) => unused.listen(0, "127.0.0.1", resolve));
  const { port } = unused.address() as AddressInfo;
  await new Promise((resolve) => unused.close(resolve));
  const made = await project({ env: {} });
  made.env["DATABASE_URL"] = `postgres://somebody:canary-password@127.0.0.1:${String(port)}/nowhere`;

  const finished = await made.run("run", "ab", "--sweep", "--json");
  const doctor = await made.json("doctor");

  expect(finished.code).toBe(3);
  expect(finished.stderr).toContain("E_DATABASE");
  expect(finished.stderr).not.toContain("    at ");
  expect(doctor.code).toBe(3);
  expect(doctor.json).toMatchObject({ ok: false });
  expect(finished.stderr + finished.stdout + doctor.stderr + JSON.stringify(doctor.json)).not.toContain(
    "canary-password",
  );
});

test("init writes a project that check accepts, and never writes over one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "syncline-e2e-"));
  try {
    const made = await run(["init", "mine", "--json"], { folder });
    const again = await run(["init", "mine"], { folder });
    const check = await run(["check", "--json"], { folder: join(folder, "mine") });
    const schema = await run(["schema", "connector"], { folder });

    expect(made.code).toBe(0);
    expect(made.json()).toMatchObject({ files: expect.arrayContaining(["config/syncline.yaml", ".env.example"]) });
    expect(again.code).toBe(2);
    expect(check.code).toBe(0);
    expect(check.json()).toMatchObject({ ok: true });
    expect(schema.code).toBe(0);
    expect(schema.json()).toMatchObject({ $schema: expect.stringContaining("draft-07") });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("check names capability gaps; --live tells what the systems have, and exits 3 when one cannot be asked", async () => {
  const made = await project({ mapping: MAPPING.replace("{ a: name, b: title }", "{ a: nmae, b: title }") });
  made.left.put("contact", { email: "p1@example.com", name: "Person 1", stage: "lead" });
  made.right.put("customer", { mail: "p1@example.com", attributes: { title: "Person 1", segment: "active" } });

  const check = await made.json("check");
  const live = await made.json("check", "--live");
  const human = await made.run("check", "--quiet");
  await made.right.close();
  const gone = await made.json("check", "ab", "--live");

  expect(check).toMatchObject({
    code: 0,
    stderr: "",
    json: {
      ok: true,
      problems: [],
      gaps: expect.arrayContaining([expect.objectContaining({ pair: "ab", side: "b" })]),
    },
  });
  expect(live).toMatchObject({
    code: 0,
    json: {
      problems: expect.arrayContaining([
        expect.objectContaining({
          code: "W_FIELD_UNSEEN",
          severity: "warning",
          file: "mappings/ab.yaml",
          line: 19,
          column: 19,
          hint: 'did you mean "name"?',
        }),
      ]),
    },
  });
  expect(human).toMatchObject({ code: 0, stderr: "" });
  expect(gone).toMatchObject({
    code: 3,
    json: { ok: false, problems: expect.arrayContaining([expect.objectContaining({ code: "E_LIVE_UNREACHABLE" })]) },
  });
});

test("people's text has no colours where nobody looks, and --quiet says nothing beside the result", async () => {
  const made = await project({ env: { NO_COLOR: "1", TERM: "xterm-256color" } });
  made.left.put("contact", { email: "p1@example.com", name: "Person 1", stage: "lead" });

  const finished = await made.run("run", "ab", "--sweep", "--quiet");
  const status = await made.run("status");

  expect(finished.code).toBe(0);
  expect(finished.stderr).toBe("");
  expect(finished.stdout).toContain("ab: ok");
  expect(status.stdout).toContain("ab");
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  expect(finished.stdout + status.stdout).not.toMatch(/\u001b/);
});

/** Broken mappings by name: what was done to the good one, and the problem that tells of it. */
const BROKEN: Readonly<Record<string, { readonly text: string; readonly told: string }>> = {
  "not-yaml": { text: MAPPING.replace("sides: {", "sides: {{"), told: "E_PARSE" },
  tab: { text: MAPPING.replace("  changes: every 2m", "\tchanges: every 2m"), told: "E_PARSE 6:1" },
  "key-twice": { text: `${MAPPING}state: active\n`, told: "E_PARSE 22:1" },
  "two-templates": {
    text: `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${Array(12).fill("*a").join(",")}]\nc: [${Array(12).fill("*b").join(",")}]\n`,
    told: "E_PARSE",
  },
  "unknown-key": { text: MAPPING.replace("    match:", "    mtach:"), told: "E_UNKNOWN_KEY 13:5" },
  "unknown-word": {
    text: MAPPING.replace("when_gone: { a: delete, b: unlink }", "when_gone: { a: remove, b: unlink }"),
    told: "E_ENUM 16:21",
  },
  "unknown-side": { text: MAPPING.replace("allow: { a:", "allow: { c:"), told: "E_UNKNOWN_KEY 15:14" },
  "unknown-system": { text: MAPPING.replace("a: left-account", "a: left-acount"), told: "E_SYSTEM_UNKNOWN 4:13" },
  "unknown-object": { text: MAPPING.replace("object: contact", "object: contacts"), told: "E_OBJECT_UNKNOWN 11:18" },
  overlap: { text: `${MAPPING}      nick: { a: nick, b: title }\n`, told: "E_TARGET_OVERLAP" },
  "no-way-back": { text: `${MAPPING}      note: { a: { read: 'note & "!"' }, b: note }\n`, told: "E_NOT_INVERTIBLE" },
  "bad-expression": {
    text: `${MAPPING}      note: { a: { read: "$sum(" }, b: note, direction: a -> b }\n`,
    told: "E_EXPR",
  },
  forbidden: {
    text: `${MAPPING}      note: { a: { read: '$eval("1")' }, b: note, direction: a -> b }\n`,
    told: "E_EXPR_FORBIDDEN",
  },
  "bad-path": { text: `${MAPPING}      note: { a: a..b, b: note }\n`, told: "E_PATH" },
  "bad-proto": { text: `${MAPPING}      note: { a: __proto__.x, b: note }\n`, told: "E_PATH" },
  unlawful: {
    text: `${MAPPING}      note: { a: { read: note, write: { note: '$value & "!"' } }, b: note }\n`,
    told: "E_LAW_VIOLATION 22:7",
  },
  "crossed-table": {
    text: MAPPING.replace("customer: active }", "customer: active, LEAD: lost }, as: { text: [lower] }"),
    told: "E_LAW_VIOLATION",
  },
  "float-money": { text: `${MAPPING}      due: { as: { money: float } }\n`, told: "E_FLOAT_MONEY" },
  "lossy-key": {
    text: MAPPING.replace("b: mail, as: email", "b: { at: mail, as: { text: { cut: 5 } } }, as: text"),
    told: "E_KEY 14:10",
  },
  "never-written": { text: MAPPING.replace(/allow: .*/, "allow: { a: [], b: [] }"), told: "E_BOTH_READ_ONLY" },
  "unsafe-pattern": {
    text: `${MAPPING}      note: { a: { read: '$contains(note, /(x)\\1/)' }, b: note, direction: a -> b }\n`,
    told: "E_REGEX_UNSAFE",
  },
  "endless-padding": {
    text: `${MAPPING}      note: { a: { read: '$pad("a", 2e8)' }, b: note, direction: a -> b }\n`,
    told: "E_EXPR_FORBIDDEN",
  },
  range: { text: `${MAPPING}guards: { delete: { floor: -1, fraction: 110% } }\n`, told: "E_RANGE" },
};

describe("files that are broken as people break them", () => {
  test("check names every one of them with code, line and column and how to mend it; the pair that is whole still runs", async () => {
    const made = await project();
    for (const [name, { text }] of Object.entries(BROKEN))
      made.write(`mappings/${name}.yaml`, text.replace("pair: ab", `pair: ${name}`));
    made.left.put("contact", { email: "p1@example.com", name: "Person 1", stage: "lead" });

    const check = await made.json("check");
    const good = await made.json("run", "ab", "--sweep");
    const bad = await made.run("run", "unknown-key", "--json");

    expect(check.code).toBe(2);
    const { problems } = check.json as {
      problems: readonly {
        code: string;
        severity: string;
        file: string;
        line: number;
        column: number;
        hint: string | null;
        message: string;
      }[];
    };
    const found = Object.fromEntries(
      Object.entries(BROKEN).map(([name, { told }]) => {
        const errors = problems
          .filter(({ file, severity }) => severity === "error" && file === `mappings/${name}.yaml`)
          .map(({ code, line, column }) => (told.includes(" ") ? `${code} ${String(line)}:${String(column)}` : code));
        return [
          name,
          errors.includes(told) || (told === "E_EXPR" && errors.some((code) => code.startsWith("E_EXPR")))
            ? told
            : errors,
        ];
      }),
    );
    expect(found).toEqual(Object.fromEntries(Object.entries(BROKEN).map(([name, { told }]) => [name, told])));
    for (const each of problems)
      expect(each).toMatchObject({
        line: expect.any(Number),
        column: expect.any(Number),
        message: expect.stringMatching(/./),
      });
    expect(good).toMatchObject({
      code: 0,
      json: { outcome: "ok", entities: { customer: { effects: { b: { create: 1 } } } } },
    });
    expect(bad.code).toBe(2);
    expect(bad.json()).toMatchObject({
      ok: false,
      problems: [
        expect.objectContaining({ code: "E_UNKNOWN_KEY", file: "mappings/unknown-key.yaml", line: 13, column: 5 }),
      ],
    });
    expect(bad.stderr).toContain('did you mean "match"?');
  });

  test("a mapping's file that is taken away takes its pair away, and its links stay", async () => {
    const made = await project();
    made.left.put("contact", { email: "p1@example.com", name: "Person 1", stage: "lead" });
    await made.run("run", "ab", "--sweep");
    made.remove("mappings/ab.yaml");

    const gone = await made.run("run", "ab");
    made.write("mappings/ab.yaml", MAPPING);
    const links = await made.json("links", "ab");

    expect(gone.code).toBe(2);
    expect(links.json).toEqual([{ entity: "customer", left: "a1", right: "b1", state: "live" }]);
  });

  test("connectors and the config: secrets, addresses and words, each where it stands", async () => {
    const files = {
      config: config("{ url: ${DATABASE_URL} }", "sytems: {}")
        .replace("allow_private: true\n  right", "allow_private: no-thanks\n  right")
        .replace("sandbox: false", "secrets: { token: { env: NO_SUCH_SECRET } }"),
      left: LEFT.replace("guard: if-match\n    delete", "guard: if-macth\n    delete"),
      right: RIGHT.replace(
        "auth: { scheme: none }",
        "auth: { scheme: bearer, token: token }\nsecrets: { token: { required: true } }\ntimeout: { connect: 0s }",
      ),
    };
    const made = await project(files);

    const check = await made.json("check");

    expect(check.code).toBe(2);
    expect(placesOf(check.json)).toEqual(
      expect.arrayContaining([
        `E_UNKNOWN_KEY config/syncline.yaml:${lineOf("sytems", files.config)}`,
        `E_TYPE config/syncline.yaml:${lineOf("no-thanks", files.config)}`,
        `W_SECRET_MISSING config/syncline.yaml:${lineOf("NO_SUCH_SECRET", files.config)}`,
        `E_ENUM connectors/left.yaml:${lineOf("if-macth", files.left)}`,
        `E_RANGE connectors/right.yaml:${lineOf("0s", files.right)}`,
      ]),
    );
  });

  test("an address with a password in it, or one that is private without leave, is refused without showing it", async () => {
    const text = config("{ url: ${DATABASE_URL} }").replace(
      "allow_private: true\n  right",
      "allow_private: false\n  right",
    );
    const made = await project({ config: text });
    made.env["RIGHT_URL"] = "http://me:canary-word@example.com";

    const check = await made.json("check");
    const human = await made.run("run", "ab", "--sweep");

    expect(check.code).toBe(2);
    expect(placesOf(check.json)).toEqual([
      `E_SSRF_BLOCKED config/syncline.yaml:${lineOf("LEFT_URL", text)}`,
      `E_URL config/syncline.yaml:${lineOf("RIGHT_URL", text)}`,
    ]);
    expect(human.code).toBe(2);
    expect(JSON.stringify(check.json) + human.stdout + human.stderr).not.toContain("canary-word");
  });
});

function lineOf(word: string, text: string): string {
  return String(text.slice(0, text.indexOf(word)).split("\n").length);
}

/** `CODE FILE:LINE` of what `check --json` found. */
function placesOf(json: unknown): readonly string[] {
  const { problems } = json as { problems: readonly { code: string; file: string; line: number }[] };
  return problems.map(({ code, file, line }) => `${code} ${file}:${String(line)}`);
}
