// The fewest steps that still break a promise: parts of a history are left out, one after the other, for as long as the same
// promise breaks without them. Every try is played from the beginning, so what remains is a history like any other.

import type { History, Round, TimedEvent } from "./history.ts";
import type { Habits } from "./system/habits.ts";

/** More tries make the story shorter, and the wait for it longer: a try takes some ten milliseconds. */
const TRIES_MAX = 600;

/** @param breaks Plays a history: whether the promise breaks in it. */
export async function shrink(history: History, breaks: (smaller: History) => Promise<boolean>): Promise<History> {
  let best = history;
  let tries = 0;
  const attempt = async (smaller: History): Promise<boolean> => {
    if (tries >= TRIES_MAX) return false;
    tries += 1;
    if (!(await breaks(smaller))) return false;
    best = smaller;
    return true;
  };
  let progress = true;
  while (progress) {
    progress = false;
    for (let index = best.rounds.length - 1; index >= 0; index -= 1) {
      if (best.rounds.length > 1 && (await attempt({ ...best, rounds: best.rounds.filter((_, at) => at !== index) })))
        progress = true;
    }
    for (let index = best.rounds.length - 1; index >= 0; index -= 1)
      progress = (await shrinkRound(() => best, index, attempt)) || progress;
    for (const side of ["left", "right"] as const) {
      for (const plain of plainer(best.habits[side])) {
        if (await attempt({ ...best, habits: { ...best.habits, [side]: { ...best.habits[side], ...plain } } }))
          progress = true;
      }
    }
  }
  return best;
}

async function shrinkRound(
  best: () => History,
  index: number,
  attempt: (smaller: History) => Promise<boolean>,
): Promise<boolean> {
  let progress = false;
  const withRound = (change: (round: Round) => Round): History => ({
    ...best(),
    rounds: best().rounds.map((round, at) => (at === index ? change(round) : round)),
  });
  if (best().rounds[index]?.second !== null && (await attempt(withRound((round) => ({ ...round, second: null })))))
    progress = true;
  // Halves first, then one by one.
  for (let size = best().rounds[index]?.events.length ?? 0; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < (best().rounds[index]?.events.length ?? 0);) {
      if (await attempt(withRound((round) => ({ ...round, events: without(round.events, start, size) }))))
        progress = true;
      else start += size;
    }
  }
  return progress;
}

function without(events: readonly TimedEvent[], start: number, count: number): readonly TimedEvent[] {
  return [...events.slice(0, start), ...events.slice(start + count)];
}

/** Ways in which a system could be simpler than it is. */
function plainer(habits: Habits): readonly Partial<Habits>[] {
  const ways: readonly Partial<Habits>[] = [
    { lagMs: 0 },
    { latencyMs: 0 },
    { skewMs: 0 },
    { spelling: "as-is" },
    { automation: "none" },
    { webhooks: false },
    { keepsDeleted: false },
    { pageSize: 50 },
    { paging: "keyset" },
    { batch: 50 },
    { versions: "number", guard: "if-match" },
    { answersVersion: true },
    { answersRecord: true },
    { get: true },
    { unique: false },
  ];
  return ways.filter((way) => Object.entries(way).some(([name, value]) => habits[name as keyof Habits] !== value)); // a name of Habits
}
