// The files of a project together: everything at once, one broken file beside good ones, and the project's own files.

import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

import { isError } from "../../src/core/problem.ts";
import type { Instant } from "../../src/core/ids.ts";
import { problemsOfPairs } from "../../src/config/concern.ts";
import { readProject } from "../../src/config/project.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { ENVIRONMENT, projectWith, told } from "./projects.ts";

const CONNECTOR =
  "# yaml-language-server: $schema=../schema/connector.json\nconnector: crm\nprotocol: rset\nobjects: {}\n";

const MAPPING = `# yaml-language-server: $schema=../schema/mapping.json
pair: crm-billing
sides: { crm: my-crm, billing: my-billing }
entities:
  customer: { crm: { object: contact }, billing: { object: customer }, match: [[email]], fields: { email: {} } }
`;

test("a good project has no problems, and its gaps are told", async () => {
  const project = await projectWith({});

  expect(project.problems).toEqual([]);
  expect(project.mappings.map(({ pair }) => pair)).toEqual(["crm-billing"]);
  expect([...project.systems.keys()]).toEqual(["my-crm", "my-billing"]);
  expect(project.systems.get("my-crm")?.webhooks).not.toBeNull();
  expect(project.gaps.map(({ side, message }) => `${side}: ${message}`)).toEqual(
    expect.arrayContaining(["crm: no `changes`: every cycle lists", "crm: no `delete`"]),
  );
  expect(project.gaps).toEqual(
    expect.arrayContaining([expect.objectContaining({ pair: "crm-billing", entity: "customer" })]),
  );
});

test("the problems of all files are told at once, by file and place", async () => {
  const project = await projectWith({
    "config/syncline.yaml": "data_dir: 7\nsystems: { my-crm: { connector: crm, sandbox: 1 } }\n",
    "connectors/crm.yaml": CONNECTOR,
    "mappings/pair.yaml": `${MAPPING}stat: active\n`,
  });

  const places = project.problems.map(
    ({ file, ...each }) => `${file.split("/").at(-1) ?? ""} ${told([{ file, ...each }])[0] ?? ""}`,
  );
  expect(places).toEqual([
    "syncline.yaml W_MODELINE 1:1",
    "syncline.yaml E_TYPE 1:11",
    "syncline.yaml E_TYPE 2:47",
    "crm.yaml E_ENUM 3:11",
    "pair.yaml E_UNKNOWN_KEY 6:1",
  ]);
  expect(project.config).toBeNull();
});

test("a config that cannot be read keeps no other file from being checked", async () => {
  const { problems, config } = await projectWith({
    "config/syncline.yaml": "systems: [\n",
    "connectors/crm.yaml": CONNECTOR,
    "mappings/pair.yaml": MAPPING.replace("email: {}", "email: { as: emial }"),
  });

  expect(config).toBeNull();
  expect(problems.map(({ code }) => code)).toEqual(["E_PARSE", "E_ENUM", "E_ENUM"]);
});

test("of a mapping that cannot be read nobody can tell which systems it uses, so none is told as unused", async () => {
  const { problems } = await projectWith({ "mappings/pair.yaml": "pair: [\n" });

  expect(problems.map(({ code }) => code)).toEqual(["E_PARSE"]);
});

test("an error of the config itself lets no pair run, and the pairs are still checked", async () => {
  const config = readFileSync(new URL("./project/config/syncline.yaml", import.meta.url), "utf8");

  const project = await projectWith({
    "config/syncline.yaml": config.replace("data_dir: ../.syncline", "data_dir: 7"),
  });

  expect(project.problems.map(({ code }) => code)).toEqual(["E_TYPE"]);
  expect(project.config).toBeNull();
  expect(project.mappings).toEqual([]);
  expect(project.gaps).not.toEqual([]);
});

test("a connector may have a folder of its own; other folders are no connectors", async () => {
  const { connectors } = await projectWith({
    "connectors/erp/connector.yaml": CONNECTOR.replace("connector: crm", "connector: erp"),
    "connectors/wsdl/notes.yaml": "a: 1\n",
  });

  expect(connectors.map(({ name }) => name)).toEqual(["billing", "crm", "erp"]);
});

