// The whole of it as root and as an ordinary user: a folder of their own, the embedded database, files for nobody else's eyes.

import { afterEach, expect, jest, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { BIN, endAll } from "./command.ts";
import { makeProject, type Project } from "./project.ts";

jest.setTimeout(240_000);

const NOBODY = 65_534;

let made: Project | null = null;

afterEach(async () => {
  endAll();
  await made?.close();
  made = null;
});

/** Only root can become somebody else, and somebody else can only start what they can read. */
const canBeNobody =
  process.getuid?.() === 0 && spawnSync(process.execPath, ["--check", BIN], { uid: NOBODY, gid: NOBODY }).status === 0;

test("whoever runs the tests can run all of it with the embedded database", async () => {
  made = await makeProject({ database: "embedded" });

  await wholeFlow(made);
});

(canBeNobody ? test : test.skip)("an ordinary user can, too, in a folder of their own", async () => {
  made = await makeProject({ database: "embedded" });
  made.handTo(NOBODY);

  await wholeFlow(made);
});

async function wholeFlow(project: Project): Promise<void> {
  for (const number of ["1", "2", "3"])
    project.left.put("contact", { email: `p${number}@example.com`, name: `Person ${number}`, stage: "lead" });

  const doctor = await project.json("doctor");
  const first = await project.json("run", "ab", "--sweep");
  project.left.edit("contact", "a1", { name: "Ada" });
  const daemon = project.start("start");
  await daemon.says('"message":"started"');
  await daemon.says('"message":"run done"');
  daemon.send("SIGTERM");
  const ended = await daemon.ended;
  const last = await project.json("run", "ab", "--sweep");

  expect(doctor).toMatchObject({ code: 0, json: { ok: true } });
  expect(first).toMatchObject({
    code: 0,
    json: { outcome: "ok", entities: { customer: { effects: { b: { create: 3 } } } } },
  });
  expect(ended.code).toBe(143);
  expect(last).toMatchObject({
    code: 0,
    json: { entities: { customer: { situations: { "in-sync": 3 }, effects: { b: { create: 0, update: 0 } } } } },
  });
  expect(
    [...project.right.table("customer").values()]
      .map((row) => (row["attributes"] as { title: string }).title)
      .toSorted(),
  ).toEqual(["Ada", "Person 2", "Person 3"]);
}
