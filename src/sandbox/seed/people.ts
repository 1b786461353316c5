// Made-up people, each known by what is true of them; how the two systems spell it is spelling.ts.

import type { Random } from "./random.ts";
import { FIRST_NAMES, LAST_NAMES, MAIL_DOMAINS, PLACES, STREETS } from "./words.ts";

export interface Person {
  readonly first: string;
  readonly last: string;
  readonly email: string;
  /** Country code, and the number in its usual groups. */
  readonly phone: readonly [string, string];
  readonly street: string;
  readonly city: string;
  readonly postcode: string;
  readonly country: string;
  readonly countryName: string;
  readonly stage: "lead" | "customer" | "former";
}

/** As in the second half of a British postcode. */
const LETTERS = Array.from("ABDEFGHJLNPQRSTUWXYZ");

/** Different people: no two share a name, an e-mail address or a phone number. */
export function inventPeople(random: Random, count: number): readonly Person[] {
  const people: Person[] = [];
  const taken = new Set<string>();
  while (people.length < count) {
    const person = inventPerson(random);
    const marks = [person.email, person.phone.join("")];
    if (marks.some((mark) => taken.has(mark))) continue;
    for (const mark of marks) taken.add(mark);
    people.push(person);
  }
  return people;
}

function inventPerson(random: Random): Person {
  const first = random.pick(FIRST_NAMES);
  const last = random.pick(LAST_NAMES);
  const place = random.pick(PLACES);
  const fill = (pattern: string): string =>
    pattern.replace(/[#@]/g, (sign) => (sign === "#" ? String(random.whole(0, 9)) : random.pick(LETTERS)));
  const fate = random.next();
  return {
    first,
    last,
    email: `${plain(first)}.${plain(last)}@${random.pick(MAIL_DOMAINS)}`,
    phone: [place.phone[0], fill(place.phone[1])],
    street: `${String(random.whole(1, 180))} ${random.pick(STREETS)}`,
    city: place.city,
    postcode: fill(place.postcode),
    country: place.country,
    countryName: place.countryName,
    stage: fate < 0.15 ? "lead" : fate < 0.9 ? "customer" : "former",
  };
}

/** A name as it stands in an e-mail address: `Müller` is `muller`, `O'Neill` is `oneill`. */
function plain(name: string): string {
  return name
    .replaceAll("ø", "o")
    .normalize("NFD")
    .replace(/[^A-Za-z]/g, "")
    .toLowerCase();
}
