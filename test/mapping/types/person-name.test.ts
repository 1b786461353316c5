// person_name: how a full name is put together and split, as a table; and that no name goes back and forth between two sides.

import { describe, expect, test } from "@jest/globals";

import type { Value } from "../../../src/core/value.ts";
import { compiled, compiledParts, same, seeded } from "./compiled.ts";

type Parts = readonly (Value | undefined)[];

const name = compiledParts("person_name");

const SPLIT: readonly (readonly [value: string, shown: Parts, parts: Parts])[] = [
  ["Ada Lovelace", [undefined, undefined], ["Ada", "Lovelace"]],
  [" Ada", [undefined, undefined], ["Ada", null]],
  ["Madonna", ["", ""], ["Madonna", ""]],
  ["Madonna", [null, "Madonna"], [null, "Madonna"]],
  ["van Beethoven", [undefined, undefined], [null, "van Beethoven"]],
  ["Ludwig van Beethoven", [undefined, undefined], ["Ludwig", "van Beethoven"]],
  ["Oscar de la Renta", [undefined, undefined], ["Oscar", "de la Renta"]],
  ["Mary Ann Smith", [undefined, undefined], ["Mary Ann", "Smith"]],
  ["Mary Ann Smith", ["Mary", "Ann Smith"], ["Mary", "Ann Smith"]],
  ["Mary  Ann Smith ", ["Mary", "Ann Smith"], ["Mary", "Ann Smith"]],
  ["Ada King Lovelace", ["Ada", "Lovelace"], ["Ada King", "Lovelace"]],
  ["Mary Ann Jones Miller", ["Mary Ann", "Smith"], ["Mary Ann", "Jones Miller"]],
  ["Gabriel García Márquez", ["G.", "García Márquez"], ["Gabriel", "García Márquez"]],
  ["", ["Ada", ""], [null, ""]],
  ["Ada Maria King Lovelace", [undefined, undefined, undefined], ["Ada", "Maria King", "Lovelace"]],
  ["Ada Lovelace", [undefined, undefined, ""], ["Ada", null, "Lovelace"]],
  ["Mary Ann Eva Smith", ["Mary Ann", "Rose", "Smith"], ["Mary Ann", "Eva", "Smith"]],
];

const JOIN: readonly (readonly [parts: Parts, value: unknown])[] = [
  [["Ada", "Lovelace"], { ok: true, value: "Ada Lovelace" }],
  [[" Ada ", "Lovelace "], { ok: true, value: "Ada Lovelace" }],
  [[null, "Lovelace"], { ok: true, value: "Lovelace" }],
  [["Ada", undefined], { ok: true, value: "Ada" }],
  [["Ada", "", "Lovelace"], { ok: true, value: "Ada Lovelace" }],
  [["", ""], { ok: true, value: "" }],
  [[null, undefined], { ok: true, value: null }],
  [[undefined, undefined], null],
  [[{}, "Lovelace"], { ok: false, message: "{} is not part of a name" }],
];

describe("person_name", () => {
  test.each(SPLIT)("%j over %j is split into %j", (value, shown, parts) => {
    expect(name.split(value, shown)).toEqual(parts);
  });

  test.each(JOIN)("%j is joined to %j", (parts, value) => {
    expect(name.join(parts)).toEqual(value);
  });

  test("options name the fields in another order and say where a lone word goes", () => {
    const reversed = compiledParts("person_name", { person_name: ["family", "given"] });
    const single = compiledParts({ person_name: { single: "family" } });

    expect(reversed.split("Ada Lovelace", [null, null])).toEqual(["Lovelace", "Ada"]);
    expect(reversed.join(["Lovelace", "Ada"])).toEqual({ ok: true, value: "Ada Lovelace" });
    expect(reversed.spreads(3)).toBe(false);
    expect(single.split("Madonna", [null, null])).toEqual([null, "Madonna"]);
  });

  test("null clears every field, and white space and composition make no difference", () => {
    expect(name.split(null, ["Ada", "Lovelace"])).toEqual([null, null]);
    expect(same("person_name", "Zoe\u0301  King", " Zoé King")).toBe(true);
    expect(same("person_name", "Ada", "ada")).toBe(false);
  });

  test("a name that goes from one field to two and back is the same, whatever the two fields showed before", () => {
    const single = compiled("person_name");
    const random = seeded(7);
    const words = ["Ada", "van", "de", "la", "Beethoven", "Ann", "O'Neil", "李", "Ze\u0301", "Zé", "von", ""];
    const anyName = (): string =>
      Array.from({ length: Math.floor(random() * 5) }, () => words[Math.floor(random() * words.length)]).join(" ");

    const changed: unknown[] = [];
    for (let round = 0; round < 5_000; round += 1) {
      const full = anyName();
      const shown =
        random() < 0.3
          ? [undefined, null]
          : random() < 0.5
            ? [anyName(), anyName()]
            : [anyName(), anyName(), anyName()];
      const parts = name.split(full, shown);
      const joined = name.join(parts);
      const text = joined?.ok === true ? (joined.value ?? "") : "no name";
      if (single.key(text) !== single.key(full)) changed.push({ full, shown, parts });
      else if (JSON.stringify(name.split(text, parts)) !== JSON.stringify(parts))
        changed.push({ full, parts, again: true });
    }

    expect(changed).toEqual([]);
  });
});
