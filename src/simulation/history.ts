// A history: what people do, what goes wrong, and when. Everything in it is data, so that it can be replayed, and made smaller by
// leaving parts out.

import type { Side } from "../core/ids.ts";
import { randomOf, type Random } from "./random.ts";
import { MISHAPS, type Mishap, type Operation } from "./system/faults.ts";
import { drawHabits, drawSwarm, type Habits, type Swarm } from "./system/habits.ts";

export type Event =
  /** A person makes a record; `number` makes its values unlike all others. */
  | {
      readonly kind: "create";
      readonly side: Side;
      readonly object: number;
      readonly number: number;
      readonly pick: number;
    }
  /** A person enters a record that the other side has already. */
  | {
      readonly kind: "twin";
      readonly side: Side;
      readonly object: number;
      readonly number: number;
      readonly pick: number;
    }
  | {
      readonly kind: "edit";
      readonly side: Side;
      readonly object: number;
      readonly number: number;
      readonly pick: number;
      readonly field: number;
    }
  /** A person empties a field. */
  | {
      readonly kind: "blank";
      readonly side: Side;
      readonly object: number;
      readonly pick: number;
      readonly field: number;
    }
  | { readonly kind: "delete"; readonly side: Side; readonly object: number; readonly pick: number }
  | { readonly kind: "fault"; readonly side: Side; readonly operation: Operation; readonly mishap: Mishap }
  /** The daemon is killed. */
  | { readonly kind: "crash" }
  /** The daemon stands still, as a machine that sleeps. */
  | { readonly kind: "stall"; readonly ms: number }
  /** The daemon is asked to stop. */
  | { readonly kind: "stop" }
  /** The next statement that changes the state fails: before it took effect, or after. */
  | { readonly kind: "store"; readonly when: "before" | "after" }
  /** After this round the state is lost: all of it, or what came since this round began (a backup is restored). */
  | { readonly kind: "state-lost"; readonly all: boolean }
  /** A person answers the oldest open case. */
  | { readonly kind: "answer"; readonly side: Side };

/** What never comes about in its round happens at the end of it. */
export interface TimedEvent {
  /** Step of the round before which it happens, at the earliest. */
  readonly at: number;
  /** It waits for the next step of this kind: the moments in which something can go wrong are few. Null: it does not wait. */
  readonly on: Moment | null;
  readonly event: Event;
}

/** Words in the names of steps. */
const MOMENTS = [
  "get",
  "get answered",
  "list",
  "find answered",
  "create",
  "create answered",
  "update",
  "update answered",
  "delete",
  "saveIntents",
  "saveDecisions",
  "commit",
] as const;
type Moment = (typeof MOMENTS)[number];

export type RunKind = "changes" | "sweep" | "hints";

export interface Round {
  readonly run: RunKind;
  /** A second daemon starts a run of its own, so much later. */
  readonly second: { readonly run: RunKind; readonly afterMs: number } | null;
  readonly events: readonly TimedEvent[];
  /** Time until the next round. */
  readonly restMs: number;
}

export interface History {
  readonly seed: string;
  readonly swarm: Swarm;
  readonly habits: { readonly left: Habits; readonly right: Habits };
  readonly rounds: readonly Round[];
}

export interface HistoryShape {
  /** Objects that people work with: how many on each side. */
  readonly objects: number;
  /** Kinds of fields that people edit. */
  readonly fields: number;
}

export function drawHistory(seed: string, shape: HistoryShape): History {
  const random = randomOf(`${seed} history`);
  const swarm = drawSwarm(random);
  // A system that cuts what it is given, and one that answers each write with an edit, would keep each other busy for ever.
  const mayRewrite = !swarm.spelling;
  const rewrites = random.chance(0.5);
  const habits = {
    left: drawHabits(random, swarm, mayRewrite && rewrites),
    right: drawHabits(random, swarm, mayRewrite && !rewrites),
  };
  let number = 0;
  const count = (): number => (number += 1);
  const context: Draw = { random, swarm, shape, count };
  const first: Round = { run: "sweep", second: null, events: beginnings(context), restMs: restOf(random) };
  const rounds = Array.from({ length: random.whole(1, 4) }, () => drawRound(context));
  return { seed, swarm, habits, rounds: [first, ...rounds] };
}

