// address: a postal address in parts, whatever each side calls them, or as the lines of one text.

import { z } from "zod";

import { canonicalText, isFields, isList, type Fields, type Value } from "../../core/value.ts";
import { defineType, type OptionFault } from "./definition.ts";
import { collapsed, invalid, likeShown, NULL_READING, textOf, valid } from "./reading.ts";
import { countryOf } from "./countries.ts";
import { countryFormSchema, writeCountry, type CountryForm } from "./country.ts";
import { postalKey } from "./postal-code.ts";
import { ADDRESS_PARTS, linesOf, partsOfLines, type Address, type AddressPart } from "./address-lines.ts";
import { letters, pick, whole } from "./chance.ts";
import type { KnownType, PartsType, TypeReading } from "./type.ts";

const partSchema = z.enum(ADDRESS_PARTS);
const partsSchema = z
  .union([z.array(partSchema), z.partialRecord(partSchema, z.string())])
  .describe(
    "The parts that this side has: a list in the order of its paths, or for an object the property of each part.",
  );

const optionsSchema = z.strictObject({
  form: z.literal("lines").optional().describe("This side keeps the address as the lines of one text."),
  parts: partsSchema.optional(),
  country: countryFormSchema.optional(),
});

type AddressOptions = z.output<typeof optionsSchema>;

export const addressType = defineType({
  name: "address",
  docs: {
    summary:
      `A postal address. It travels as an object of ${ADDRESS_PARTS.join(", ")}; empty parts are left out, the country is its two-letter code. White space, and case and spaces of the postal code, make no difference. ` +
      "`parts` says what a side calls them: { address: { parts: { line1: street, postal_code: zip } } } for an object, a list for several paths. A side that lacks parts loses them. " +
      "`{ address: lines }` is for a side that keeps the lines in one text: street, then postal code and city, then country; an address that does not come back the same from its lines is held.",
    example:
      "home:\n  crm: { at: address_text, as: { address: lines } }\n  billing: { at: address, as: { address: { parts: { line1: street, city: town, postal_code: zip, country: country } } } }\n  as: address",
  },
  options: optionsSchema,
  short: {
    schema: z.union([
      z.literal("lines").describe("This side keeps the address as the lines of one text."),
      z.array(partSchema).describe("What the paths of this side hold, in their order."),
    ]),
    toOptions: (given) => (typeof given === "string" ? { form: given } : isList(given) ? { parts: given } : null),
  },
  faults: addressFaults,
  build: (options) =>
    options.form === "lines" ? linesType() : partsType(propertiesOf(options.parts), options.country),
});

function addressFaults({ form, parts }: AddressOptions): readonly OptionFault[] {
  if (form === "lines" && parts !== undefined) {
    return [
      {
        code: "E_ENUM",
        option: null,
        message: "an address is kept in parts or in lines, not both",
        hint: "leave one of form and parts out",
      },
    ];
  }
  const names = propertiesOf(parts);
  const properties = new Set(names.map(([, property]) => property));
  if (names.length > 0 && properties.size === names.length && !properties.has("__proto__")) return [];
  return [
    {
      code: "E_ENUM",
      option: "parts",
      message: "the parts of an address are one or more, each with a property of its own",
      found: JSON.stringify(parts),
    },
  ];
}

type Properties = readonly (readonly [AddressPart, string])[];

/** Each part that a side has with its property, in the order of the file. */
function propertiesOf(parts: AddressOptions["parts"]): Properties {
  if (parts === undefined) return ADDRESS_PARTS.map((part) => [part, part]);
  if (Array.isArray(parts)) return parts.map((part) => [part, part]);
  return ADDRESS_PARTS.flatMap((part): Properties => (parts[part] === undefined ? [] : [[part, parts[part]]])).toSorted(
    ([a], [b]) => Object.keys(parts).indexOf(a) - Object.keys(parts).indexOf(b),
  );
}

