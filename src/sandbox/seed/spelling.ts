// The same truth, as two systems came to write it down: one filled in by sales people in a hurry, one by a form that trims.

import type { Values } from "../common/database.ts";
import type { Person } from "./people.ts";
import type { Random } from "./random.ts";

const SEGMENTS: Readonly<Record<Person["stage"], string>> = { lead: "PROSPECT", customer: "ACTIVE", former: "CLOSED" };

/** A CRM contact. */
export function asContact(person: Person, random: Random, vip: boolean): Values {
  return {
    firstname: spaced(random, composed(random, person.first)),
    lastname: spaced(random, composed(random, person.last)),
    email: random.chance(0.3) ? capitalised(person.email) : spaced(random, person.email),
    phone: typedPhone(person.phone, random),
    street: spaced(random, person.street),
    city: random.chance(0.15) ? person.city.toLowerCase() : person.city,
    zip: typedPostcode(person, random),
    country: typedCountry(person, random),
    stage: person.stage,
    vip,
    billingId: null,
    notes: random.chance(0.15)
      ? random.pick(["Prefers to be called in the morning.", "Met at the trade fair.", "Ask for the new catalogue."])
      : null,
  };
}

/** A billing customer: trimmed, postcode in upper case, country as a code. */
export function asCustomer(person: Person, random: Random): Values {
  return {
    name: `${person.first} ${person.last}`,
    email: person.email,
    phone: typedPhone(person.phone, random),
    line1: person.street,
    city: random.chance(0.1) ? person.city.toUpperCase() : person.city,
    postcode: random.chance(0.2) ? person.postcode.replace(" ", "") : person.postcode,
    country: person.country,
    segment: SEGMENTS[person.stage],
    taxId: random.chance(0.3) ? `${person.country}${String(random.whole(100_000_000, 999_999_999))}` : null,
    termDays: random.pick([14, 30, 30, 60]),
    turnover: 0,
  };
}

/** Six formats at home, three abroad, where the country code cannot be left out. */
function typedPhone([code, number]: Person["phone"], random: Random): string {
  const digits = number.replaceAll(" ", "");
  const [area = "", ...rest] = number.split(" ");
  const formats = [`+${code}${digits}`, `+${code} ${number}`, `00${code} ${area} ${rest.join("")}`];
  if (code === "44") formats.push(`0${number}`, `(0${area}) ${rest.join("-")}`, `0${digits}`);
  return random.pick(formats);
}

function typedPostcode(person: Person, random: Random): string {
  const fate = random.next();
  if (fate < 0.25) return person.postcode.toLowerCase();
  return fate < 0.4 ? person.postcode.replace(" ", "") : person.postcode;
}

function typedCountry(person: Person, random: Random): string {
  const fate = random.next();
  if (fate < 0.1 && person.country === "GB") return "UK";
  return fate < 0.2 ? person.countryName.toLowerCase() : person.countryName;
}

function spaced(random: Random, text: string): string {
  const fate = random.next();
  if (fate < 0.06) return ` ${text}`;
  return fate < 0.15 ? `${text} ` : text;
}

/** Letters with accents can be written in two ways that look the same. */
function composed(random: Random, text: string): string {
  return random.chance(0.3) ? text.normalize("NFD") : text;
}

function capitalised(email: string): string {
  return email.replace(/(^|[.@])([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
}
