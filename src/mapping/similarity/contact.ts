// Phone numbers, e-mail addresses and postal codes.

import { wordSimilarity } from "./word.ts";

/** Digits that a number keeps whoever wrote it: area codes and country codes come and go. */
const LOCAL_DIGITS = 7;
const SAME_LOCAL = 0.7;
const OTHER_EXTENSION = 0.9;

/** @param one E.164, with `;ext=` for an extension. */
export function phoneSimilarity(one: string, other: string): number {
  if (one === other) return 1;
  // Most pairs that are asked differ in the last digits already.
  if (!one.includes(";") && !other.includes(";") && one.slice(-2) !== other.slice(-2)) return 0;
  const [a = ""] = one.split(";");
  const [b = ""] = other.split(";");
  if (a === b) return OTHER_EXTENSION;
  const local = localNumber(a);
  return local !== null && local === localNumber(b) ? SAME_LOCAL : 0;
}

export function phoneBlocks(text: string): readonly string[] {
  const [number = ""] = text.split(";");
  const local = localNumber(number);
  return local === null ? [] : [local];
}

function localNumber(number: string): string | null {
  const digits = number.replace(/\D/g, "");
  return digits.length < LOCAL_DIGITS ? null : digits.slice(-LOCAL_DIGITS);
}

/** Mailboxes that a house has, not a person. */
const SHARED = new Set(
  "info office mail email kontakt contact hello hallo sales support service admin accounts billing invoice buchhaltung rechnung post team".split(
    " ",
  ),
);
const SAME_HOST = 0.35;
const SAME_NAME = 0.6;
const SHARED_WORTH = 0.1;

export function emailSimilarity(one: string, other: string): number {
  if (one === other) return 1;
  const a = addressOf(one);
  const b = addressOf(other);
  const hosts = a.host === b.host ? 1 : wordSimilarity(a.host, b.host) >= 0.9 ? 0.8 : 0;
  const names = a.name === b.name ? 1 : wordSimilarity(a.name, b.name);
  if (names === 0 || (hosts < 1 && SHARED.has(a.name))) return hosts > 0 ? SHARED_WORTH : 0;
  return SAME_NAME * names + SAME_HOST * hosts;
}

/** The name without its tag and dots: `ada.lovelace+shop@…` is `adalovelace`. Of a shared mailbox the host tells. */
export function emailBlocks(text: string): readonly string[] {
  const { name, host } = addressOf(text);
  return name === "" ? [] : [SHARED.has(name) ? `${name}@${host}` : name];
}

function addressOf(text: string): { readonly name: string; readonly host: string } {
  const at = text.lastIndexOf("@");
  const name = (at < 0 ? text : text.slice(0, at)).toLowerCase().replace(/\+.*$/, "").replace(/[._-]/g, "");
  return { name, host: at < 0 ? "" : text.slice(at + 1).toLowerCase() };
}

/** One code is the beginning of the other: 12345 and 12345-6789. */
const SHORTER_CODE = 0.9;
const SAME_DISTRICT = 0.5;

/** @param one As postal codes are compared: capitals and digits alone. */
export function postcodeSimilarity(one: string, other: string): number {
  const a = plainCode(one);
  const b = plainCode(other);
  if (a === b) return 1;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length >= 4 && long.startsWith(short)) return SHORTER_CODE;
  return short.length >= 4 && district(a) === district(b) ? SAME_DISTRICT : 0;
}

export function plainCode(code: string): string {
  return code
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/** British codes end in three signs for the street; of others the first three tell the region. */
function district(code: string): string {
  return /^[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}$/.test(code) ? code.slice(0, -3) : code.slice(0, 3);
}