test("a missing config is told with the command that makes one", async () => {
  const expressions = createExpressionCompiler();
  const tools = { expressions, missingSecrets: "warning" } as const;

  const { config, problems } = await readProject("/nowhere/syncline.yaml", {}, 0 as Instant, tools);
  await expressions.close();

  expect(config).toBeNull();
  expect(problems).toMatchObject([{ code: "E_FILE_MISSING", hint: expect.stringContaining("syncline init") }]);
});

test("a broken mapping leaves the others usable", async () => {
  const project = await projectWith({
    "mappings/other.yaml": MAPPING.replace("crm-billing", "other").replace("[[email]]", "7"),
  });

  expect(project.pairs.map(({ pair, mapping }) => [pair, mapping !== null])).toEqual([
    ["other", false],
    ["crm-billing", true],
  ]);
  expect(problemsOfPairs(project, ["crm-billing"])).toEqual([]);
  expect(problemsOfPairs(project, ["other"]).filter(isError)).toHaveLength(1);
});

test("a broken system leaves the pairs of others usable", async () => {
  const project = await projectWith(
    {
      "config/syncline.yaml": `# yaml-language-server: $schema=../schema/config.json
systems:
  my-crm: { connector: crm, secrets: { token: { env: TEST_CRM_TOKEN }, hook: { env: TEST_HOOK } } }
  my-billing: { connector: billing, settings: { base_url: "https://b.example.com" }, secrets: { token: { env: TEST_BILLING_TOKEN } } }
  bad-shape: { connector: crm, secrets: 7 }
  no-secret: { connector: crm, secrets: { token: { env: TEST_NOT_SET } } }
`,
      "mappings/bad.yaml": MAPPING.replace("crm-billing", "bad").replace("crm: my-crm", "crm: bad-shape"),
      "mappings/lost.yaml": MAPPING.replace("crm-billing", "lost").replace("crm: my-crm", "crm: no-secret"),
    },
    { missingSecrets: "error" },
  );

  expect(project.config).not.toBeNull();
  expect([...project.systems.keys()]).toEqual(["my-crm", "my-billing"]);
  expect(project.mappings.map(({ pair }) => pair)).toEqual(["crm-billing"]);
  expect(problemsOfPairs(project, ["crm-billing"])).toEqual([]);
  expect(problemsOfPairs(project, ["lost"]).map(({ code }) => code)).toEqual(["E_SECRET_MISSING"]);
});

test("two pairs or connectors of one name are told in the second file", async () => {
  const { problems, pairs } = await projectWith({
    "mappings/z.yaml": MAPPING,
    "connectors/z.yaml": CONNECTOR.replace("rset", "rest\nbase_url: https://crm.example.com"),
  });

  expect(problems.map(({ file, code }) => `${file.split("/").slice(-2).join("/")} ${code}`)).toEqual([
    "connectors/z.yaml E_DUPLICATE",
    "mappings/z.yaml E_DUPLICATE",
  ]);
  expect(pairs.map(({ mapping }) => mapping !== null)).toEqual([true, false]);
});

test("a mapping that waits for no webhooks needs no secret for them", async () => {
  const text = (webhooks: string): string => `${MAPPING}schedule: { webhooks: ${webhooks} }\n`;
  const config = readFileSync(new URL("./project/config/syncline.yaml", import.meta.url), "utf8");
  const files = { "config/syncline.yaml": config.replace(", hook: { env: TEST_HOOK }", "") };

  const waits = await projectWith({ ...files, "mappings/pair.yaml": text("true") });
  const waitsNot = await projectWith({ ...files, "mappings/pair.yaml": text("false") });

  expect(waits.problems.map(({ code }) => code)).toEqual(["W_WEBHOOK_SECRET"]);
  expect(waitsNot.problems).toEqual([]);
});

const OWN = ["config/demo.yaml", "config/syncline.example.yaml"];

test.each(OWN.filter((file) => existsSync(file)))("the project's own %s is accepted", async (file) => {
  const expressions = createExpressionCompiler();
  const environment = { ...ENVIRONMENT, DATABASE_URL: "postgres://db/x" };

  const project = await readProject(file, environment, 1_782_864_000_000 as Instant, {
    expressions,
    missingSecrets: "warning",
  });
  await expressions.close();

  // The example names systems of its own, which the demo's mapping cannot have.
  const own = project.problems.filter((each) => file === "config/demo.yaml" || each.file === file);
  expect(own.filter(isError)).toEqual([]);
  expect(project.config).not.toBeNull();
});
