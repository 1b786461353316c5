// Names on the command line that nothing has: each is told with the one that was probably meant, and exits 2.

import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { makeProject, type Project } from "../e2e/project.ts";

let project: Project;

beforeAll(async () => {
  project = await makeProject({});
});

afterAll(() => project.close());

test.each([
  [["plan", "abb"], 'there is no pair "abb"; did you mean "ab"?'],
  [["run", "abb"], 'there is no pair "abb"; did you mean "ab"?'],
  [["status", "abb"], 'there is no pair "abb"; did you mean "ab"?'],
  [["check", "abb"], 'there is no pair "abb"; did you mean "ab"?'],
  [["pause", "something-else"], 'there is no pair "something-else"; there is ab'],
  [["run", "ab", "--entity", "custmer"], 'pair ab has no entity "custmer"; did you mean "customer"?'],
  [["links", "ab", "--entity", "custmer"], 'pair ab has no entity "custmer"; did you mean "customer"?'],
  [["links", "ab", "crm:1"], 'pair ab has no side "crm"; there are a, b'],
  [["cases", "resolve", "12", "--dismiss"], 'there is no case "12"; there is none'],
  [["quarantine", "retry", "--all", "--pair", "abb"], 'there is no pair "abb"; did you mean "ab"?'],
  [["schema", "maping"], 'there is no schema "maping"; did you mean "mapping"?'],
  [["suggest", "ab", "custmer"], 'pair ab has no entity "custmer"; did you mean "customer"?'],
  [["test", "abb"], 'there is no pair "abb"; did you mean "ab"?'],
  [["run", "ab", "--swep"], "(Did you mean --sweep?)"],
  [["pln", "ab"], "(Did you mean plan?)"],
])("syncline %j", async (args, told) => {
  const { code, stderr } = await project.run(...args);

  expect(stderr).toContain(told);
  expect(code).toBe(2);
});
