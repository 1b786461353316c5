// A scored match rule: what the file may say, what is compared, and what a score is worth.

import { describe, expect, test } from "@jest/globals";
import { BLOCK_MOST } from "../../src/engine/alike.ts";
import type { Fields } from "../../src/core/value.ts";
import type { EntityMapping } from "../../src/mapping/mapping.ts";
import { blockKeys, exactKeys, profileOf } from "../../src/mapping/match-key.ts";
import type { PairScore, ScoreRule } from "../../src/mapping/match-score.ts";
import { compileText, entityOf, entityText } from "./compiled.ts";

const FIELDS = `name: { crm: [firstname, lastname], billing: name, as: person_name }
phone: { as: { phone: GB } }
email: { as: email }
born: { as: date }
owner: { ref: thing }`;

const SCORE = "match: [{ score: { name: 0.5, phone: 0.3, born: 0.2 }, link_at: 0.95, review_at: 0.8 }]";

async function keysOf(entity: EntityMapping, side: "left" | "right", record: Fields): Promise<readonly string[]> {
  const [reading] = await entity.read(side, [record]);
  return (reading?.matchKeys ?? []).flatMap((key) => key ?? []);
}

function ruleOf(entity: EntityMapping): ScoreRule {
  const [rule] = entity.scored;
  if (rule === undefined) throw new Error("no scored rule");
  return rule;
}

async function scored(left: Fields, right: Fields, match = SCORE): Promise<PairScore> {
  const entity = entityOf(FIELDS, match);
  const rule = ruleOf(entity);
  const [one, other] = [await keysOf(entity, "left", left), await keysOf(entity, "right", right)];
  return rule.score(profileOf(one, rule.index) ?? "", profileOf(other, rule.index) ?? "");
}

const ADA = { firstname: "Ada", lastname: "Lovelace", phone: "020 7946 0123", born: "1815-12-10" };
const ADA_BILLED = { name: "Lovelace, Ada", phone: "+442079460123", born: "1815-12-10" };

/** 101 syllables to make names of. */
const WORDS = Array.from({ length: 101 }, (_, index) =>
  ["B", "D", "F", "G", "K", "L", "M", "N", "P", "R", "S", "T", "V", "W", "Z"]
    .map((letter, place) => `${letter}${["a", "e", "i", "o", "u", "ar", "en"][(index + place) % 7] ?? ""}`)
    .slice(index % 13, (index % 13) + 2)
    .join("")
    .concat(["", "s", "ta", "li", "mo", "ner", "sk", "vo"][index % 8] ?? ""),
);

describe("a score", () => {
  test("is the weighted mean over the fields that both show, with the score of each", async () => {
    expect(await scored(ADA, ADA_BILLED)).toEqual({
      score: 1,
      evidence: 1,
      grade: "sure",
      fields: { name: 1, phone: 1, born: 1 },
    });
    expect(await scored(ADA, { ...ADA_BILLED, name: "A. Lovelace" })).toMatchObject({
      score: 0.9625,
      fields: { name: 0.925, phone: 1, born: 1 },
    });
  });

  test("of a field that one side lacks, or cannot read, is none: it has no opinion", async () => {
    const { born: _born, ...undated } = ADA_BILLED;

    expect(await scored(ADA, undated)).toMatchObject({ score: 1, evidence: 0.8, fields: { born: null } });
    expect(await scored(ADA, { ...undated, born: null })).toMatchObject({ evidence: 0.8 });
    expect(await scored(ADA, { ...undated, born: "no date" })).toMatchObject({ evidence: 0.8 });
  });

  test.each([
    ["more than half of the weight", { name: "Ada Lovelace", born: "1815-12-10" }, "sure"],
    ["half of the weight", { name: "Ada Lovelace" }, "sure"],
    ["less than half: never sure", { phone: "+442079460123" }, "likely"],
    ["less than a quarter: nothing", { born: "1815-12-10" }, "none"],
    ["nothing at all", {}, "none"],
  ])("rests on evidence: %s", async (_what, billed, grade) => {
    expect(await scored(ADA, billed)).toMatchObject({ grade });
  });

  test("weights need not add up to one", async () => {
    const match = "match: [{ score: { name: 5, phone: 3, born: 2 }, link_at: 0.95, review_at: 0.8 }]";

    expect(await scored(ADA, { ...ADA_BILLED, name: "A. Lovelace" }, match)).toMatchObject({
      score: 0.9625,
      evidence: 1,
    });
  });

  test.each([
    [1, "sure"],
    [0.9625, "sure"],
    [0.97, "likely"],
  ])("is weighed against link_at %d", async (linkAt, grade) => {
    const match = `match: [{ score: { name: 0.5, phone: 0.3, born: 0.2 }, link_at: ${String(linkAt)}, review_at: 0.8 }]`;
    const billed = linkAt === 1 ? ADA_BILLED : { ...ADA_BILLED, name: "A. Lovelace" };

    expect(await scored(ADA, billed, match)).toMatchObject({ grade });
  });

  test("is the same from both sides", async () => {
    const entity = entityOf(FIELDS, SCORE);
    const rule = ruleOf(entity);
    const one = profileOf(await keysOf(entity, "left", { ...ADA, firstname: "Adda" }), 0) ?? "";
    const other = profileOf(await keysOf(entity, "right", { ...ADA_BILLED, phone: null }), 0) ?? "";

    expect(rule.score(one, other)).toEqual(rule.score(other, one));
  });
});

