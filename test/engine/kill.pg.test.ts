// A real process, killed with SIGKILL while it writes, and started again: the same promise as crash.pg.test.ts (14), with nothing
// of our own in between.

import { afterEach, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { makeProject, type Project } from "../e2e/project.ts";
import { plainConnector } from "./pair.ts";
import { shown } from "./things.ts";

let project: Project | null = null;

afterEach(async () => {
  await project?.close();
  project = null;
});

const MAPPING = `
pair: ab
state: active
sides: { a: left-account, b: right-account }
guards: off
entities:
  thing:
    a: { object: thing }
    b: { object: thing }
    match: [[email]]
    allow: { a: [create, update, delete], b: [create, update, delete] }
    fields:
      email: { as: email }
      name: {}
`;

/** A dead process gives nothing back: its lease has to run out, which the test does not wait for. */
async function leaseRunsOut(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("update syncline.leases set until = clock_timestamp() - interval '1 second'");
  await client.end();
}

describe("a process that is killed", () => {
  test.each([
    { what: "as its first create arrives", method: "POST", nth: 1 },
    { what: "in the middle of its creates", method: "POST", nth: 7 },
    { what: "as an update arrives", method: "PATCH", nth: 1 },
    { what: "while it reads back", method: "GET", nth: 8 },
  ])(
    "$what is started again and ends with every record once",
    async ({ method, nth }) => {
      project = await makeProject({
        mapping: MAPPING,
        left: plainConnector("left", ["thing"], { find: "email" }),
        right: plainConnector("right", ["thing"], { find: "email" }),
      });
      const { left, right } = project;
      for (let index = 0; index < 12; index += 1)
        left.put("thing", { email: `n${String(index)}@example.com`, name: `N${String(index)}` });
      // Matched, and to be filled.
      right.put("thing", { email: "n0@example.com", name: null });
      let seen = 0;
      const running = project.start("run", "ab", "--sweep", "--json");
      right.meanwhile = (called, path) => {
        if (called !== method || path.endsWith("search")) return;
        seen += 1;
        if (seen === nth) running.send("SIGKILL");
      };
      const ended = await running.ended;
      if (seen === 0) throw new Error(ended.stdout + ended.stderr);
      right.meanwhile = null;
      expect(seen).toBeGreaterThanOrEqual(nth);
      if (project.databaseUrl === null) throw new Error("no database");
      await leaseRunsOut(project.databaseUrl);

      expect(await project.run("run", "ab", "--sweep")).toMatchObject({ code: 0 });
      expect(await project.run("run", "ab", "--sweep")).toMatchObject({ code: 0 });

      const creates = right.writes().length;
      const quiet = await project.json("run", "ab", "--sweep");
      expect(shown(right)).toEqual(shown(left));
      expect(right.table("thing").size).toBe(12);
      expect(right.writes()).toHaveLength(creates);
      expect(quiet.json).toMatchObject({
        outcome: "ok",
        entities: { thing: { situations: { "in-sync": 12 }, cases: 0 } },
      });
    },
    300_000,
  );
});
