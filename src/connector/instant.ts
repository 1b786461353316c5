// Times as remote systems write them: ISO text of any precision and zone form, seconds or milliseconds since 1970 as a number
// or as text, or /Date(1573755038314+0000)/ as older .NET services write JSON. What a time looked like is kept, so that a cursor can be moved back and still look the same.

import type { Instant } from "../core/ids.ts";
import { digitsOf, type Value } from "../core/value.ts";

const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:([T ])(\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?$/i;
const DOTNET = /^\/Date\((-?\d{1,16})([+-]\d{4})?\)\/$/;
const DIGITS = /^\d{9,16}(?:\.\d{1,9})?$/;

/** Numbers from here on are milliseconds: as seconds this would be the year 5138, as milliseconds it is 1973. */
const MILLISECONDS_FROM = 1e11;

/** Smaller numbers (as seconds before 1973) are counters, not times. */
const SECONDS_FROM = 1e8;

export type TimeForm =
  | {
      readonly kind: "iso";
      readonly separator: string | null;
      readonly seconds: boolean;
      readonly digits: number;
      readonly zone: string;
    }
  | { readonly kind: "epoch"; readonly unitMs: 1 | 1000; readonly text: boolean }
  | { readonly kind: "dotnet"; readonly zone: string };

export interface RemoteTime {
  readonly at: Instant;
  readonly form: TimeForm;
}

/** Null when it is not a time. A time without a zone is UTC. */
export function parseTime(value: Value | undefined): RemoteTime | null {
  if (value === undefined || value === null || typeof value === "boolean") return null;
  const digits = typeof value === "string" ? (DIGITS.test(value) ? value : null) : digitsOf(value);
  if (digits !== null) {
    const number = Number(digits);
    if (number < SECONDS_FROM || !Number.isFinite(number)) return null;
    const unitMs = number < MILLISECONDS_FROM ? 1000 : 1;
    return {
      at: Math.round(number * unitMs) as Instant,
      form: { kind: "epoch", unitMs, text: typeof value === "string" },
    };
  }
  if (typeof value !== "string") return null;
  const dotnet = DOTNET.exec(value);
  if (dotnet === null) return parseIso(value);
  // The zone is only for showing: the milliseconds count from 1970 in UTC.
  return { at: Number(dotnet[1]) as Instant, form: { kind: "dotnet", zone: dotnet[2] ?? "" } };
}

/** The instant alone; null when it is not a time. */
export function parseInstant(value: Value | undefined): Instant | null {
  return parseTime(value)?.at ?? null;
}

/** The text (or number as text) of an instant, in the same form as another time was written. */
export function writeTime(at: Instant, form: TimeForm): string {
  if (form.kind === "epoch") return String(form.unitMs === 1 ? at : Math.floor(at / 1000));
  if (form.kind === "dotnet") return `/Date(${String(at)}${form.zone})/`;
  const shifted = new Date(at + zoneMinutes(form.zone) * 60_000).toISOString();
  const date = shifted.slice(0, 10);
  if (form.separator === null) return date;
  const clock = shifted.slice(11, form.seconds ? 19 : 16);
  const fraction = form.digits === 0 ? "" : `.${shifted.slice(20, 23).padEnd(form.digits, "0").slice(0, form.digits)}`;
  return `${date}${form.separator}${clock}${fraction}${form.zone}`;
}

function parseIso(text: string): RemoteTime | null {
  const match = ISO.exec(text.trim());
  if (match === null) return null;
  const [, date = "", separator, clock, fraction = "", zone = ""] = match;
  const whole = clock === undefined ? "00:00:00" : clock.length === 5 ? `${clock}:00` : clock;
  const midday = Date.parse(`${date}T${whole}Z`);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(midday) || new Date(midday).toISOString().slice(0, 10) !== date) return null;
  const milliseconds = Number(fraction.padEnd(3, "0").slice(0, 3));
  const at = midday + milliseconds - zoneMinutes(zone) * 60_000;
  const form: TimeForm = {
    kind: "iso",
    separator: separator ?? null,
    seconds: clock !== undefined && clock.length > 5,
    digits: fraction.length,
    zone,
  };
  return { at: at as Instant, form };
}

function zoneMinutes(zone: string): number {
  if (zone === "" || zone === "Z" || zone === "z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith("-") ? -minutes : minutes;
}
