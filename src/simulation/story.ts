// A broken promise told to people: the setting, what happened in order of time, and what should not have come of it.

import type { Broken } from "./promises/promise.ts";
import { PROMISES } from "./promises/all.ts";
import type { History, Round, TimedEvent } from "./history.ts";
import type { Played } from "./play.ts";
import type { Habits } from "./system/habits.ts";
import type { Happening } from "./system/journal.ts";
import { canonicalText, isFields, type Fields } from "../core/value.ts";

export function tell(played: Played, broken: Broken): string {
  const { history, mapping } = played;
  const name = (side: "left" | "right"): string => mapping.sides[side].name;
  const title = PROMISES.find((each) => each.number === broken.promise)?.title ?? "";
  const lines = [
    `Promise ${String(broken.promise)} (${title}) is broken: ${broken.told}`,
    "",
    `${name("left")}: ${habitsInWords(history.habits.left)}`,
    `${name("right")}: ${habitsInWords(history.habits.right)}`,
    "",
    ...history.rounds.flatMap((round, index) => [
      roundInWords(round, index),
      ...wrongs(round, name),
      ...done(played, index, name),
    ]),
    "Then nothing goes wrong any more, and both sides are compared until nothing changes:",
    ...played.happenings
      .filter((each) => each.round >= played.calmFrom)
      .map((each) => `  ${happeningInWords(each, name)}`),
  ];
  return lines.join("\n");
}

function habitsInWords(habits: Habits): string {
  const said = [
    habits.versions === "none"
      ? "tells no versions"
      : habits.versions === "flaky"
        ? "leaves versions out now and then"
        : null,
    habits.guard === "none"
      ? "writes unguarded"
      : habits.guard === "read-compare"
        ? "is read before each write"
        : "refuses a write to another version",
    habits.get ? null : "reads no single record",
    habits.find ? null : "finds nobody by value",
    habits.verify === null ? "cannot tell whether a create happened" : null,
    habits.repeat === "by-key" ? "knows a repeated create by its key" : null,
    habits.needsCurrent ? "only replaces whole records" : null,
    habits.lagMs > 0 ? `shows changes ${String(habits.lagMs)} ms late` : null,
    habits.spelling === "as-is"
      ? null
      : habits.spelling === "upper"
        ? "writes texts in capitals"
        : "cuts texts after ten characters",
    habits.automation === "none" ? null : "edits a record after each of our writes",
    habits.skewMs === 0 ? null : `its clock is ${String(habits.skewMs)} ms ahead`,
    habits.keepsDeleted ? "still lists what was deleted, marked so" : null,
  ];
  return said.filter((each) => each !== null).join(", ");
}

function roundInWords({ run, second }: Round, index: number): string {
  const what = run === "sweep" ? "a sweep" : run === "changes" ? "a run over changes" : "a run over hints";
  const also = second === null ? "" : `; ${String(second.afterMs)} ms later a second daemon starts`;
  return `Run ${String(index + 1)}, ${what}${also}`;
}

/** What goes wrong in a round; what people do shows in what happened. */
function wrongs({ events }: Round, name: (side: "left" | "right") => string): readonly string[] {
  return events.flatMap(({ at, event }: TimedEvent): readonly string[] => {
    const when = `  (from step ${String(at)})`;
    switch (event.kind) {
      case "fault":
        return [`${when} the next ${event.operation} of ${name(event.side)}: ${event.mishap}`];
      case "crash":
        return [`${when} the daemon is killed`];
      case "stall":
        return [`${when} the daemon stands still for ${String(event.ms)} ms`];
      case "stop":
        return [`${when} the daemon is asked to stop`];
      case "store":
        return [`${when} the next change of the state fails ${event.when} it took effect`];
      case "state-lost":
        return [
          `  afterwards ${event.all ? "the whole state is lost" : "the state is restored as it was before this run"}`,
        ];
      case "answer":
        return [`${when} a person answers the oldest conflict: ${name(event.side)}`];
      default:
        return [];
    }
  });
}

function done(played: Played, round: number, name: (side: "left" | "right") => string): readonly string[] {
  const ends = played.runs
    .filter((run) => run.round === round)
    .map(
      (run) =>
        `  the run of ${run.process} ends: ${run.report === null ? (run.thrown?.split("\n")[0] ?? "") : [run.report.outcome, run.report.reason].filter((each) => each !== null).join(", ")}`,
    );
  return [
    ...played.happenings.filter((each) => each.round === round).map((each) => `  ${happeningInWords(each, name)}`),
    ...ends,
  ];
}

function happeningInWords(each: Happening, name: (side: "left" | "right") => string): string {
  const who = each.actor === "engine" ? "the engine" : each.actor === "person" ? "a person" : "an automation";
  const where = `${each.object} ${each.id} of ${name(each.side)}`;
  if (each.before === null)
    return `step ${String(each.step)}: ${who} creates ${where}: ${canonicalText(each.after ?? {})}`;
  if (each.after === null) return `step ${String(each.step)}: ${who} deletes ${where}`;
  return `step ${String(each.step)}: ${who} edits ${where}: ${difference(each.before, each.after)}`;
}

function difference(before: Fields, after: Fields): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => canonicalText(before[key] ?? null) !== canonicalText(after[key] ?? null),
  );
  if (names.length === 0) return "nothing changes";
  return names
    .map((key) => {
      const [one, other] = [before[key] ?? null, after[key] ?? null];
      return isFields(one) && isFields(other)
        ? `${key}: { ${difference(one, other)} }`
        : `${key} ${canonicalText(one)} -> ${canonicalText(other)}`;
    })
    .join(", ");
}

/** How long a history is: rounds and events. */
export function lengthOf(history: History): string {
  const events = history.rounds.reduce((sum, round) => sum + round.events.length, 0);
  return `${String(history.rounds.length)} runs, ${String(events)} events`;
}
