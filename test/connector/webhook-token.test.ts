// Deliveries that carry a secret instead of a signature: in a header or in the address.

import { expect, test } from "@jest/globals";
import { sharedTokenScheme } from "../../src/connector/webhook/shared-token.ts";
import type { Delivery } from "../../src/connector/webhook/scheme.ts";

const SECRETS = ["0123456789abcdef"];

function delivery(url: string, headers: Readonly<Record<string, string>> = {}): Delivery {
  return { method: "POST", url, headers, rawBody: Buffer.from("{}") };
}

test("a delivery whose address carries the secret is accepted; one without it, or with another, is not", () => {
  const scheme = sharedTokenScheme({ query: "token" });
  const asked = (url: string): boolean => scheme.verify(delivery(url), SECRETS, 0).ok;

  expect(asked("http://host/hooks/shop?token=0123456789abcdef")).toBe(true);
  expect(asked("http://host/hooks/shop?token=0123456789abcdee")).toBe(false);
  expect(asked("http://host/hooks/shop?token=")).toBe(false);
  expect(asked("http://host/hooks/shop")).toBe(false);
});

test("a delivery whose header carries the secret behind its prefix is accepted, as the scheme itself writes it", () => {
  const scheme = sharedTokenScheme({ header: "X-Hook", prefix: "Token " });
  const unsigned = { method: "POST", url: "http://host/", body: Buffer.from("{}"), id: "1", now: 0 };

  expect(scheme.verify(delivery("http://host/", scheme.sign(unsigned, "0123456789abcdef")), SECRETS, 0).ok).toBe(true);
  expect(scheme.verify(delivery("http://host/", { "x-hook": "0123456789abcdef" }), SECRETS, 0).ok).toBe(false);
});
