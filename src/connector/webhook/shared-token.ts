// Senders that cannot sign: what proves a delivery is a secret that it carries along, in a header or in its address
// (`https://HOST/hooks/SYSTEM?token=…`). Weaker than a signature: whoever sees one delivery can forge the next, and an address
// stands in the logs of proxies. A delivery is a hint all the same, so a forged one costs a look and changes nothing.

import { createHash, timingSafeEqual } from "node:crypto";
import type { SharedTokenForm } from "./file.ts";
import { unsigned, type Delivery, type Scheme } from "./scheme.ts";

export function sharedTokenScheme(form: SharedTokenForm): Scheme {
  const header = form.header?.toLowerCase();
  const prefix = form.prefix ?? "";
  const parameter = form.query;
  const carried = (delivery: Delivery): string => {
    if (parameter !== undefined)
      return URL.canParse(delivery.url) ? (new URL(delivery.url).searchParams.get(parameter) ?? "") : "";
    const written = delivery.headers[header ?? ""] ?? "";
    return written.startsWith(prefix) ? written.slice(prefix.length) : "";
  };
  return {
    verify(delivery, secrets) {
      const token = carried(delivery);
      if (token === "") return unsigned(`${header ?? `?${parameter ?? ""}=`} is missing`);
      let right = false;
      for (const secret of secrets) if (sameText(token, secret)) right = true;
      return right ? { ok: true, id: null, timestamp: null } : unsigned("the token is not right");
    },
    // What stands in the address is put there by whoever writes the address down.
    sign: (_delivery, secret) => (header === undefined ? {} : { [header]: prefix + secret }),
  };
}

/** Digests have one length, so that the time taken tells nothing of the secret's. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();
  return timingSafeEqual(digest(a), digest(b));
}
