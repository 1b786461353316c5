// docs/problems.md is complete: every code in the sources has its line there, and no line is of a code that is gone.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A quoted code; one that is only the beginning of codes (`startsWith`) is none. */
const CODE = /(?<!startsWith\()["'`]([EW]_[A-Z_]*[A-Z])["'`]/g;
const LINE = /^\| `([EW]_[A-Z_]+)`/gm;

function codesIn(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, code = ""]) => code);
}

const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(?:ts|mjs)$/.test(name))
  .map((name) => readFileSync(join(ROOT, "src", name), "utf8"));
const used = new Set(sources.flatMap((text) => codesIn(text, CODE)));
const documented = codesIn(readFileSync(join(ROOT, "docs/problems.md"), "utf8"), LINE);

test("every problem code of the sources is documented", () => {
  expect(used.size).toBeGreaterThan(80);
  expect([...used].filter((code) => !documented.includes(code))).toEqual([]);
});

test("every documented code exists, and has one line", () => {
  expect(documented.filter((code) => !used.has(code))).toEqual([]);
  expect(documented.filter((code, index) => documented.indexOf(code) !== index)).toEqual([]);
});
