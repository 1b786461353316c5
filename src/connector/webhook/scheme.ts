// How a delivery proves where it comes from. A scheme is a preset or the generic form; both also sign, so that a test (or a
// sender of ours) makes exactly what is verified.

/** A request as it arrived. */
export interface Delivery {
  readonly method: string;
  /** The address as the sender called it, with scheme and host: HubSpot signs it. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly rawBody: Uint8Array;
}

export type Verdict =
  | {
      readonly ok: true;
      /** The delivery's id as its sender gave it; null: it gave none. */
      readonly id: string | null;
      /** The time of sending as written; null: there is none. */
      readonly timestamp: string | null;
    }
  | { readonly ok: false; readonly code: "E_SIGNATURE" | "E_STALE"; readonly message: string };

/** What a sender knows of a delivery before it is signed. */
export interface Unsigned {
  readonly method: string;
  readonly url: string;
  readonly body: Uint8Array;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Scheme {
  /** @param secrets At least one; none is empty. */
  verify(delivery: Delivery, secrets: readonly string[], now: number): Verdict;
  /** Headers to send with it. */
  sign(unsigned: Unsigned, secret: string): Readonly<Record<string, string>>;
}

/** Too small: a sender whose clock is off is refused. Too large: a captured delivery can be played again for longer. */
export const TOLERANCE_MS = 5 * 60_000;

export function unsigned(message: string): Verdict {
  return { ok: false, code: "E_SIGNATURE", message };
}

/** Null when the time is near enough; a time in the future is as wrong as an old one. */
export function staleness(sentMs: number, now: number, toleranceMs: number): Verdict | null {
  if (!Number.isFinite(sentMs)) return unsigned("the time of sending cannot be read");
  if (Math.abs(now - sentMs) <= toleranceMs) return null;
  const seconds = Math.round(Math.abs(now - sentMs) / 1000);
  return { ok: false, code: "E_STALE", message: `sent ${String(seconds)} s ${sentMs < now ? "ago" : "in the future"}` };
}

/** Whole numbers only: `1e9`, blanks and signs are not times. NaN for anything else. */
export function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}
