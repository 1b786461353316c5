// How alike values are: typed tables, published values of the published measures, and the laws every similarity keeps.

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { emailSimilarity, phoneSimilarity, postcodeSimilarity } from "../../src/mapping/similarity/contact.ts";
import { nameBlocks, nameSimilarity } from "../../src/mapping/similarity/name.ts";
import { similarityOf } from "../../src/mapping/similarity/similarity.ts";
import { textBlocks, textSimilarity } from "../../src/mapping/similarity/text.ts";
import { jaro, jaroWinkler, soundCode, wordSimilarity } from "../../src/mapping/similarity/word.ts";

describe("Jaro and Jaro-Winkler have their published values", () => {
  // Winkler, "Overview of Record Linkage" (2006), table 6, and the examples of the measure's own pages.
  test.each([
    ["SHACKLEFORD", "SHACKELFORD", 0.97, 0.982],
    ["DUNNINGHAM", "CUNNIGHAM", 0.896, 0.896],
    ["NICHLESON", "NICHULSON", 0.926, 0.956],
    ["MASSEY", "MASSIE", 0.889, 0.933],
    ["ABROMS", "ABRAMS", 0.889, 0.922],
    ["JERALDINE", "GERALDINE", 0.926, 0.926],
    ["MARHTA", "MARTHA", 0.944, 0.961],
    ["MICHELLE", "MICHAEL", 0.869, 0.921],
    ["DWAYNE", "DUANE", 0.822, 0.84],
    ["DIXON", "DICKSONX", 0.767, 0.813],
    ["CRATE", "TRACE", 0.733, 0.733],
    ["JONES", "JOHNSON", 0.79, 0.832],
    ["", "ADA", 0, 0],
    ["ABC", "XYZ", 0, 0],
  ])("%s and %s", (one, other, plain, winkler) => {
    expect(jaro(one, other)).toBeCloseTo(plain, 2.5);
    expect(jaroWinkler(one, other)).toBeCloseTo(winkler, 2.5);
  });
});

describe("words", () => {
  test.each([
    ["lovelace", "lovelce", 0.9, 0.95],
    ["smith", "smyth", 0.75, 0.85],
    ["jon", "john", 0.75, 0.85],
    ["maria", "mario", 0.75, 0.85],
    ["ada", "ida", 0.6, 0.7],
    ["ada", "bob", 0, 0],
    ["paul", "peter", 0, 0],
  ])("%s and %s", (one, other, least, most) => {
    expect(wordSimilarity(one, other)).toBeGreaterThanOrEqual(least);
    expect(wordSimilarity(one, other)).toBeLessThanOrEqual(most);
  });

  test.each([
    ["meier", "mayer"],
    ["schmidt", "schmitt"],
    ["philip", "filip"],
    ["jon", "john"],
    ["smith", "smyth"],
    ["sara", "sarah"],
    ["catherine", "katharine"],
  ])("%s sounds like %s", (one, other) => {
    expect(soundCode(one)).toBe(soundCode(other));
  });
});

describe("names", () => {
  test.each([
    ["Ada Lovelace", "Ada Lovelace", 1, 1],
    ["Ada Lovelace", "LOVELACE, Ada", 1, 1],
    ["Anna Hannah", "Hannah Anna", 1, 1],
    ["Jürgen Müller", "Juergen Mueller", 1, 1],
    ["Jürgen Müller", "Jurgen Muller", 1, 1],
    ["Zoë O'Neil", "Zoe ONeil", 1, 1],
    ["Łukasz Strauß", "Lukasz Strauss", 1, 1],
    ["Dr. Hans Huber", "Hans Huber", 1, 1],
    ["Ludwig van Beethoven", "Beethoven, Ludwig", 0.95, 0.99],
    ["Anna-Maria Berg", "Annamaria Berg", 0.95, 0.99],
    ["Ada Lovelace", "A. Lovelace", 0.9, 0.95],
    ["Ada Lovelace", "Ada Lovelce", 0.94, 0.97],
    ["Anna Müller-Schmidt", "Anna Müller", 0.8, 0.9],
    ["Anna Maria Schmidt", "Anna Schmidt", 0.8, 0.9],
    ["Maria Rossi", "Mario Rossi", 0.85, 0.92],
    ["Ada Smith", "Ida Smith", 0.75, 0.9],
    ["Madonna", "Madonna Ciccone", 0.6, 0.75],
    ["Paul Smith", "Peter Smith", 0.3, 0.6],
    ["John Doe", "Jane Roe", 0, 0.5],
    ["李明", "李明", 1, 1],
    ["Joe", "Jo", 0, 0.9],
  ])("%s and %s", (one, other, least, most) => {
    expect(nameSimilarity(one, other)).toBeGreaterThanOrEqual(least);
    expect(nameSimilarity(one, other)).toBeLessThanOrEqual(most);
  });

  test.each([
    ["Ada Lovelace", "Lovelace, Ada"],
    ["Ada Lovelace", "A. Lovelace"],
    ["Ada Lovelace", "Ada Lovelce"],
    ["Ada Lovelace", "Ada Lovelave"],
    ["Jürgen Müller", "Juergen Mueller"],
    ["Ludwig van Beethoven", "L. Beethoven"],
    ["Anna Müller-Schmidt", "Anna Müller"],
    ["Madonna", "MADONNA"],
    ["John Doe", "Jon Doe"],
  ])("%s and %s share a block", (one, other) => {
    expect(nameBlocks(one).filter((block) => nameBlocks(other).includes(block))).not.toEqual([]);
  });
});

