// phone, country, currency, language, address: tables of what each reads and writes.

import { describe, expect, test } from "@jest/globals";

import type { Value } from "../../../src/core/value.ts";
import { COUNTRY_CODES, countryOf } from "../../../src/mapping/types/countries.ts";
import { CURRENCY_CODES, currencyDecimals } from "../../../src/mapping/types/currencies.ts";
import { compiled, compiledParts, read, same } from "./compiled.ts";

const invalid = { invalid: expect.any(String) };
const STREET = { address: { parts: { line1: "street", postal_code: "zip", city: "town", country: "land" } } };
const WIEN = { line1: "Ringstraße 1", city: "Wien", postal_code: "1010", country: "AT" };

const READ: readonly (readonly [spec: unknown, raw: Value, value: unknown])[] = [
  ["phone", "+44 20 7946 0000", "+442079460000"],
  ["phone", "+44 (0)20 7946-0000", "+442079460000"],
  ["phone", "0044 20 7946 0000", "+442079460000"],
  ["phone", "tel:+44-20-7946-0000", "+442079460000"],
  ["phone", "+44 20 7946 0000 ext. 12", "+442079460000;ext=12"],
  ["phone", "020 7946 0000", { invalid: expect.stringContaining("{ phone: GB }") }],
  [{ phone: "GB" }, "020 7946 0000", "+442079460000"],
  [{ phone: "GB" }, "(020) 7946 0000 x12", "+442079460000;ext=12"],
  [{ phone: "US" }, 2_125_550_100, "+12125550100"],
  [{ phone: "IT" }, "06 1234 5678", "+390612345678"],
  [{ phone: "GB" }, "+44 20", invalid],
  [{ phone: "GB" }, "call Ada", invalid],
  [{ phone: "GB" }, "020 7946 0000 or 020 7946 0001", invalid],
  ["country", "de", "DE"],
  ["country", "DEU", "DE"],
  ["country", "276", "DE"],
  ["country", 40, "AT"],
  ["country", "Germany", "DE"],
  ["country", "côte d’ivoire", "CI"],
  ["country", "the netherlands", "NL"],
  ["country", "Trinidad & Tobago", "TT"],
  ["country", "UK", "GB"],
  ["country", "Atlantis", { invalid: '"Atlantis" is not a country' }],
  ["country", "", invalid],
  ["currency", " eur ", "EUR"],
  ["currency", "EURO", { invalid: '"EURO" is not an ISO 4217 currency code' }],
  ["currency", 978, invalid],
  ["language", "en_us", "en-US"],
  ["language", "deu", "de"],
  ["language", "iw", "he"],
  ["language", "zh-hant-tw", "zh-Hant-TW"],
  ["language", "English language", invalid],
  ["language", "", invalid],
  ["address", WIEN, WIEN],
  ["address", { line1: " ", line2: null, city: "Wien", country: "Austria" }, { city: "Wien", country: "AT" }],
  ["address", { line1: "" }, null],
  ["address", { country: "Atlantis" }, { invalid: '"Atlantis" is not a country' }],
  ["address", { city: ["Wien"] }, invalid],
  ["address", "Wien", invalid],
  [STREET, { street: "Ringstraße 1", zip: 1010, town: "Wien", land: "AUT", door: 7 }, WIEN],
  [{ address: "lines" }, "Ringstraße 1\r\n 1010  Wien\nAustria\n", WIEN],
  [
    { address: "lines" },
    "1 Main St\nApt 4\nSan Francisco, CA 94105\nUSA",
    { line1: "1 Main St", line2: "Apt 4", city: "San Francisco", region: "CA", postal_code: "94105", country: "US" },
  ],
  [
    { address: "lines" },
    "10 Downing Street\nLondon SW1A 2AA\nUnited Kingdom",
    { line1: "10 Downing Street", city: "London", postal_code: "SW1A 2AA", country: "GB" },
  ],
  [{ address: "lines" }, "Ringstraße 1", { line1: "Ringstraße 1" }],
  [{ address: "lines" }, " \n", invalid],
];

