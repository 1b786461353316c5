// email: trimmed, lower-cased, and sent so.

import { z } from "zod";

import { defineType } from "./definition.ts";
import { invalid, NULL_READING, textKey, valid } from "./reading.ts";
import { letters, pick, whole } from "./chance.ts";

// Whether an address exists only its server knows; what is refused here is what cannot be one.
const ADDRESS = /^[^\s@"<>(),;:\\]+@[^\s@"<>(),;:\\.]+(?:\.[^\s@"<>(),;:\\.]+)*$/;
/** Plain, lower-case, nothing to do: most of what records show. */
const PLAIN = /^[a-z0-9._%+-]{1,64}@(?:[a-z0-9-]+\.)+[a-z]{2,24}$/;
/** RFC 5321: 64 for the name, 255 for the host. */
const LENGTH_MAX = 320;

export const emailType = defineType({
  name: "email",
  docs: {
    summary:
      "An e-mail address. White space at the ends is dropped and letters are lower-cased, for comparison and in what is sent. " +
      "A display name (`Ada <ada@example.com>`) or a list of addresses is not an address: the field is held.",
    example: "email: { as: email }",
  },
  options: z.strictObject({}),
  build: () => ({
    name: "email",
    lossless: true,
    read: (raw) => {
      if (raw === null) return NULL_READING;
      if (typeof raw !== "string") return invalid(raw, "an e-mail address");
      if (raw.length <= LENGTH_MAX && PLAIN.test(raw)) return { ok: true, value: raw };
      const address = raw.normalize("NFC").trim().toLowerCase().normalize("NFC");
      return address.length <= LENGTH_MAX && ADDRESS.test(address) ? valid(address) : invalid(raw, "an e-mail address");
    },
    write: (value) => value,
    key: textKey,
    sample: (random) => {
      const name = letters(random, whole(random, 1, 8), "abcXYZ019._+");
      const address = `${name}@${pick(random, ["example.com", "Mail.EXAMPLE.org", "münchen.example"])}`;
      return pick(random, [address, ` ${address}`, address.toUpperCase()]);
    },
    edges: ["a@b", "ADA@Example.com ", "ada+tag@example.com", "用户@例え.jp", "o'neil@example.com", "İ@example.com"],
  }),
});