test.each([
  ["+442079460123", "+442079460123", 1],
  ["+442079460123", "+442079460123;ext=12", 0.9],
  ["+442079460123", "+12079460123", 0.7],
  ["+442079460123", "+442079460124", 0],
  ["+4312345", "+4912345", 0],
])("phones %s and %s: %d", (one, other, expected) => {
  expect(phoneSimilarity(one, other)).toBe(expected);
});

test.each([
  ["ada@example.com", "ada@example.com", 1, 1],
  ["ada@example.com", "ada@example.org", 0.5, 0.95],
  ["ada.lovelace@example.com", "adalovelace@example.com", 0.95, 0.99],
  ["ada+shop@example.com", "ada@example.com", 0.95, 0.99],
  ["ada@example.com", "ada@exmaple.com", 0.8, 0.95],
  ["info@one.example", "info@other.test", 0, 0.1],
  ["ada@example.com", "bob@example.com", 0, 0.1],
])("e-mail addresses %s and %s", (one, other, least, most) => {
  expect(emailSimilarity(one, other)).toBeGreaterThanOrEqual(least);
  expect(emailSimilarity(one, other)).toBeLessThanOrEqual(most);
});

test.each([
  ["SW1A 1AA", "sw1a1aa", 1],
  ["SW1A 1AA", "SW1A 2AA", 0.5],
  ["12345", "12345-6789", 0.9],
  ["10115", "10117", 0.5],
  ["1010", "1020", 0],
  ["SW1A 1AA", "N1 9GU", 0],
])("postal codes %s and %s: %d", (one, other, expected) => {
  expect(postcodeSimilarity(one, other)).toBe(expected);
});

test.each([
  ["Acme Ltd", "ACME LTD.", 1, 1],
  ["Acme Ltd", "Ltd Acme", 1, 1],
  ["Acme Trading Ltd", "Acme Tradng Ltd", 0.9, 0.99],
  ["Main Street 5", "Mainstreet 5", 0.95, 0.99],
  ["Acme Trading", "Globex Trading", 0.3, 0.7],
  ["Acme", "Globex", 0, 0.2],
])("texts %s and %s", (one, other, least, most) => {
  expect(textSimilarity(one, other)).toBeGreaterThanOrEqual(least);
  expect(textSimilarity(one, other)).toBeLessThanOrEqual(most);
});

test("numbers, dates and the words of few values are equal or not", () => {
  for (const type of ["integer", "decimal", "money", "date", "uuid", "country", "boolean", "word"]) {
    const similarity = similarityOf(type);
    expect([similarity.compare("1815", "1815"), similarity.compare("1815", "1816")]).toEqual([1, 0]);
  }
});

test("nobody is looked for by a country or a boolean", () => {
  for (const type of ["country", "boolean", "currency", "language", "percent", "word"]) {
    expect(similarityOf(type).blocks("GB")).toEqual([]);
  }
});

describe("laws of every similarity", () => {
  const name = fc
    .array(
      fc.constantFrom(
        "Ada",
        "Łucja",
        "van",
        "der",
        "Müller-Schmidt",
        "O’Neil",
        "J.",
        "Dr.",
        "李明",
        "é",
        " ",
        "-",
        "☃",
      ),
      { maxLength: 5 },
    )
    .map((words) => words.join(" "));
  const text = fc.oneof(
    name,
    fc.string({ unit: "grapheme", maxLength: 30 }),
    fc.emailAddress(),
    fc.stringMatching(/^\+\d{5,15}(;ext=\d)?$/),
  );
  const kinds = ["person_name", "phone", "email", "postal_code", "text", "date", "country"];

  test.each(kinds)("%s: symmetric, 1 for equal values, from 0 to 1", (type) => {
    const similarity = similarityOf(type);
    fc.assert(
      fc.property(text, text, (one, other) => {
        const score = similarity.compare(one, other);
        expect(score).toBe(similarity.compare(other, one));
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(similarity.compare(one, one)).toBe(1);
      }),
      { numRuns: 500 },
    );
  });

  test.each(kinds)("%s: the same value has the same blocks, and few of them", (type) => {
    const similarity = similarityOf(type);
    fc.assert(
      fc.property(text, (one) => {
        expect(similarity.blocks(one)).toEqual(similarity.blocks(one.slice(0, 1) + one.slice(1)));
        expect(similarity.blocks(one).length).toBeLessThanOrEqual(6);
      }),
    );
  });
});

test("long values are compared in bounded time by their beginnings", () => {
  const long = "a ".repeat(100_000);

  expect(nameSimilarity(long, `${long}b`)).toBe(1);
  expect(textSimilarity("x".repeat(500_000), "y".repeat(500_000))).toBe(0);
  expect(textBlocks(long).length).toBeLessThanOrEqual(6);
});
