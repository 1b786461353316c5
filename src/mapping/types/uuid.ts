// uuid: in small letters with hyphens, and sent so unless the record shows another form.

import { z } from "zod";

import type { Value } from "../../core/value.ts";
import { defineType } from "./definition.ts";
import { invalid, NULL_READING, textKey, valid } from "./reading.ts";
import { letters, pick } from "./chance.ts";

const PLAIN = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;
const TYPED = /^(?:urn:uuid:)?(\{?)([\da-f]{8})(-?)([\da-f]{4})\3([\da-f]{4})\3([\da-f]{4})\3([\da-f]{12})(\}?)$/i;

export const uuidType = defineType({
  name: "uuid",
  docs: {
    summary:
      "A UUID. Case, braces, `urn:uuid:` and missing hyphens make no difference; it travels in small letters with hyphens, and a record that shows it otherwise is written in its form.",
    example: "external_id: { as: uuid }",
  },
  options: z.strictObject({}),
  build: () => ({
    name: "uuid",
    lossless: true,
    read: (raw) => {
      if (raw === null) return NULL_READING;
      if (typeof raw !== "string") return invalid(raw, "a UUID");
      if (PLAIN.test(raw)) return { ok: true, value: raw };
      const match = TYPED.exec(raw.trim());
      if (match === null || (match[1] === "{") !== (match[8] === "}")) return invalid(raw, "a UUID");
      return valid([match[2], match[4], match[5], match[6], match[7]].join("-").toLowerCase());
    },
    write: (value, shown) =>
      typeof value === "string" && typeof shown === "string" ? likeUuid(value, shown.trim()) : value,
    key: textKey,
    sample: (random) => {
      const parts = [8, 4, 4, 4, 12].map((length) => letters(random, length, "0123456789abcdef"));
      const plain = parts.join("-");
      return pick<Value>(random, [plain, plain.toUpperCase(), `{${plain}}`, parts.join("")]);
    },
    edges: [
      "00000000-0000-0000-0000-000000000000",
      "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
      "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    ],
  }),
});

function likeUuid(value: string, shown: string): string {
  const match = TYPED.exec(shown);
  if (match === null) return value;
  const hyphened = match[3] === "" ? value.replaceAll("-", "") : value;
  const cased =
    /[A-F]/.test(shown) && !/[a-f]/.test(shown.replace(/^urn:uuid:/i, "")) ? hyphened.toUpperCase() : hyphened;
  const braced = match[1] === "{" ? `{${cased}}` : cased;
  return /^urn:uuid:/i.test(shown) ? `${shown.slice(0, 9)}${braced}` : braced;
}
