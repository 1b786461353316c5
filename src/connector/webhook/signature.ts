// HMAC signatures over raw bytes, compared in constant time.

import { createHmac, timingSafeEqual } from "node:crypto";

export type HmacAlgorithm = "sha256" | "sha1" | "sha512";
export type SignatureEncoding = "hex" | "base64";

export function hmac(algorithm: HmacAlgorithm, key: Uint8Array, parts: readonly (string | Uint8Array)[]): Buffer {
  const digest = createHmac(algorithm, key);
  for (const part of parts) digest.update(typeof part === "string" ? Buffer.from(part, "utf8") : part);
  return digest.digest();
}

/** The bytes of a signature as written; null when it is not one. */
export function decodeSignature(text: string, encoding: SignatureEncoding): Buffer | null {
  if (encoding === "hex") return /^(?:[0-9a-fA-F]{2})+$/.test(text) ? Buffer.from(text, "hex") : null;
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : null;
}

/**
 * Whether one of the signatures is that of one of the keys. Every pair is compared, so that the time taken tells neither
 * which key nor which signature was right.
 */
export function anySigned(
  signatures: readonly Buffer[],
  keys: readonly Uint8Array[],
  sign: (key: Uint8Array) => Buffer,
): boolean {
  let found = false;
  for (const key of keys) {
    // An empty key (a secret that is not what it is said to be encoded as) is known to everyone.
    if (key.length === 0) continue;
    const due = sign(key);
    for (const signature of signatures) {
      if (signature.length === due.length && timingSafeEqual(signature, due)) found = true;
    }
  }
  return found;
}
