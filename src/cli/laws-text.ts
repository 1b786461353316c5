// The classes of a pair's rules, as `check` tells them: a count of each, and every rule that loses something with what that means.

import type { ProjectPair } from "../config/project.ts";
import { otherSide, SIDES, type BySide } from "../core/ids.ts";
import type { LawFinding } from "../mapping/law-check.ts";
import { classMeaning, classText, quoted } from "../mapping/law-words.ts";

/** What --live adds to the findings of the files: the same rules on records as they are. */
export interface PairLaws {
  readonly pair: ProjectPair;
  readonly live: readonly LawFinding[];
}

export function lawsJson({ pair, live }: PairLaws): readonly unknown[] {
  const names = namesOf(pair);
  return [...pair.laws, ...live].map(({ entity, field, class: found, by, cases, lost }) => ({
    pair: pair.pair,
    entity,
    field,
    class: classText(found),
    by,
    cases,
    means: classMeaning(found, names),
    keeps: found.kind === "lossy" ? names[found.keeps] : null,
    example:
      lost === null
        ? null
        : { side: names[lost.from], value: quoted(lost.value), across: quoted(lost.across), back: quoted(lost.back) },
  }));
}

/** Empty for a pair whose rules could not be compiled. */
export function lawsText({ pair, live }: PairLaws): readonly string[] {
  if (pair.laws.length === 0) return [];
  const names = namesOf(pair);
  const counts = new Map<string, number>();
  for (const { class: found } of pair.laws) {
    const word = classWord(found, names);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const summary = [...counts].map(([word, count]) => `${String(count)} ${word}`).join(", ");
  const told = [...pair.laws, ...live].filter(
    (each) => each.class.kind === "lossy" || each.class.kind === "lossy-both",
  );
  return [`rules ${pair.pair}  ${summary}`, ...told.map((each) => `    ${lossText(each, names)}`)];
}

function lossText({ entity, field, class: found, by, lost }: LawFinding, names: BySide<string>): string {
  const where = by === "records" ? ", on records as they are" : "";
  const text = `${entity}.${field}  ${classWord(found, names)}${where}: ${classMeaning(found, names)}`;
  if (lost === null) return text;
  const [here, there] = [names[lost.from], names[otherSide(lost.from)]];
  const back = quoted(lost.back) === quoted(lost.across) ? "" : `, and ${quoted(lost.back)} when it comes back`;
  return `${text}; ${quoted(lost.value)} in ${here} is ${quoted(lost.across)} in ${there}${back}`;
}

/** With the file's names of the sides: lossy crm > billing. */
function classWord(found: LawFinding["class"], names: BySide<string>): string {
  return found.kind === "lossy" ? `lossy ${names[found.keeps]} > ${names[otherSide(found.keeps)]}` : classText(found);
}

function namesOf({ part, mapping }: ProjectPair): BySide<string> {
  const [left = "left", right = "right"] = SIDES.map(
    (side, index) => mapping?.sides[side].name ?? Object.keys(part?.sides ?? {})[index],
  );
  return { left, right };
}
