// Taking runs back, in memory: what a run did, and which records still wait for a person since one was taken back.

import type { RemoteId, RunId } from "../../core/ids.ts";
import { isFields, type Fields } from "../../core/value.ts";
import type { RunEffects, UndoneCase } from "../../engine/ports/undone.ts";
import type { PairTables } from "./tables.ts";

const KINDS: ReadonlySet<string> = new Set(["conflict", "gone", "gone-edited"]);

export function openUndone(pair: PairTables, entity: string): readonly UndoneCase[] {
  return [...pair.cases.values()].flatMap(({ closed, answer, kind, field, subject, values, ...row }) => {
    const run = isFields(values) ? values["undone"] : undefined;
    if (closed || answer !== null || row.entity !== entity || !KINDS.has(kind) || typeof run !== "string") return [];
    const { left, right } = subject;
    const wrote = isFields(values) && isFields(values["wrote"] ?? null) ? (values["wrote"] as Fields) : {};
    return left === null || right === null ? [] : [{ left, right, field, run: run as RunId, wrote, since: row.since }];
  });
}

export function undoneCases(
  pair: PairTables,
  entity: string,
  subjects: readonly { readonly left: RemoteId; readonly right: RemoteId }[],
): readonly UndoneCase[] {
  const asked = new Set(subjects.map(({ left, right }) => `${left} ${right}`));
  return openUndone(pair, entity).filter(({ left, right }) => asked.has(`${left} ${right}`));
}

export function runEffects(
  pair: PairTables,
  run: RunId,
  entity: string,
  after: string | null,
  limit: number,
): RunEffects {
  const all = pair.effects.flatMap((effect, index) =>
    effect.run === run && effect.entity === entity ? [{ effect, number: index + 1 }] : [],
  );
  const start = Number(after ?? "0");
  const page = all.filter(({ number }) => number > start).slice(0, limit);
  const before = new Set(all.flatMap(({ effect, number }) => (number <= start ? (effect.linkId ?? []) : [])));
  const links = new Set(page.flatMap(({ effect }) => effect.linkId ?? []));
  const found = all.filter(({ effect: { linkId }, number }) =>
    linkId === null ? page.some((each) => each.number === number) : links.has(linkId) && !before.has(linkId),
  );
  const last = page.at(-1);
  return {
    effects: found.map(({ effect }) => effect),
    next: last === undefined || page.length < limit ? null : String(last.number),
  };
}
