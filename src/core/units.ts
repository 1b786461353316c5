// The small notations of the files: durations (`500ms 30s 5m 2h 7d`), rates (`190/10s`, `400000/d`), fractions (`10%`).

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;
const RATE = /^(\d{1,9})\/(\d{1,9})?(ms|s|m|h|d)$/;
const PERCENT = /^(\d{1,4}(?:\.\d{1,6})?)\s?%$/;
const PLAIN = /^\d{1,9}(?:\.\d{1,9})?$/;

/** At most this many requests in any stretch of this length. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

/** Milliseconds; null when the text is not a duration. `0s` is one: whether it makes sense is the reader's question. */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text.trim());
  const unit = UNIT_MS[match?.[2] ?? ""];
  return match === null || unit === undefined ? null : Math.round(Number(match[1]) * unit);
}

/** `190/10s`: 190 in ten seconds. A period without a number is one of it: `400000/d`. Null when the text is not a rate. */
export function parseRate(text: string): Rate | null {
  const match = RATE.exec(text.trim());
  const unit = UNIT_MS[match?.[3] ?? ""];
  if (match === null || unit === undefined) return null;
  const count = Number(match[1]);
  const perMs = Number(match[2] ?? 1) * unit;
  return count > 0 && perMs > 0 ? { count, perMs } : null;
}

/** `10%` is 0.1, a bare number is itself. Null when it is neither, or negative. */
export function parseFraction(value: string | number): number | null {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : null;
  const text = value.trim();
  const match = PERCENT.exec(text);
  if (match !== null) return Number(match[1]) / 100;
  return PLAIN.test(text) ? Number(text) : null;
}
