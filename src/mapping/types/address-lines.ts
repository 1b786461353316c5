// An address as the lines of one text, and its parts found again in such lines.
//
//   line1              Ringstraße 1          1 Main Street             10 Downing Street
//   line2                                    Apt 4
//   locality           1010 Wien             San Francisco, CA 94105   London SW1A 2AA
//   country            Austria               United States             United Kingdom

import type { Fields } from "../../core/value.ts";
import { countryOf } from "./countries.ts";

export const ADDRESS_PARTS = ["line1", "line2", "city", "region", "postal_code", "country"] as const;
export type AddressPart = (typeof ADDRESS_PARTS)[number];
export type Address = Fields & Readonly<Partial<Record<AddressPart, string>>>;

/** Countries that write the city first and the postal code last. */
const CITY_FIRST = new Set(["US", "CA", "AU", "GB", "IE", "NZ", "IN", "ZA"]);

/** A postal code: one or two groups, each with a digit. */
const CODE = "[A-Z0-9-]*\\d[A-Z0-9-]*(?: [A-Z0-9]*\\d[A-Z0-9]*)?";
const CODE_FIRST_LINE = new RegExp(`^(?<code>${CODE}) (?<city>[^,\\d][^,]*?)(?:, (?<region>[^,]+))?$`, "i");
const CITY_FIRST_LINE = new RegExp(`^(?<city>[^,\\d][^,]*?)(?:, (?<region>[^,\\d]+?))? (?<code>${CODE})$`, "i");
const CITY_LINE = /^(?<city>[^,\d][^,\d]*?)(?:, (?<region>[^,\d]+))?$/;

const LINES_MAX = 12;

export function linesOf(address: Fields): string {
  const part = (name: AddressPart): string => (typeof address[name] === "string" ? address[name].trim() : "");
  const country = countryOf(part("country"));
  const region = part("region") === "" ? "" : `, ${part("region")}`;
  const locality = CITY_FIRST.has(country?.alpha2 ?? "")
    ? `${part("city")}${region} ${part("postal_code")}`
    : `${part("postal_code")} ${part("city")}${region}`;
  return [part("line1"), part("line2"), locality.trim(), country?.name ?? ""].filter((line) => line !== "").join("\n");
}

/** The parts of the lines; null when nothing stands in them. A lone line is a street. */
export function partsOfLines(text: string): Address | null {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter((line) => line !== "");
  if (lines.length === 0 || lines.length > LINES_MAX) return null;
  const country = lines.length > 1 ? countryOf(lines.at(-1) ?? "") : null;
  const rest = country === null ? lines : lines.slice(0, -1);
  const locality = rest.length > 1 ? localityOf(rest.at(-1) ?? "") : null;
  const street = locality === null ? rest : rest.slice(0, -1);
  const [line1, ...more] = street;
  return {
    ...(line1 === undefined ? {} : { line1 }),
    ...(more.length === 0 ? {} : { line2: more.join(", ") }),
    ...locality,
    ...(country === null ? {} : { country: country.alpha2 }),
  };
}

function localityOf(line: string): Address | null {
  const { city, region, code } =
    (CODE_FIRST_LINE.exec(line) ?? CITY_FIRST_LINE.exec(line) ?? CITY_LINE.exec(line))?.groups ?? {};
  if (city === undefined) return null;
  return {
    city,
    ...(region === undefined ? {} : { region }),
    ...(code === undefined ? {} : { postal_code: code }),
  };
}