describe("keys of a scored rule", () => {
  test("are blocks and a profile with the rule's own prefix, never a key that another rule finds", async () => {
    const entity = entityOf(FIELDS, `match: [[email], ${SCORE.slice("match: [".length)}`);
    const keys = await keysOf(entity, "left", { ...ADA, email: "ada@example.com" });

    expect(exactKeys(keys)).toHaveLength(1);
    expect(blockKeys(keys, 1).length).toBeGreaterThan(2);
    expect(profileOf(keys, 1)).not.toBeNull();
    expect(ruleOf(entity).shown(profileOf(keys, 1) ?? "")).toEqual({
      name: "Ada Lovelace",
      phone: "+442079460123",
      born: "1815-12-10",
    });
  });

  test("are shared by what is alike on the other side", async () => {
    const entity = entityOf(FIELDS, SCORE);
    const left = await keysOf(entity, "left", ADA);
    for (const record of [
      { name: "A. Lovelace" },
      { name: "Lovelace Adah" },
      { phone: "+44 20 7946 0123" },
      { born: "1815-12-10" },
    ]) {
      const right = await keysOf(entity, "right", record);
      expect(blockKeys(right, 0).some((key) => left.includes(key))).toBe(true);
    }
  });

  test("a postal code is looked for with a first letter of the name", async () => {
    const entity = entityOf(
      "name: { as: person_name }\nzip: { as: postal_code }",
      "match: [{ score: { name: 1, zip: 1 }, link_at: 0.9, review_at: 0.5 }]",
    );
    const one = await keysOf(entity, "left", { name: "Ada Lovelace", zip: "SW1A 1AA" });
    const other = await keysOf(entity, "right", { name: "Anna Meier", zip: "sw1a1aa" });

    expect(blockKeys(one, 0).filter((key) => other.includes(key))).toEqual(["0~zip:SW1A1AA+a"]);
  });

  test("a profile stays short enough to be stored whole, and what differs behind the cut is not equal", async () => {
    const entity = entityOf(
      "note: { as: text }\nname: { as: person_name }",
      "match: [{ score: { note: 1, name: 1 }, link_at: 0.99, review_at: 0.5 }]",
    );
    const rule = ruleOf(entity);
    const long = "word ".repeat(200);
    const [one, same, other] = await Promise.all(
      [long, long, `${long}end`].map(
        async (note) => profileOf(await keysOf(entity, "left", { note, name: "Ada Lovelace" }), 0) ?? "",
      ),
    );

    expect(`0=${one ?? ""}`.length).toBeLessThan(400);
    expect(rule.score(one ?? "", same ?? "").score).toBe(1);
    expect(rule.score(one ?? "", other ?? "").score).toBeLessThan(1);
  });

  test("a record that shows none of the fields has none", async () => {
    expect(await keysOf(entityOf(FIELDS, SCORE), "left", { email: "ada@example.com" })).toEqual([]);
  });
});

