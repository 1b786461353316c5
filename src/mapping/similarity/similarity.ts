// Which similarity a field has, by its type, and under which keys its candidates are looked for.

import {
  emailBlocks,
  emailSimilarity,
  phoneBlocks,
  phoneSimilarity,
  plainCode,
  postcodeSimilarity,
} from "./contact.ts";
import { nameBlocks, nameInitials, nameSimilarity } from "./name.ts";
import { textBlocks, textSimilarity } from "./text.ts";

export interface Similarity {
  readonly kind: "name" | "phone" | "email" | "postcode" | "text" | "exact";
  /** Symmetric, 1 for equal values, from 0 to 1. */
  compare(one: string, other: string): number;
  /** Keys that alike values share; an empty list: too many values would be alike. */
  blocks(text: string): readonly string[];
}

const exact = (blocks: Similarity["blocks"]): Similarity => ({
  kind: "exact",
  compare: (one, other) => (one === other ? 1 : 0),
  blocks,
});

const NONE = (): readonly string[] => [];
const WHOLE = (text: string): readonly string[] => [text];

const NAME: Similarity = { kind: "name", compare: nameSimilarity, blocks: nameBlocks };
const TEXT: Similarity = { kind: "text", compare: textSimilarity, blocks: textBlocks };
/** A postal code alone is shared by a whole town: it is looked for with a first letter of the name (`postcodeBlocks`). */
const POSTCODE: Similarity = { kind: "postcode", compare: postcodeSimilarity, blocks: NONE };

const BY_TYPE: Readonly<Record<string, Similarity>> = {
  person_name: NAME,
  phone: { kind: "phone", compare: phoneSimilarity, blocks: phoneBlocks },
  email: { kind: "email", compare: emailSimilarity, blocks: emailBlocks },
  postal_code: POSTCODE,
  text: TEXT,
  raw: TEXT,
  address: TEXT,
  url: TEXT,
  json: TEXT,
  list: TEXT,
  set: TEXT,
  date: exact(WHOLE),
  datetime: exact(WHOLE),
  integer: exact(WHOLE),
  decimal: exact(WHOLE),
  money: exact(WHOLE),
  uuid: exact(WHOLE),
  sku: exact(WHOLE),
};

/** Of a type with few values (country, boolean, a table's words) no candidates are looked for by it. */
export function similarityOf(type: string): Similarity {
  return BY_TYPE[type] ?? exact(NONE);
}

/** A postal code with each first letter of a name. */
export function postcodeBlocks(code: string, name: string): readonly string[] {
  return nameInitials(name).map((initial) => `${plainCode(code)}+${initial}`);
}
