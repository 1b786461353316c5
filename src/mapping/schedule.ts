// `schedule`: what starts work of a pair.

import { problem, type KeyPath } from "../core/problem.ts";
import { parseDuration } from "../core/units.ts";
import type { CompileContext } from "./compile-context.ts";
import type { MappingFile } from "./file.ts";
import type { Schedule, ScheduleEntry } from "./mapping.ts";

/** More often than this is a load without use: a run itself takes longer. */
const EVERY_MS_MIN = 100;

/** What timers can hold (2^31 - 1 ms is 24.8 days); a longer pause wants a cron entry. */
const EVERY_MS_MAX = 24 * 86_400_000;

const CRON_FIELD = /^[0-9A-Za-z*/,\-?#]+$/;

export function compileSchedule(schedule: MappingFile["schedule"], context: CompileContext): Schedule {
  const timezone = schedule?.timezone ?? "UTC";
  if (!isTimeZone(timezone)) {
    const message = `"${timezone}" is not a time zone`;
    context.report(
      problem("E_ENUM", ["schedule", "timezone"], message, {
        found: timezone,
        expected: "a name such as UTC or Europe/Vienna",
      }),
    );
  }
  return {
    changes: readEntry(schedule?.changes, ["schedule", "changes"], context),
    sweep: readEntry(schedule?.sweep, ["schedule", "sweep"], context),
    timezone,
    webhooks: schedule?.webhooks ?? true,
  };
}

function readEntry(text: string | undefined, at: KeyPath, context: CompileContext): ScheduleEntry | null {
  if (text === undefined) return null;
  const [word, ...rest] = text.trim().split(/\s+/);
  if (word === "every" && rest.length === 1) {
    const everyMs = parseDuration(rest[0] ?? "");
    if (everyMs !== null) {
      if (everyMs >= EVERY_MS_MIN && everyMs <= EVERY_MS_MAX) return { everyMs };
      context.report(
        problem("E_RANGE", at, `"${text}" is outside what a schedule can do`, {
          found: text,
          expected: "100ms to 24d",
        }),
      );
      return null;
    }
  }
  if (word === "cron" && (rest.length === 5 || rest.length === 6) && rest.every((field) => CRON_FIELD.test(field))) {
    return { cron: rest.join(" ") };
  }
  const expected = "every DURATION, as in `every 2m`; or cron and five fields, as in `cron 0 3 * * *`";
  context.report(problem("E_TYPE", at, `"${text}" does not say when`, { found: text, expected }));
  return null;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