test("of a hundred thousand records each is compared with few: those who share a block that a hundred at most have", async () => {
  const entity = entityOf(FIELDS, SCORE);
  const rule = ruleOf(entity);
  const count = 50_000;
  const person = (index: number, side: "left" | "right"): Fields => {
    const [first, last] = [
      WORDS[index % WORDS.length] ?? "",
      `${WORDS[(index * 7) % 97] ?? ""}${WORDS[(index * 13) % 89] ?? ""}`,
    ];
    const phone = `+44 20 7${String(100_000 + ((index * 7919) % 900_000)).padStart(7, "0")}`;
    return side === "left" ? { firstname: first, lastname: last, phone } : { name: `${first} ${last}`, phone };
  };
  const members = new Map<string, { left: number; right: number }>();
  for (const side of ["left", "right"] as const) {
    const records = Array.from({ length: count }, (_, index) => person(index, side));
    for (const { matchKeys } of await entity.read(side, records)) {
      for (const key of blockKeys(
        matchKeys.flatMap((each) => each ?? []),
        rule.index,
      )) {
        const block = members.get(key) ?? { left: 0, right: 0 };
        block[side] += 1;
        members.set(key, block);
      }
    }
  }

  const compared = [...members.values()]
    .filter(({ left, right }) => left <= BLOCK_MOST && right <= BLOCK_MOST)
    .reduce((sum, { left, right }) => sum + left * right, 0);

  // All against all would be 2,500 million.
  expect(compared).toBeGreaterThan(count);
  expect(compared / count).toBeLessThan(BLOCK_MOST);
});

describe("what the file may say", () => {
  const problemsOf = (match: string): readonly (readonly [string, string, string | null])[] =>
    compileText(entityText(FIELDS, `match: [${match}]`)).problems.map(({ code, path, hint }) => [
      code,
      path.slice(3).join("."),
      hint,
    ]);

  test.each([
    ["{ score: { nam: 1 }, link_at: 0.9, review_at: 0.8 }", "E_KEY", "0.score.nam", 'did you mean "name"?'],
    ["{ score: { owner: 1 }, link_at: 0.9, review_at: 0.8 }", "E_KEY", "0.score.owner", null],
    ["{ score: { name: 0 }, link_at: 0.9, review_at: 0.8 }", "E_RANGE", "0.score.name", null],
    ["{ score: { name: -1 }, link_at: 0.9, review_at: 0.8 }", "E_RANGE", "0.score.name", null],
    ["{ score: { name: much }, link_at: 0.9, review_at: 0.8 }", "E_TYPE", "0.score.name", null],
    ["{ score: {}, link_at: 0.9, review_at: 0.8 }", "E_MISSING", "0.score", null],
    ["{ score: [name], link_at: 0.9, review_at: 0.8 }", "E_TYPE", "0.score", null],
    ["{ link_at: 0.9, review_at: 0.8 }", "E_MISSING", "0.score", "score: { name: 0.5, phone: 0.3 }"],
    ["{ score: { name: 1 }, review_at: 0.8 }", "E_MISSING", "0.link_at", "link_at: 0.95"],
    ["{ score: { name: 1 }, link_at: 0.9 }", "E_MISSING", "0.review_at", "review_at: 0.8"],
    ["{ score: { name: 1 }, link_at: 0.8, review_at: 0.9 }", "E_RANGE", "0.review_at", null],
    ["{ score: { name: 1 }, link_at: 0.8, review_at: 0.8 }", "E_RANGE", "0.review_at", null],
    ["{ score: { name: 1 }, link_at: 1.1, review_at: 0.8 }", "E_RANGE", "0.link_at", null],
    ["{ score: { name: 1 }, link_at: 0.9, review_at: 0 }", "E_RANGE", "0.review_at", null],
    ["{ score: { name: 1 }, link_at: high, review_at: 0.8 }", "E_TYPE", "0.link_at", null],
    [
      "{ score: { name: 1 }, link_at: 0.9, reviw_at: 0.8, review_at: 0.8 }",
      "E_UNKNOWN_KEY",
      "0.reviw_at",
      'did you mean "review_at"?',
    ],
  ])("%s: %s", (match, code, at, hint) => {
    expect(problemsOf(match)).toEqual([[code, at, hint]]);
  });

  test("a field that loses detail may be scored, though it cannot be matched by", () => {
    const fields = "price: { crm: { as: { decimal: 2 } }, as: decimal }";
    const codes = (match: string): readonly string[] =>
      compileText(entityText(fields, match)).problems.map(({ code }) => code);

    expect(codes("match: [[price]]")).toContain("E_KEY");
    expect(codes("match: [{ score: { price: 1 }, link_at: 0.9, review_at: 0.8 }]")).not.toContain("E_KEY");
  });
});