const WRITTEN: readonly (readonly [spec: unknown, value: Value, shown: Value | undefined, written: Value])[] = [
  ["phone", "+442079460000", "020 7946 0001", "+442079460000"],
  ["country", "DE", undefined, "DE"],
  ["country", "DE", "at", "de"],
  ["country", "DE", "AUT", "DEU"],
  ["country", "DE", "Austria", "Germany"],
  ["country", "DE", 40, 276],
  ["country", "AT", 276, 40],
  ["country", "GB", "UK", "UK"],
  ["country", "GB", "Great Britain", "Great Britain"],
  [{ country: "name" }, "GB", "GB", "United Kingdom"],
  [{ country: "numeric" }, "AT", undefined, "040"],
  ["currency", "EUR", "usd", "eur"],
  [{ currency: "lower" }, "EUR", undefined, "eur"],
  ["language", "en-US", "de_AT", "en_US"],
  [STREET, WIEN, undefined, { street: "Ringstraße 1", town: "Wien", zip: "1010", land: "AT" }],
  [
    STREET,
    { line1: "Ringstraße 1", city: "Graz" },
    { street: " Ringstraße  1", zip: "1010", town: "Wien", land: "", door: 7 },
    { street: " Ringstraße  1", zip: null, town: "Graz", land: "", door: 7 },
  ],
  [STREET, null, { street: "Ringstraße 1", door: 7 }, { street: null, door: 7 }],
  [{ address: "lines" }, WIEN, undefined, "Ringstraße 1\n1010 Wien\nAustria"],
  [{ address: "lines" }, WIEN, "Ringstraße 1\r\n1010 Wien\r\nAT", "Ringstraße 1\r\n1010 Wien\r\nAT"],
  [
    { address: "lines" },
    { ...WIEN, country: "US", region: "CA" },
    undefined,
    "Ringstraße 1\nWien, CA 1010\nUnited States",
  ],
];

describe("places", () => {
  test.each(READ)("%j reads %j as %j", (spec, raw, value) => {
    expect(read(spec, raw)).toEqual(value);
  });

  test.each(WRITTEN)("%j writes %j over %j as %j", (spec, value, shown, written) => {
    expect(compiled(spec).write(value, shown)).toEqual(written);
  });

  test("white space and the spacing of postal codes make no difference to an address", () => {
    expect(
      same(
        "address",
        { city: "St.  Pölten", postal_code: "sw1a1aa" },
        { city: " St. Pölten", postal_code: "SW1A 1AA", line2: "" },
      ),
    ).toBe(true);
    expect(same("address", { line1: "a" }, { line2: "a" })).toBe(false);
  });

  test("an address that its lines would not give back is held, not garbled", () => {
    const lines = compiled("address", { address: "lines" });

    expect(lines.read(lines.write({ city: "Wien" }, undefined)).ok).toBe(false);
    expect(lines.read(lines.write({ line1: "Top 1\nTop 2", city: "Wien" }, undefined)).ok).toBe(false);
  });

  test("an address over several paths is joined and split in their order", () => {
    const type = compiledParts("address", { address: ["postal_code", "city", "country"] });

    expect(type.spreads(3)).toBe(true);
    expect(type.spreads(2)).toBe(false);
    expect(type.join(["1010", "Wien", "Austria"])).toEqual({
      ok: true,
      value: { city: "Wien", postal_code: "1010", country: "AT" },
    });
    expect(type.join([undefined, undefined, undefined])).toBeNull();
    expect(type.split({ city: "Graz", postal_code: "8010", country: "AT" }, ["1010", "Wien", "Austria"])).toEqual([
      "8010",
      "Graz",
      "Austria",
    ]);
    expect(type.split(null, ["1010", "Wien", ""])).toEqual([null, null, ""]);
  });

  test("every country is found by each of its codes and its name, and no two share one", () => {
    expect(COUNTRY_CODES).toHaveLength(250);
    for (const code of COUNTRY_CODES) {
      const country = countryOf(code);
      const words = [country?.alpha3, country?.name, country?.numeric ?? code];
      expect(words.map((word) => countryOf(word ?? "")?.alpha2)).toEqual([code, code, code]);
      expect([code, country?.alpha3, country?.numeric]).toEqual([
        expect.stringMatching(/^[A-Z]{2}$/),
        expect.stringMatching(/^[A-Z]{3}$/),
        code === "XK" ? null : expect.stringMatching(/^\d{3}$/),
      ]);
    }
  });

  test("the table of currencies has each code once, with its decimals", () => {
    expect(new Set(CURRENCY_CODES).size).toBe(CURRENCY_CODES.length);
    expect(["EUR", "JPY", "KWD", "CLF", "XAU"].map(currencyDecimals)).toEqual([2, 0, 3, 4, null]);
  });
});
