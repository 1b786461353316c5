// Every file of test/config/corpus takes the place of one file of a good project. Its last line says what must be found in it:
// these problems at these places, and no others in any file but those that follow from it.

import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "@jest/globals";

import { CANARY, projectWith, told } from "./projects.ts";

/** Whatever stands for a secret in these files and the environment. */
const SECRETS = new RegExp(`${CANARY}|81726354|12345678901234567890123`);

const CORPUS = new URL("./corpus/", import.meta.url);

/** The message itself says where the expression breaks. */
const NO_MEND = ["E_EXPR_SYNTAX"];

const PLACES = {
  config: "config/syncline.yaml",
  connector: "connectors/crm.yaml",
  mapping: "mappings/pair.yaml",
} as const;

describe.each(["config", "connector", "mapping"] as const)("a broken %s", (kind) => {
  const folder = new URL(`${kind}/`, CORPUS);
  const names = readdirSync(folder).map((name) => basename(name, ".broken"));

  test.each(names)("%s is told with its code and place", async (name) => {
    const text = readFileSync(new URL(`${name}.broken`, folder), "utf8");
    const expected = /# expect: (.*)\n$/.exec(text)?.[1]?.split("; ");

    const { problems } = await projectWith({ [PLACES[kind]]: text });

    const found = problems.filter(({ file }) => file.endsWith(PLACES[kind]));
    expect([...told(found)].sort()).toEqual([...(expected ?? [])].sort());
    expect(JSON.stringify(problems)).not.toMatch(SECRETS);
    for (const { code, hint, expected: due } of found) {
      if (!NO_MEND.includes(code)) expect({ code, mend: hint ?? due }).not.toEqual({ code, mend: null });
    }
  });
});
