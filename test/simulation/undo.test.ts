// Runs taken back in the made-up world, after any history: what the run wrote goes back where nobody has edited since, no later
// edit is overwritten, and afterwards the engine is at rest and makes nothing twice.

import { expect, test } from "@jest/globals";
import { isFields, isList, type Fields, type Value } from "../../src/core/value.ts";
import { familyCast } from "../../src/simulation/family-cast.ts";
import { drawHistory } from "../../src/simulation/history.ts";
import type { Cast } from "../../src/simulation/play.ts";
import { playUndo, shownKey, type PlayedUndo } from "../../src/simulation/undo-play.ts";

const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const HISTORIES = 250;

const listOf = (value: Value | undefined): readonly Fields[] =>
  value !== undefined && isList(value) ? value.filter(isFields) : [];

const textOf = (value: Value | undefined): string => (typeof value === "string" ? value : "");

interface Broken {
  readonly seed: string;
  readonly what: string;
}

/** Of each field that the run updated: what it should show now, if nothing kept it from going back. */
function touchedFields(
  { effects }: PlayedUndo,
  cast: Cast,
): ReadonlyMap<string, { before: string; wrote: ReadonlySet<string> }> {
  const touched = new Map<string, { before: string; wrote: ReadonlySet<string> }>();
  for (const { entity, side, op, record, fields } of effects) {
    const mapping = cast.mapping.entities.find(({ policy }) => policy.name === entity);
    if (mapping === undefined || op !== "update") continue;
    for (const [field, values] of Object.entries(fields)) {
      const key = shownKey(side, entity, record, field);
      const wrote = new Set([values.readBack, values.after].map((value) => mapping.cell(side, field, value).key));
      touched.set(key, { before: touched.get(key)?.before ?? mapping.cell(side, field, values.before).key, wrote });
    }
  }
  return touched;
}

/** What the plan says stays, and why, by field; a whole record by an empty name. */
function keptIn({ plan }: PlayedUndo, cast: Cast): ReadonlySet<string> {
  const document = isFields(plan.document) ? plan.document : {};
  const undo = document["undo"];
  const { left } = cast.mapping.sides;
  return new Set(
    listOf(undo !== undefined && isFields(undo) ? undo["kept"] : undefined).map(
      ({ entity, side, record, field }) =>
        `${side === left.name ? "left" : "right"} ${textOf(entity)} ${textOf(record)} ${textOf(field)}`,
    ),
  );
}

/** Records of actions that did not come about: refused by the system, or not seen as they were. The report says so. */
function dropped({ plan, report }: PlayedUndo): ReadonlySet<string> {
  const document = isFields(plan.document) ? plan.document : {};
  return new Set(
    listOf(document["actions"])
      .filter(({ action }) => typeof action === "string" && report.dropped.includes(action))
      .flatMap(({ entity, left, right }) => [
        `left ${textOf(entity)} ${textOf(left)} `,
        `right ${textOf(entity)} ${textOf(right)} `,
      ]),
  );
}

function brokenBy(played: PlayedUndo, cast: Cast, seed: string): readonly Broken[] {
  const found: Broken[] = [];
  const say = (what: string): void => void found.push({ seed, what });
  const kept = keptIn(played, cast);
  const not = dropped(played);
  for (const [key, { before, wrote }] of touchedFields(played, cast)) {
    const then = played.before.get(key);
    const now = played.after.get(key);
    if (then === undefined || now === undefined) continue;
    const record = `${key.slice(0, key.lastIndexOf(" "))} `;
    const stays = kept.has(key) || kept.has(record);
    if (!wrote.has(then) && now !== then) say(`${key}: an edit since (${then}) was overwritten with ${now}`);
    if (wrote.has(then) && !stays && !not.has(record) && now !== before)
      say(`${key}: shows ${now}, not ${before} as before the run`);
    if (stays && now !== then) say(`${key}: was to stay ${then}, and shows ${now}`);
  }
  const isAutomation = (shown: string): boolean => shown.includes("auto-");
  for (const [key, then] of played.before) {
    const now = played.after.get(key);
    if (now !== undefined && now !== then && !isAutomation(now) && !touchedFields(played, cast).has(key))
      say(`${key}: the run never wrote it, and ${then} became ${now}`);
  }
  for (const { entity, field, left, right } of played.asked) {
    if (field === null || left === null || right === null) continue;
    for (const [side, id] of [
      ["left", left],
      ["right", right],
    ] as const) {
      const key = shownKey(side, entity, id, field);
      const [now, later] = [played.after.get(key), played.settled.get(key)];
      if (now !== undefined && later !== undefined && now !== later)
        say(`${key}: put back to ${now}, and flowed to ${later} by itself`);
    }
  }
  if (played.restless > 0) say(`${String(played.restless)} writes after it should have come to rest`);
  if (played.report.outcome !== "ok" && played.report.outcome !== "partial")
    say(`ended ${played.report.outcome}: ${played.report.message ?? ""}`);
  return found;
}

test("in hundreds of histories what a run wrote goes back, no later edit is overwritten, and the engine comes to rest (promises 1, 3, 9, 24)", async () => {
  let written = 0;
  for (let index = 0; index < HISTORIES; index += 1) {
    const seed = `undo-${String(index)}`;
    const cast = familyCast(seed);
    const history = drawHistory(seed, { objects: cast.populace.objects.left.length, fields: cast.populace.fields });
    const played = await playUndo(history, cast, { idle, log: null });
    if (played === null) continue;
    written += played.report.applied;

    expect(brokenBy(played, cast, seed)).toEqual([]);
  }
  expect(written).toBeGreaterThan(HISTORIES / 5);
}, 600_000);
