// Many histories, one after the other, until one breaks a promise; that one is made as small as it goes, and told.

import { drawHistory, type History } from "./history.ts";
import { play, type Cast, type Played } from "./play.ts";
import { brokenPromises, PROMISES } from "./promises/all.ts";
import type { Broken } from "./promises/promise.ts";
import { shrink } from "./shrink.ts";
import { lengthOf, tell } from "./story.ts";

export interface SimulateOptions {
  readonly runs: number;
  readonly seed: string;
  /** The number of the first history: a long series can be played in parts. */
  readonly from?: number;
  /** Say which promise broke, without making the history smaller. */
  readonly brief?: boolean;
  /** Who plays in the history of a seed. */
  readonly cast: (seed: string) => Cast;
  /** One turn of the event loop. */
  readonly idle: () => Promise<void>;
  /** Told after each history; false ends it. */
  readonly progress: (played: number) => boolean;
}

export interface Simulated {
  readonly histories: number;
  readonly steps: number;
  readonly faults: number;
  readonly crashes: number;
  readonly edits: number;
  readonly writes: number;
  /** Promises looked at: histories times promises. */
  readonly checked: number;
  /** Null: none was broken. */
  readonly found: { readonly seed: string; readonly broken: readonly Broken[]; readonly story: string } | null;
}

export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const sums = { histories: 0, steps: 0, faults: 0, crashes: 0, edits: 0, writes: 0, checked: 0 };
  for (let index = 0; index < options.runs; index += 1) {
    const seed = `${options.seed}-${String((options.from ?? 0) + index)}`;
    const { played, broken } = await playSeed(seed, options);
    sums.histories += 1;
    sums.steps += played.figures.steps;
    sums.faults += played.figures.faults;
    sums.crashes += played.figures.crashes;
    sums.edits += played.figures.edits;
    sums.writes += played.happenings.filter((each) => each.actor === "engine").length;
    sums.checked += PROMISES.length;
    const [first] = broken;
    if (first !== undefined)
      return {
        ...sums,
        found: { seed, broken, story: options.brief === true ? first.told : await storyOf(seed, first, options) },
      };
    if (!options.progress(index + 1)) break;
  }
  return { ...sums, found: null };
}

/** One history, whole: same seed, same trace. */
export async function playSeed(
  seed: string,
  options: Pick<SimulateOptions, "cast" | "idle">,
): Promise<{ readonly played: Played; readonly broken: readonly Broken[] }> {
  const cast = options.cast(seed);
  const played = await play(historyOf(seed, cast), cast, { idle: options.idle, log: null });
  return { played, broken: await brokenPromises(played) };
}

function historyOf(seed: string, { populace }: Cast): History {
  return drawHistory(seed, {
    objects: Math.max(populace.objects.left.length, populace.objects.right.length),
    fields: populace.fields,
  });
}

async function storyOf(seed: string, broken: Broken, options: SimulateOptions): Promise<string> {
  const cast = options.cast(seed);
  const again = (history: History): Promise<Played> => play(history, cast, { idle: options.idle, log: null });
  const same = (each: Broken): boolean => each.promise === broken.promise && each.name === broken.name;
  const smallest = await shrink(historyOf(seed, cast), async (smaller) =>
    (await brokenPromises(await again(smaller))).some(same),
  );
  const played = await again(smallest);
  const told = (await brokenPromises(played)).find(same) ?? broken;
  return `Seed ${seed}, made as small as it goes (${lengthOf(smallest)}).\n\n${tell(played, told)}`;
}