function partsType(properties: Properties, countryForm: CountryForm | undefined): KnownType & PartsType {
  const write = (value: Value, shown: Value | undefined): Value => {
    if (value !== null && !isFields(value)) return value;
    if (value === null && !isFields(shown)) return null;
    return {
      ...(isFields(shown) ? shown : {}),
      ...writtenParts(value ?? {}, isFields(shown) ? shown : {}, properties, countryForm),
    };
  };
  return {
    name: "address",
    lossless: ADDRESS_PARTS.every((part) => properties.some(([name]) => name === part)),
    read: (raw) =>
      raw === null ? NULL_READING : isFields(raw) ? readParts(raw, properties) : invalid(raw, "an address in parts"),
    write,
    key: addressKey,
    spreads: (count) => count === properties.length,
    join: (raws) => {
      if (raws.every((raw) => raw === undefined)) return null;
      return readParts(
        Object.fromEntries(properties.map(([, property], index) => [property, raws[index] ?? null])),
        properties,
      );
    },
    split: (value, shown) => {
      const now = Object.fromEntries(properties.map(([, property], index) => [property, shown[index] ?? null]));
      const written = write(value, now);
      return properties.map(([, property]) => (isFields(written) ? (written[property] ?? null) : null));
    },
    sample: (random) => {
      const address = sampleAddress(random);
      return Object.fromEntries(
        properties.map(([part, property]) => [property, address[part] ?? pick(random, [null, ""])]),
      );
    },
    edges: [{}, Object.fromEntries(properties.map(([, property]) => [property, null]))],
  };
}

function linesType(): KnownType {
  const read = (raw: Value): TypeReading => {
    if (raw === null) return NULL_READING;
    const parts = typeof raw === "string" ? partsOfLines(raw) : null;
    return parts === null ? invalid(raw, "an address in lines") : valid(parts);
  };
  return {
    name: "address",
    lossless: true,
    read,
    write: (value, shown) => {
      if (!isFields(value)) return value;
      const now = shown === undefined ? null : read(shown);
      if (now?.ok === true && now.value !== null && addressKey(now.value) === addressKey(value)) return shown ?? null;
      const text = linesOf(value);
      const back = read(text);
      // What its lines do not say again cannot be kept here: `read` refuses the object, and the field is held.
      return back.ok && back.value !== null && addressKey(back.value) === addressKey(value) ? text : value;
    },
    key: addressKey,
    sample: (random) => linesOf(sampleAddress(random)),
    edges: [
      "Ringstraße 1\n1010 Wien\nAustria",
      "1 Main St\nApt 4\nSan Francisco, CA 94105\nUSA",
      "10 Downing Street\r\nLondon SW1A 2AA\r\nUK",
      "Nowhere 5",
    ],
  };
}

function readParts(raw: Fields, properties: Properties): TypeReading {
  const address: Record<string, Value> = {};
  for (const [part, property] of properties) {
    const found = Object.hasOwn(raw, property) ? (raw[property] ?? null) : null;
    const text = found === null ? "" : textOf(found);
    if (text === null) return invalid(found, `the ${part} of an address`);
    if (text.trim() === "") continue;
    const country = part === "country" ? countryOf(text) : null;
    if (part === "country" && country === null) return invalid(text, "a country");
    address[part] = country?.alpha2 ?? text;
  }
  return Object.keys(address).length === 0 ? NULL_READING : valid(address);
}

/** The properties to set. What the record shows for an equal part stays, and what it never had stays away. */
function writtenParts(
  value: Fields,
  shown: Fields,
  properties: Properties,
  countryForm: CountryForm | undefined,
): Fields {
  const written: Record<string, Value> = {};
  for (const [part, property] of properties) {
    const next = value[part] ?? null;
    const now = Object.hasOwn(shown, property) ? (shown[property] ?? null) : null;
    const nowText = now === null ? "" : (textOf(now) ?? "");
    if (next === null) {
      if (nowText !== "") written[property] = null;
    } else if (part === "country") {
      written[property] = writeCountry(next, now ?? undefined, countryForm);
    } else if (partKey(part, nowText) !== partKey(part, textOf(next) ?? "")) {
      written[property] = likeShown(textOf(next) ?? "", now ?? undefined);
    }
  }
  return written;
}

function addressKey(value: Value): string {
  if (!isFields(value)) return canonicalText(value);
  return JSON.stringify(ADDRESS_PARTS.map((part) => partKey(part, textOf(value[part] ?? null) ?? "")));
}

function partKey(part: AddressPart, text: string): string {
  return part === "postal_code" ? postalKey(text) : collapsed(text);
}

function sampleAddress(random: () => number): Address {
  const country = pick(random, ["AT", "US", "GB", "DE", "JP"]);
  return {
    line1: pick(random, ["Ringstraße 1", "10 Downing Street", "Calle Mayor 5"]),
    ...(random() < 0.3 ? { line2: "Top 7" } : {}),
    city: pick(random, ["Wien", "San Francisco", "St. Pölten"]),
    ...(country === "US" ? { region: pick(random, ["CA", "NY"]) } : {}),
    postal_code: country === "GB" ? `SW1A ${String(whole(random, 0, 9))}AA` : letters(random, 5, "123456789"),
    country,
  };
}
