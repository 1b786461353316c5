// How our values become Postgres parameters and back. Postgres text and jsonb know neither NUL nor half a surrogate pair,
// but remote systems send both (fields cut at 255 UTF-16 units): one such record must not fail its whole page. Each of
// these characters is stored as MARK and its four hexadecimal digits, and so is MARK itself.
//
//   JavaScript "a\0b"  ->  Postgres a<MARK>0000b  ->  JavaScript "a\0b"

import { createHash } from "node:crypto";
import pg from "pg";
import { jsonText, parseJson, STATE_DEPTH_MAX } from "../core/json.ts";
import type { Value } from "../core/value.ts";

const MARK = "\uE000";
const UNSTORABLE = /[\0\uE000]|\p{Surrogate}/u;
const UNSTORABLE_ALL = /[\0\uE000]|\p{Surrogate}/gu;
const STORED_MARK = /\uE000([0-9a-f]{4})/g;

/** A JSON document as a parameter: for json, jsonb, and json_to_recordset. Its strings are already storable. */
export class JsonParameter {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Parameter = string | number | boolean | null | readonly (string | null)[] | JsonParameter;

/** A plain object of ours (a decision, a report) that holds nothing but Values; interfaces lack the index signature to say so. */
export function asValue(plain: object): Value {
  return plain as Value;
}

// JSON.stringify writes NUL as \u0000 and a lone surrogate as \udXXX, always in lower case; pairs are written as they are.
const UNSTORABLE_JSON = /\\u(?:0000|d[89a-f])|\uE000/;
const JSON_ESCAPE = /\\(?:u(0000|d[89a-f][0-9a-f]{2})|.)|\uE000/gs;

export function json(value: Value): JsonParameter {
  const text = jsonText(value);
  if (!UNSTORABLE_JSON.test(text)) return new JsonParameter(text);
  return new JsonParameter(
    text.replace(JSON_ESCAPE, (found: string, hex: string | undefined) => {
      if (hex !== undefined) return MARK + hex;
      return found === MARK ? `${MARK}e000` : found;
    }),
  );
}

/** Rows for json_to_recordset. */
export function recordset(rows: readonly object[]): JsonParameter {
  return json(rows.map(asValue));
}

function storableText(text: string): string {
  if (!UNSTORABLE.test(text)) return text;
  return text.replace(UNSTORABLE_ALL, (found) => MARK + found.charCodeAt(0).toString(16).padStart(4, "0"));
}

function storedText(text: string): string {
  if (!text.includes(MARK)) return text;
  return text.replace(STORED_MARK, (_found, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function storedJson(text: string): Value {
  return parseJson(text.includes(MARK) ? text.replace(STORED_MARK, "\\u$1") : text, STATE_DEPTH_MAX);
}

/** @returns what pg binds. */
export function boundParameter(parameter: Parameter): string | number | boolean | null | readonly (string | null)[] {
  if (typeof parameter === "string") return storableText(parameter);
  if (parameter instanceof JsonParameter) return parameter.text;
  if (typeof parameter === "object" && parameter !== null)
    return parameter.map((entry) => (entry === null ? null : storableText(entry)));
  return parameter;
}

const OID = { text: 25, json: 114, textList: 1009, jsonb: 3802 } as const;

// pg declares the oids it knows as an enum; a server may send any other.
const parserOf: (oid: number, format: "text") => (text: string) => unknown = pg.types.getTypeParser;

/** Parsers of one client: jsonb through our own JSON, so that no digit is lost; bigint stays text, as pg gives it. */
export const columnTypes = {
  getTypeParser(oid: number): (text: string) => unknown {
    const plain = parserOf(oid, "text");
    switch (oid) {
      case OID.text:
        return storedText;
      case OID.json:
      case OID.jsonb:
        return storedJson;
      case OID.textList:
        return (text: string) => (plain(text) as string[]).map((entry) => storedText(entry));
      default:
        return plain;
    }
  },
};

/** A fingerprint (16 hexadecimal characters) as the signed bigint that is stored. */
export function fingerprintNumber(hex: string | null): string | null {
  if (hex === null) return null;
  if (!/^[0-9a-f]{16}$/.test(hex)) throw new Error(`not a fingerprint of 16 hexadecimal characters: ${hex}`);
  return BigInt.asIntN(64, BigInt(`0x${hex}`)).toString();
}

/** SQL that gives a stored fingerprint back as 16 hexadecimal characters. */
export function fingerprintSql(column: string): string {
  return `lpad(to_hex(${column}), 16, '0')`;
}

/** SQL that gives a timestamp as an Instant. */
export function instantSql(column: string): string {
  return `round(extract(epoch from ${column}) * 1000)::float8`;
}

/** SQL that makes a timestamp of an Instant. */
export function timestampSql(instant: string): string {
  return `to_timestamp((${instant})::float8 / 1000)`;
}

// An index entry holds at most some 2,700 bytes; a key made of a long text is cut and made unique by its digest.
const KEY_LENGTH_MAX = 400;

export function storableKey(key: string): string {
  if (key.length <= KEY_LENGTH_MAX) return key;
  return `${key.slice(0, 100)}#${createHash("sha256").update(key).digest("hex")}`;
}
