// A budget that cannot fit is said before the start: `plan` says it, and so does the run itself before its first write. The
// command line as a person uses it, on an account that allows thirty calls a day.

import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { makeProject, MAPPING, RIGHT, type Project } from "../e2e/project.ts";

jest.setTimeout(240_000);

let project: Project;
beforeAll(async () => {
  project = await makeProject({
    right: RIGHT.replace("auth: { scheme: none }", "auth: { scheme: none }\nlimits: [{ name: daily, rate: 30/d }]"),
    mapping: MAPPING.replace("schedule:", "guards: off\nschedule:"),
  });
  for (let index = 0; index < 20; index += 1)
    project.left.put("contact", { email: `p${String(index)}@example.com`, name: `P${String(index)}` });
});
afterAll(() => project.close());

test("a first load that a daily limit does not hold is told by the plan, and by the run before it writes", async () => {
  const planned = await project.run("plan", "ab");
  const run = await project.json("run", "ab");

  // Four fifths of thirty: the rest is kept for edits.
  expect(planned.stdout).toMatch(/does not fit: only \d+ calls of the limit "daily" are left/);
  expect(run.stderr).toContain("the run has to write more than the calls that are left allow");
  expect(run.stderr).toMatch(/right-account.*daily|daily.*right-account/s);
  const sent = project.right.calls.filter(({ method }) => method !== "GET").length;
  expect(sent).toBeGreaterThan(0);
  expect(project.right.calls.length).toBeLessThanOrEqual(24);
});
