// Which names are taken for slips of a listed one: few, because unlisted fields are allowed.

import { expect, test } from "@jest/globals";

import { lookalike } from "../../src/config/lookalike.ts";

test.each<readonly [string, string, boolean]>([
  ["owner_name", "ownerName", true],
  ["EMAIL", "email", true],
  ["emial", "email", true],
  ["emal", "email", true],
  ["emaill", "email", true],
  ["emeil", "email", true],
  ["firstname", "lastname", false],
  ["line1", "line2", false],
  ["line", "lines", false],
  ["zip", "zap", false],
  ["phone", "email", false],
])("%s for %s: %s", (name, listed, expected) => {
  expect(lookalike(name, ["unlike", listed])).toBe(expected ? listed : null);
});
