// `syncline suggest` and `init --left --right` against two real servers on this machine.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";

import { MAPPING, makeProject, type Project } from "../e2e/project.ts";

let project: Project;

const BARE = `# yaml-language-server: $schema=../schema/mapping.json
pair: ab
sides: { a: left-account, b: right-account }
entities:
  customer:
    a: { object: contact }
    b: { object: customer }
`;

beforeAll(async () => {
  project = await makeProject({ database: "embedded" });
  for (let index = 0; index < 8; index += 1) {
    const email = `person${String(index)}@example.com`;
    project.left.put("contact", { email, name: `Name ${String(index)}`, stage: index % 2 === 0 ? "lead" : "customer" });
    project.right.put("customer", {
      mail: email.toUpperCase(),
      attributes: { title: `Name ${String(index)}`, segment: index % 2 === 0 ? "prospect" : "active" },
    });
  }
});

afterAll(() => project.close());

describe("suggest", () => {
  test("an entity with objects and nothing else gets a draft that check accepts", async () => {
    project.write("mappings/ab.yaml", BARE);

    const drafted = await project.run("suggest", "ab", "customer", "--json");
    const report = drafted.json() as {
      yaml: string;
      joined: number;
      samples: unknown;
      fields: { name: string; rule: unknown }[];
    };
    project.write("mappings/ab.yaml", `${BARE}${report.yaml}\n`);
    const checked = await project.run("check", "ab", "--json");

    expect(drafted.code).toBe(0);
    expect(report).toMatchObject({ joined: 8, samples: { a: 8, b: 8 } });
    expect(report.fields.map(({ name, rule }) => [name, rule])).toEqual([
      ["email", { b: "mail", as: "email" }],
      ["name", { b: "title" }],
      ["stage", { b: "segment", values: { lead: "prospect", customer: "active" } }],
    ]);
    expect(checked.code).toBe(0);
    expect(project.left.writes()).toEqual([]);
    expect(project.right.writes()).toEqual([]);
  });

  test("what it prints can be pasted, and says why", async () => {
    project.write("mappings/ab.yaml", `${BARE}    fields: {}\n`);

    const { code, stdout } = await project.run("suggest", "ab", "customer");

    expect(code).toBe(0);
    expect(stdout).toContain("# 8 records of a and 8 of b were read; 8 are on both sides.");
    expect(stdout).toMatch(/^ {6}email: \{ b: mail, as: email \} # 8 of 8 equal; the names say so$/m);
    expect(parse(stdout)).toMatchObject({ match: [["email"]] });
  });

  test("a field that holds ids of the pair's own records is drafted as a reference", async () => {
    const linked = await makeProject({ database: "embedded" });
    linked.write("mappings/ab.yaml", BARE);
    for (let index = 1; index <= 4; index += 1) {
      const email = `p${String(index)}@example.com`;
      linked.left.put("contact", { email, boss: index > 1 ? `a${String(index - 1)}` : null });
      linked.right.put("customer", { mail: email, reports_to: index > 1 ? `b${String(index - 1)}` : null });
    }

    const { json } = await linked.json("suggest", "ab", "customer");
    await linked.close();

    expect(json).toMatchObject({
      fields: expect.arrayContaining([
        expect.objectContaining({ name: "boss", rule: { b: "reports_to", ref: "customer", optional: true } }),
      ]),
    });
  });

  test("an entity or a number of samples that cannot be is told: exit 2", async () => {
    project.write("mappings/ab.yaml", BARE);

    const entity = await project.run("suggest", "ab", "custmer");
    const samples = await project.run("suggest", "ab", "customer", "--samples", "many");

    expect([entity.code, samples.code]).toEqual([2, 2]);
    expect(entity.stderr).toContain('pair ab has no entity "custmer"; did you mean "customer"?');
    expect(samples.stderr).toContain("--samples wants a number");
  });
});

describe("init in a project that is there", () => {
  test("drafts a mapping of two of its systems, which check accepts", async () => {
    project.write("mappings/ab.yaml", MAPPING);

    const drafted = await project.run(
      "init",
      "--left",
      "left-account",
      "--right",
      "right-account",
      "--object-left",
      "contact",
      "--object-right",
      "customer",
    );
    const again = await project.run("init", "--left", "left-account", "--right", "right-account");
    const checked = await project.run("check", "left-right", "--json");

    expect(drafted.stderr).toBe("");
    expect(drafted.code).toBe(0);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("is there already");
    expect(parse(readFileSync(join(project.folder, "mappings/left-right.yaml"), "utf8"))).toMatchObject({
      pair: "left-right",
      state: "proposed",
    });
    expect(checked.code).toBe(0);
  });

  test("a system that is not there is told with the nearest one: exit 2", async () => {
    const { code, stderr } = await project.run("init", "--left", "left-acount", "--right", "right-account");

    expect(code).toBe(2);
    expect(stderr).toContain('there is no system "left-acount"; did you mean "left-account"?');
  });
});