interface Draw {
  readonly random: Random;
  readonly swarm: Swarm;
  readonly shape: HistoryShape;
  readonly count: () => number;
}

function restOf(random: Random): number {
  return random.pick([0, 1000, 20_000, 60_000]);
}

/** The records that are there when the daemon is started for the first time, and what happens in its first run. */
function beginnings(draw: Draw): readonly TimedEvent[] {
  const { random, shape, count } = draw;
  const made: TimedEvent[] = [];
  for (let n = random.whole(1, 4); n > 0; n -= 1)
    made.push({
      at: 0,
      on: null,
      event: {
        kind: "create",
        side: random.pick(["left", "right"] as const),
        object: random.whole(0, shape.objects - 1),
        number: count(),
        pick: random.whole(0, 9),
      },
    });
  if (random.chance(0.5))
    made.push({
      at: 0,
      on: null,
      event: {
        kind: "twin",
        side: random.pick(["left", "right"] as const),
        object: 0,
        number: count(),
        pick: random.whole(0, 9),
      },
    });
  return [...made, ...drawEvents(draw)];
}

function drawRound(draw: Draw): Round {
  const { random, swarm } = draw;
  const run = random.pick(["changes", "changes", "sweep", "hints"] as const);
  const second =
    swarm.secondDaemon && random.chance(0.6)
      ? { run: random.pick(["changes", "sweep"] as const), afterMs: random.pick([0, 100, 16_000, 40_000]) }
      : null;
  return { run, second, events: drawEvents(draw), restMs: restOf(random) };
}

/** Steps of a usual run; later ones happen at its end. */
const STEPS = 60;

function drawEvents(draw: Draw): readonly TimedEvent[] {
  const { random } = draw;
  const events = Array.from({ length: random.whole(0, 6) }, (): readonly TimedEvent[] => {
    const at = random.chance(0.3) ? 0 : random.whole(0, STEPS);
    const on = at > 0 && random.chance(0.6) ? random.pick(MOMENTS) : null;
    const event = drawEvent(draw);
    // A listing that leaves something out, and a look-up that fails: neither is an absence.
    if (event.kind === "fault" && event.mishap === "omits" && random.chance(0.4))
      return [event, { ...event, operation: "get" as const, mishap: "lost-before" as const }].map((each) => ({
        at: 0,
        on: null,
        event: each,
      }));
    return [{ at: on === null ? at : random.whole(0, at), on, event }];
  });
  return events.flat().toSorted((a, b) => a.at - b.at);
}

function drawEvent({ random, swarm, shape, count }: Draw): Event {
  const side = random.pick(["left", "right"] as const);
  const object = random.whole(0, shape.objects - 1);
  const pick = random.whole(0, 9);
  const field = random.whole(0, shape.fields - 1);
  const roll = random.next();
  if (swarm.crashes && roll < 0.1) return { kind: "crash" };
  if (swarm.storeFaults && roll < 0.15) return { kind: "store", when: random.pick(["before", "after"] as const) };
  if (swarm.stalls && roll < 0.2)
    return random.chance(0.7) ? { kind: "stall", ms: random.pick([1000, 16_000, 60_000]) } : { kind: "stop" };
  if (swarm.writeFaults && roll < 0.35) {
    const operation = random.pick(["create", "update", "update", "delete"] as const);
    return { kind: "fault", side, operation, mishap: random.pick(MISHAPS[operation]) };
  }
  if (swarm.readFaults && roll < 0.42) {
    const operation = random.pick(["list", "changes", "get", "find"] as const);
    return { kind: "fault", side, operation, mishap: random.pick(MISHAPS[operation]) };
  }
  if (swarm.omissions && roll < 0.5)
    return { kind: "fault", side, operation: "list", mishap: random.pick(["omits", "omits", "empty"] as const) };
  if (swarm.deletes && roll < 0.58) return { kind: "delete", side, object, pick };
  if (swarm.stateLoss && roll < 0.6) return { kind: "state-lost", all: random.chance(0.5) };
  if (roll < 0.63) return { kind: "blank", side, object, pick, field };
  if (roll < 0.67) return { kind: "twin", side, object, number: count(), pick };
  if (roll < 0.75) return { kind: "create", side, object, number: count(), pick };
  if (roll < 0.78) return { kind: "answer", side };
  return { kind: "edit", side, object, number: count(), pick, field };
}
