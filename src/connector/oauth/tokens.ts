// What is kept between token requests, as text for the vault.

import { JsonError, jsonText, parseJson } from "../../core/json.ts";
import { isFields } from "../../core/value.ts";

export interface Tokens {
  readonly access: string;
  /** When the access token ends, in milliseconds since 1970. */
  readonly until: number;
  readonly refresh: string | null;
  /** When the refresh token ends, where the server says it. */
  readonly refreshUntil: number | null;
  /** Digest of the refresh token in the config that this began with: another one there begins anew. */
  readonly seed: string | null;
}

export function tokensText({ access, until, refresh, refreshUntil, seed }: Tokens): string {
  return jsonText({ access, until, refresh, refreshUntil, seed });
}

/** Null: there are none, or none that this version wrote. */
export function readTokens(text: string | null): Tokens | null {
  if (text === null) return null;
  try {
    const found = parseJson(text);
    if (!isFields(found)) return null;
    const { access, until, refresh, refreshUntil, seed } = found;
    if (typeof access !== "string" || typeof until !== "number") return null;
    return {
      access,
      until,
      refresh: typeof refresh === "string" ? refresh : null,
      refreshUntil: typeof refreshUntil === "number" ? refreshUntil : null,
      seed: typeof seed === "string" ? seed : null,
    };
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}
