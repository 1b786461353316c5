// What a system makes of the values it is given: spaces, letters, lengths, digits, zones, and nothing.

import type { RemoteRecord, Result, SystemObject, Written } from "../contract.ts";
import { digitsOf, type Fields, type Value } from "../../core/value.ts";
import { asSaid, noted, notTried, type Finding } from "./finding.ts";
import type { SampleFields } from "./sample.ts";

export interface Subject {
  readonly object: SystemObject;
  /** Reads the record as it is now; null: it cannot be read. */
  read(): Promise<RemoteRecord | null>;
  update(changed: Fields): Promise<Result<Written>>;
}

/** Longer than any column that people's names and notes are kept in, shorter than what servers refuse to read. */
const OVERLONG = 70_000;
const FINE_DECIMAL = "12.3456789";
const ZONED_TIME = "2024-03-31T01:30:00.123456+02:00";

export async function probeValues(subject: Subject, sample: SampleFields): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const [text] = sample.texts;
  if (text === undefined) findings.push(notTried("text", "the record has no field of free text"));
  else {
    findings.push(await shown(subject, text, "  Two  spaces and Ümläute 😀 ", "spaces and letters"));
    findings.push(await overlong(subject, text));
    findings.push(...(await blank(subject, text)));
  }
  const [decimal] = sample.decimals;
  findings.push(
    decimal === undefined
      ? notTried("decimals", "the file lists no field of type decimal")
      : await shown(subject, decimal, FINE_DECIMAL, "decimal places"),
  );
  const [time] = sample.times;
  findings.push(
    time === undefined
      ? notTried("time zones", "the file lists no field of type datetime that is written")
      : await shown(subject, time, ZONED_TIME, "a time with a zone and six digits of a second"),
  );
  return findings;
}

async function shown(subject: Subject, field: string, value: string, what: string): Promise<Finding> {
  const written = await subject.update({ [field]: value });
  if (!written.ok) return noted(`${what} in ${field}`, `refused: ${written.failure.message}`);
  const now = (await subject.read())?.fields[field] ?? null;
  const text = textOf(now);
  if (text === value) return asSaid(`${what} in ${field}`, "kept as they are");
  return noted(`${what} in ${field}`, `${JSON.stringify(value)} is shown as ${JSON.stringify(text)}`);
}

async function overlong(subject: Subject, field: string): Promise<Finding> {
  const tried = `${String(OVERLONG)} characters in ${field}`;
  const written = await subject.update({ [field]: "x".repeat(OVERLONG) });
  if (!written.ok) return asSaid(tried, `refused (${written.failure.kind}), so nothing is cut`);
  const length = (textOf((await subject.read())?.fields[field] ?? null) ?? "").length;
  if (length === OVERLONG) return asSaid(tried, "kept");
  const how = `as: { text: { cut: ${String(length)} } }`;
  return noted(tried, `cut to ${String(length)} without a word; rules that write it should say ${how}`);
}

async function blank(subject: Subject, field: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [word, value] of [
    ["null", null],
    ["the empty text", ""],
  ] as const) {
    const before = await subject.update({ [field]: "Something" });
    const written = before.ok ? await subject.update({ [field]: value }) : before;
    const tried = `${word} in ${field}`;
    if (!written.ok) {
      findings.push(noted(tried, `refused: ${written.failure.message}`));
      continue;
    }
    const now = (await subject.read())?.fields[field];
    if (now === "Something") findings.push(noted(tried, "changes nothing: a field is not emptied this way"));
    else if (now === value) findings.push(asSaid(tried, "empties the field, and is shown as it was sent"));
    else
      findings.push(
        noted(
          tried,
          `empties the field, which then ${now === undefined ? "is not there" : `shows ${JSON.stringify(now)}`}`,
        ),
      );
  }
  return findings;
}

function textOf(value: Value): string | null {
  if (typeof value === "string") return value;
  return digitsOf(value) ?? (value === null ? null : JSON.stringify(value));
}
