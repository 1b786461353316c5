// Where two records will differ once one of them is put back: the cases that keep the difference from flowing by itself.

import type { CaseOpening, Write } from "./decision.ts";
import { NULL_KEY, type Cell, type FieldSight } from "./field.ts";
import { groupBy } from "./group.ts";
import { SIDES, type Side } from "./ids.ts";
import { baseOf, cellOf, moved, readingOf } from "./sight.ts";
import { keyOf, readingIn, sightOf, type UndoFacts, type UndoSubject } from "./undo-subject.ts";
import type { Fields, Value } from "./value.ts";

/** What a present side shows of a field without having moved; null: it has, or shows nothing. */
export function settledOn(subject: UndoSubject, side: Side, field: string): Cell | null {
  if (subject.sides[side]?.presence !== "present") return null;
  const sight = sightOf(subject.fields, field);
  if (sight === undefined) return null;
  const reading = readingOf(sight, side);
  return moved(reading, baseOf(sight, side)) ? null : cellOf(reading);
}

/** One case a field or group that will differ on the two sides once it is back. */
export function apartAfter(
  subject: UndoSubject,
  writes: readonly Write[],
  { policy, run }: UndoFacts,
): readonly CaseOpening[] {
  const { left, right } = subject.sides;
  if (left?.presence !== "present" || right?.presence !== "present") return [];
  const back = new Map(writes.flatMap(({ side, fields }) => fields.map((field) => [`${side} ${field.field}`, field])));
  const shows = (side: Side, field: string): Cell | null => {
    const written = back.get(`${side} ${field}`);
    if (written?.after.kind === "value") return written.after.cell;
    return cellOf(readingIn(subject.fields, side, field));
  };
  const units = groupBy(
    policy.fields.filter(({ name }) => SIDES.some((side) => back.has(`${side} ${name}`))),
    ({ name, group }) => group ?? name,
  );
  const cases: CaseOpening[] = [];
  for (const [unit, members] of units) {
    const apart = members.filter(
      ({ name }) => !isAgreed(subject.fields, name, shows("left", name), shows("right", name)),
    );
    const hasEdit = members.some(({ name }) =>
      SIDES.some((side) => !back.has(`${side} ${name}`) && settledOn(subject, side, name) === null),
    );
    if (apart.length === 0 || hasEdit) continue;
    const valuesOf = (side: Side): Value =>
      members[0]?.group === null
        ? (shows(side, unit)?.value ?? null)
        : Object.fromEntries(members.map(({ name }) => [name, shows(side, name)?.value ?? null]));
    // What stood there until now is told, too: a read that comes too late still shows it.
    const wroteOn = (side: Side): Fields => {
      const own = members.flatMap(({ name }) => {
        const write = back.get(`${side} ${name}`);
        return write === undefined ? [] : [[name, write.before?.value ?? null] as const];
      });
      if (own.length === 0) return {};
      return { [side]: members[0]?.group === null ? (own[0]?.[1] ?? null) : Object.fromEntries(own) };
    };
    const wrote: Fields = { ...wroteOn("left"), ...wroteOn("right") };
    const values: Value = { left: valuesOf("left"), right: valuesOf("right"), undone: run, wrote };
    cases.push({ kind: "conflict", field: unit, left: left.id, right: right.id, values });
  }
  return cases;
}

/** As far as what is carried now tells; a look at the two afterwards tells the rest, and then the case closes. */
function isAgreed(sights: readonly FieldSight[], field: string, left: Cell | null, right: Cell | null): boolean {
  const sight = sightOf(sights, field);
  if (sight === undefined) return false;
  const [l, r] = [left?.key ?? NULL_KEY, right?.key ?? NULL_KEY];
  if (l === NULL_KEY && r === NULL_KEY) return true;
  const fromLeft = l === keyOf(sight.left) && sight.toRight.kind === "value" && sight.toRight.cell.key === r;
  return fromLeft || (r === keyOf(sight.right) && sight.toLeft.kind === "value" && sight.toLeft.cell.key === l);
}
