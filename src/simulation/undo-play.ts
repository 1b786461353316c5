// Plays a history to its end, lets people edit once more, and takes one run back: what the records showed before, after, and when
// the daemon has come to rest again.

import { NULL_KEY, type Reading } from "../core/field.ts";
import type { RemoteId, RunId, Side } from "../core/ids.ts";
import type { StoredPlan } from "../engine/ports/run.ts";
import { applyPlan, type ApplyReport } from "../engine/apply.ts";
import type { EffectRow } from "../engine/ledger.ts";
import { readPlanFile } from "../engine/plan-document.ts";
import { runPair } from "../engine/run.ts";
import { digest256 } from "./digest.ts";
import type { Event, History } from "./history.ts";
import { pairTables, type StoredCase } from "./memory/tables.ts";
import { openWorld, type Cast, type PlayOptions, type World } from "./play.ts";
import { randomOf } from "./random.ts";
import { present } from "./system/rows.ts";

/** Comparison keys by `side object id field`. */
type Shown = ReadonlyMap<string, string>;

export interface PlayedUndo {
  readonly run: RunId;
  /** What that run did, oldest first. */
  readonly effects: readonly EffectRow[];
  readonly plan: StoredPlan;
  readonly report: ApplyReport;
  readonly before: Shown;
  readonly after: Shown;
  /** Questions that the undoing has opened. */
  readonly asked: readonly StoredCase[];
  readonly settled: Shown;
  /** Writes of the engine once it should have come to rest after it. */
  readonly restless: number;
}

/** Null: no run of the history left a trace that could be taken back. */
export async function playUndo(history: History, cast: Cast, options: PlayOptions): Promise<PlayedUndo | null> {
  const world = openWorld(history, cast, options);
  const random = randomOf(`${history.seed} undo`);
  for (const round of history.rounds) await world.round(round);
  await world.calm();
  for (const run of ["sweep", "sweep", "sweep"] as const) await world.undisturbed(run);
  const edits = (): readonly Event[] =>
    history.rounds.flatMap(({ events }) => events.map(({ event }) => event)).filter(isEdit);
  await world.round({
    run: "sweep",
    second: null,
    events: edits().map((event) => ({ at: 0, on: null, event })),
    restMs: 60_000,
  });
  await world.undisturbed("sweep");
  const tables = pairTables(world.store.tables, cast.mapping.pair);
  const runs = [...new Set(tables.effects.map(({ run }) => run))];
  if (runs.length === 0) return null;
  const run = random.pick(runs);
  // Some of what it wrote is edited by people before anybody thinks of taking it back.
  const later = edits().filter(() => random.chance(0.3));
  await world.round({
    run: "hints",
    second: null,
    events: later.map((event) => ({ at: 1e9, on: null, event })),
    restMs: 0,
  });
  const before = await shownBy(world, cast);
  const effects = tables.effects.filter((effect) => effect.run === run);
  const planned = await world.asked((parts, ports, request) =>
    runPair(parts, ports, { ...request, dryRun: true, undo: run }),
  );
  if (planned.plan === null) throw new Error(`no plan: ${planned.report.reason ?? ""} ${planned.report.message ?? ""}`);
  const { plan } = planned;
  const file = readPlanFile(plan.document, digest256);
  if (file === null || file === "edited") throw new Error("the plan is not one");
  const report = await world.asked((parts, ports, request) => applyPlan(parts, ports, file, request, "a person"));
  const after = await shownBy(world, cast);
  const asked = [...tables.cases.values()].filter((row) => !row.closed && hasUndone(row, run));
  for (const kind of ["sweep", "sweep", "changes", "sweep"] as const) await world.undisturbed(kind);
  const written = world.happenings.length;
  for (const kind of ["sweep", "changes"] as const) await world.undisturbed(kind);
  const restless = world.happenings.slice(written).filter(({ actor }) => actor === "engine").length;
  return { run, effects, plan, report, before, after, asked, settled: await shownBy(world, cast), restless };
}

function isEdit(event: Event): boolean {
  return event.kind === "edit" || event.kind === "create" || event.kind === "delete" || event.kind === "blank";
}

function hasUndone({ values }: StoredCase, run: RunId): boolean {
  return typeof values === "object" && values !== null && "undone" in values && values["undone"] === run;
}

export function shownKey(side: Side, entity: string, id: RemoteId, field: string): string {
  return `${side} ${entity} ${id} ${field}`;
}

async function shownBy({ systems }: World, { mapping }: Cast): Promise<Shown> {
  const shown = new Map<string, string>();
  for (const entity of mapping.entities) {
    for (const side of ["left", "right"] as const) {
      for (const id of systems[side].ids(entity.objects[side])) {
        const row = systems[side].table(entity.objects[side]).rows.get(id);
        const fields = row === undefined ? null : present(row).fields;
        if (fields === null) continue;
        const [reading] = await entity.read(side, [{ ...fields, id }]);
        for (const { name } of entity.policy.fields)
          shown.set(shownKey(side, entity.policy.name, id, name), keyOf(reading?.fields[name]));
      }
    }
  }
  return shown;
}

function keyOf(reading: Reading | undefined): string {
  return reading?.kind === "value" ? reading.cell.key : reading?.kind === "invalid" ? "invalid" : NULL_KEY;
}
