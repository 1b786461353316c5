// The laws of semantics.md section 6 for every type and its options, over its own domain: generated values with a fixed seed,
// and its edges. A failure prints the type, the value and the seed.

import { describe, expect, test } from "@jest/globals";

import { NULL_KEY } from "../../../src/core/field.ts";
import { canonicalText, type Value } from "../../../src/core/value.ts";
import { TYPE_NAMES } from "../../../src/mapping/types/registry.ts";
import { isPartsType, type KnownType } from "../../../src/mapping/types/type.ts";
import { compiled, seeded } from "./compiled.ts";

const SEED = 20_260_301;
const SAMPLES = 300;

/** Rule and side specs. Each type stands here plain, and with each option that changes how it reads or writes. */
const SPECS: readonly (readonly [unknown, unknown?])[] = [
  [undefined],
  ...TYPE_NAMES.map((name) => [name] as const),
  [{ text: ["trim", "lower", "nfc", "width"] }],
  [{ text: "trim" }],
  [{ text: { cut: 5 } }],
  [{ phone: "GB" }],
  [{ url: "https" }],
  ["integer", { integer: { written: "text" } }],
  [{ decimal: 2 }],
  [{ decimal: 0 }],
  [{ decimal: { scale: 2, times: "1.19" } }],
  [{ decimal: { times: "100" } }],
  [{ decimal: { times: "0.125", written: "text" } }],
  [{ decimal: { point: ",", group: ".", scale: 2, written: "text" } }],
  [{ money: "EUR" }],
  [{ money: "JPY" }, { money: "minor" }],
  [{ money: "KWD" }, { money: { form: "minor", written: "text" } }],
  [{ money: "minor" }],
  [{ percent: "fraction" }],
  [{ boolean: ["Ja", "Nein"] }],
  [{ boolean: [1, 0] }],
  [{ date: "DD.MM.YYYY" }],
  [{ date: "D-MMM-YYYY" }],
  [{ date: { zone: "Europe/Vienna" } }],
  [{ date: { zone: "America/Sao_Paulo" } }],
  [{ datetime: { zone: "Europe/Vienna" } }],
  ["datetime", { datetime: { zone: "Europe/Vienna", form: "local" } }],
  ["datetime", { datetime: { zone: "UTC", form: "local" } }],
  [{ datetime: "epoch_s" }],
  [{ datetime: "epoch_ms" }],
  [{ datetime: { precision: "second" } }],
  [{ datetime: { precision: "minute" } }],
  [{ datetime: { format: "DD.MM.YYYY HH:mm", zone: "America/New_York" } }],
  [{ datetime: { format: "YYYYMMDDHHmmssSSS", zone: "UTC" } }],
  [{ duration: "minutes" }],
  [{ duration: "milliseconds" }],
  [{ country: "name" }],
  [{ country: "alpha3" }],
  [{ country: "numeric" }],
  [{ currency: "lower" }],
  [{ language: "underscore" }],
  [{ postal_code: "DE" }],
  [{ person_name: { single: "family" } }],
  [{ address: "lines" }],
  [{ address: { parts: { line1: "street", postal_code: "zip", city: "town", country: "land" }, country: "name" } }],
  [{ sku: "gtin" }],
  [{ json: "text" }],
  [{ list: "email" }],
  [{ list: { of: { decimal: 2 }, separator: ";" } }],
  [{ list: { of: "text", separator: "," } }],
  [{ list: { of: { list: "integer" } } }],
  [{ set: "integer" }],
  [{ set: { of: { text: ["lower"] }, separator: "," } }],
];

const TYPES = SPECS.map(([rule, side]) => {
  const label = `${JSON.stringify(rule) ?? "no type"}${side === undefined ? "" : ` refined by ${JSON.stringify(side)}`}`;
  return [label, compiled(rule, side)] as const;
});

/** Raw values of the domain, with what they read as. */
function readings(type: KnownType): readonly { readonly raw: Value; readonly value: Value }[] {
  const random = seeded(SEED);
  const raws = [...type.edges, ...Array.from({ length: SAMPLES }, () => type.sample(random))];
  return raws.map((raw) => {
    const reading = type.read(raw);
    if (!reading.ok)
      throw new Error(`its own domain is refused: ${canonicalText(raw)}: ${reading.message} (seed ${String(SEED)})`);
    return { raw, value: reading.value };
  });
}

/** The key of what the side shows after the value was written over `shown`; "held" when the side cannot hold it. */
function keyAfterWrite(type: KnownType, value: Value, shown: Value | undefined): string {
  const reading = type.read(type.write(value, shown));
  if (!reading.ok) return "held";
  return reading.value === null ? NULL_KEY : type.key(reading.value);
}

function normalForm(type: KnownType, value: Value): Value {
  const reading = type.read(type.write(value, undefined));
  return reading.ok ? reading.value : { held: value };
}

describe.each(TYPES)("%s", (_label, type) => {
  const all = readings(type);
  const values = all.filter(({ value }) => value !== null);

  test("what is written is read back as the same, where the type says that it loses nothing", () => {
    if (!type.lossless) return;
    const lost = values.filter(({ value }) => keyAfterWrite(type, value, undefined) !== type.key(value));
    expect(lost).toEqual([]);
  });

  test("what a side shows after a write is written and read the same for ever", () => {
    const unstable = values.filter(({ value }) => {
      const once = normalForm(type, value);
      return once === null ? false : type.key(normalForm(type, once)) !== type.key(once);
    });
    expect(unstable).toEqual([]);
  });

  test("writing over what the record shows changes the form, never the meaning", () => {
    const random = seeded(SEED + 1);
    const changed = values.filter(({ value }) => {
      const shown = all[Math.floor(random() * all.length)]?.raw;
      const after = keyAfterWrite(type, value, shown);
      return after !== "held" && after !== keyAfterWrite(type, value, undefined);
    });
    expect(changed).toEqual([]);
  });

  test("a value written over the record that shows it reads as itself", () => {
    if (!type.lossless) return;
    const changed = values.filter(({ raw, value }) => keyAfterWrite(type, value, raw) !== type.key(value));
    expect(changed).toEqual([]);
  });

  test("the comparison text is stable, is never that of null, and depends on the value alone", () => {
    const odd = values.filter(({ raw, value }) => {
      const again = type.read(raw);
      return type.key(value) === NULL_KEY || !again.ok || type.key(again.value) !== type.key(value);
    });
    expect(odd).toEqual([]);
  });

  test("null reads as canonical null and is written as null", () => {
    expect(type.read(null)).toEqual({ ok: true, value: null });
    expect(type.write(null, undefined)).toBeNull();
  });

  test("no JSON value whatever makes reading throw", () => {
    const json = compiled("json");
    const random = seeded(SEED + 2);
    const raws = [...json.edges, ...Array.from({ length: SAMPLES }, () => json.sample(random))];
    expect(() => raws.map((raw) => type.read(raw))).not.toThrow();
  });

  test("parts that were split join to the same value", () => {
    if (!isPartsType(type)) return;
    const counts = [1, 2, 3, 4, 5, 6].filter((count) => type.spreads(count));
    const changed = counts.flatMap((count) =>
      values.filter(({ value }) => {
        const joined = type.join(
          type.split(
            value,
            Array.from({ length: count }, () => undefined),
          ),
        );
        if (joined?.ok !== true) return true;
        // A name of nothing but white space has no parts: that is null.
        return joined.value === null ? type.key(value) !== type.key("") : type.key(joined.value) !== type.key(value);
      }),
    );
    expect(changed).toEqual([]);
  });
});
