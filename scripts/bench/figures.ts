// What was measured, as lines for people and as one JSON document for machines. Rates depend on the machine; ratios of two things
// measured in one run hardly do, and only those are judged.

export interface Ratio {
  readonly name: string;
  readonly ratio: number;
  /** The least that is good enough; null: only told. */
  readonly atLeast: number | null;
}

export interface Figures {
  readonly title: string;
  readonly lines: readonly string[];
  readonly ratios: readonly Ratio[];
  readonly values: Readonly<Record<string, number>>;
}

export function missed(figures: readonly Figures[]): readonly Ratio[] {
  return figures.flatMap(({ ratios }) =>
    ratios.filter(({ ratio, atLeast }) => atLeast !== null && !(ratio >= atLeast)),
  );
}

export function figuresText(figures: Figures): string {
  const ratios = figures.ratios.map(({ name, ratio, atLeast }) => {
    const wanted =
      atLeast === null
        ? ""
        : ratio >= atLeast
          ? `  (at least ${shortNumber(atLeast)}: ok)`
          : `  (at least ${shortNumber(atLeast)}: MISSED)`;
    return `  ${name}: ${shortNumber(ratio)}${wanted}`;
  });
  return [figures.title, ...figures.lines.map((line) => `  ${line}`), ...ratios].join("\n");
}

export function shortNumber(value: number): string {
  if (value >= 1000) return `${String(Math.round(value / 1000))}k`;
  return value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2);
}

/** Seconds of processor time that `work` takes: the best of several, because what disturbs it only ever makes it slower. */
export async function bestSeconds(times: number, work: () => Promise<void> | void): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < times; round += 1) {
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1_000_000);
  }
  return best;
}
