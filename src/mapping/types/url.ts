// url: compared in the form of the URL standard, sent as it is.

import { z } from "zod";

import { defineType } from "./definition.ts";
import { invalid, NULL_READING, textKey, valid } from "./reading.ts";
import { letters, pick, whole } from "./chance.ts";

const LENGTH_MAX = 8_192;

export const urlType = defineType({
  name: "url",
  docs: {
    summary:
      "A web or other address with its scheme. It travels as it is; scheme and host in any case, a default port, and the slash after a bare host " +
      "make no difference. With `scheme: https` an address without a scheme (`example.com`) is read as that one; otherwise it is held.",
    example: "website: { as: { url: { scheme: https } } }",
  },
  options: z.strictObject({
    scheme: z.enum(["https", "http"]).optional().describe("The scheme of addresses that are written without one."),
  }),
  short: {
    schema: z.enum(["https", "http"]).describe("The scheme of addresses that are written without one."),
    toOptions: (given) => (typeof given === "string" ? { scheme: given } : null),
  },
  build: ({ scheme }) => {
    const canonical = (text: string): string | null => {
      if (text.length > LENGTH_MAX) return null;
      const typed = text.trim();
      // `localhost:80` parses as scheme "localhost": what comes before a port is a host.
      if (/^[a-z][a-z0-9+.-]*:(?!\d+(?:[/?#]|$))/i.test(typed)) return parsed(typed);
      return scheme === undefined || !/^[^\s/?#@]/.test(typed) ? null : parsed(`${scheme}://${typed}`);
    };
    return {
      name: "url",
      lossless: true,
      read: (raw) => {
        if (raw === null) return NULL_READING;
        if (typeof raw === "string" && canonical(raw) !== null) return valid(raw);
        return invalid(
          raw,
          "a URL",
          typeof raw === "string" && /^[\w-]+(\.[\w-]+)+/.test(raw)
            ? "for addresses without a scheme say { url: https }"
            : "",
        );
      },
      write: (value) => value,
      key: (value) => textKey((typeof value === "string" ? canonical(value) : null) ?? value),
      sample: (random) => {
        const path = letters(random, whole(random, 0, 6), "abcXYZ/-_.%20é");
        return `${pick(random, ["https://example.com", "HTTP://Example.COM:80", "https://example.com:8443"])}/${path.replaceAll("%", "%25")}`;
      },
      edges: [
        "https://example.com",
        "https://EXAMPLE.com/",
        "mailto:ada@example.com",
        "https://münchen.example/?q=a b#x",
        "ftp://user@example.com:21/a",
      ],
    };
  },
});

function parsed(text: string): string | null {
  try {
    return new URL(text).href;
  } catch {
    return null; // how the platform says "not a URL"
  }
}
