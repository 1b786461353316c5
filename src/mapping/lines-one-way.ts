// Fields that only one side gives, inside lines that go both ways. Each is decided by itself, as a one-way rule is (core/merge.ts);
// its line comes and goes with what goes both ways.
//
//   the giving side      the receiving side     written
//   says the same        any                    no
//   any                  shows nothing          yes
//   any                  shows another          weak: no
//   new there            new there              as `at_link` says; the giving side unless it says something else
//   changed              any                    yes; review: a person says, if it was edited
//   unchanged            edited                 strong: yes; review: a person says; else no

import { NULL_KEY, type Carried, type Cell, type OneWayLines, type Resolution } from "../core/field.ts";
import { otherSide, type Side } from "../core/ids.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import { cellOf } from "./cell.ts";
import type { FieldLens, LinesLens } from "./lens.ts";
import { givesAlone, goesWithItsLine, onlyReceives } from "./lines-direction.ts";
import { fieldKey, linesById, linesIn } from "./lines-key.ts";
import { fieldAcross, fieldMoved, sceneOf, type LinePair, type LinesScene } from "./lines-scene.ts";
import type { Combined, FieldShown, Movement } from "./movement.ts";

type Verdict = "stands" | "given" | "disputed";

/** What a field becomes on the side that is given it; undefined: what it shows stands. A disputed one is given: a person is asked first. */
export function givenValue(scene: LinesScene, field: FieldLens, pair: LinePair): Value | undefined {
  const across = fieldAcross(scene, field, givingSide(field), pair);
  if (across === null || across === "absent") return undefined;
  return verdictOn(scene, field, pair, across) === "stands" ? undefined : across.value;
}

/** Of a field with one direction. */
function givingSide({ policy }: FieldLens): Side {
  return policy.writes === "left" ? "right" : "left";
}

function verdictOn({ lines }: LinesScene, field: FieldLens, pair: LinePair, across: Cell): Verdict {
  const from = givingSide(field);
  const to = otherSide(from);
  const { name, strength, atLink } = field.policy;
  const shown = fieldKey(lines, to, pair.now[to], name);
  if (across.key === shown) return "stands";
  if (shown === NULL_KEY) return "given";
  if (strength === "weak") return "stands";
  if (pair.base.left === null && pair.base.right === null)
    return across.key === NULL_KEY ? "stands" : atFirst(atLink, from);
  const edited = fieldMoved(lines, to, pair, name);
  if (edited && strength === "review") return "disputed";
  if (fieldMoved(lines, from, pair, name)) return "given";
  return edited && strength === "strong" ? "given" : "stands";
}

/** `newest` would compare times of the records, which say nothing of one field of one line. */
function atFirst(atLink: Resolution, from: Side): Verdict {
  if (atLink === from) return "given";
  return atLink === "left" || atLink === "right" ? "stands" : "disputed";
}

/** @param movement With what was carried across. @param written `toRight`, `toLeft` and `combined` as they are to be written. */
export function oneWayLines(
  field: FieldLens,
  lines: LinesLens,
  shown: Pick<FieldShown, "toRight" | "toLeft">,
  movement: Movement,
  written: { readonly toRight: Carried; readonly toLeft: Carried; readonly combined: Combined | null },
): OneWayLines {
  const scene = sceneOf(lines, movement);
  const given = {
    left: givenTo(scene, field, "left", movement, shown.toLeft),
    right: givenTo(scene, field, "right", movement, shown.toRight),
  };
  const done = { left: doneWith(field, scene, "left", movement), right: doneWith(field, scene, "right", movement) };
  const assumed = (side: Side, after: Carried | OneWayLines["given"][Side]): Cell | null =>
    after?.kind === "value" ? withOwn(field, lines, side, after.cell, done[side]) : null;
  const combined = (side: Side): Cell | null =>
    written.combined === null ? null : withOwn(field, lines, side, written.combined[side], done[side]);
  return {
    given,
    disputed: isDisputed(scene),
    sent: {
      left: withReceived(field, lines, "left", movement.left, done.left),
      right: withReceived(field, lines, "right", movement.right, done.right),
    },
    assumed: {
      given: { left: assumed("left", given.left), right: assumed("right", given.right) },
      carried: { left: assumed("left", written.toLeft), right: assumed("right", written.toRight) },
      combined: { left: combined("left"), right: combined("right") },
    },
  };
}

/** The base of a written field of lines: what was read back, with what the side itself gives as it was last agreed. */
export function agreedLines(field: FieldLens, side: Side, readBack: Cell, assumed: Cell): Cell {
  const { lines } = field;
  return lines === null || !lines.mixed ? readBack : withOwn(field, lines, side, readBack, assumed);
}

function isDisputed(scene: LinesScene): boolean {
  const { lines, pairs } = scene;
  const fields = lines.fields.filter(({ policy }) => policy.writes !== "both");
  return pairs.some(
    (pair) =>
      pair.now.left !== null &&
      pair.now.right !== null &&
      fields.some((field) => {
        const across = fieldAcross(scene, field, givingSide(field), pair);
        return across !== null && across !== "absent" && verdictOn(scene, field, pair, across) === "disputed";
      }),
  );
}

/** A side's own lines with what it is given in them. */
function givenTo(
  scene: LinesScene,
  field: FieldLens,
  to: Side,
  movement: Movement,
  carried: Carried,
): OneWayLines["given"][Side] {
  const { lines, pairs } = scene;
  const received = lines.fields.filter((each) => onlyReceives(lines, each, to));
  if (received.length === 0) return null;
  const from = otherSide(to);
  // A record that a line names has no counterpart yet; once it has, its link wakes this one.
  const moved = (pair: LinePair): boolean => received.some(({ policy }) => fieldMoved(lines, from, pair, policy.name));
  if (carried.kind === "waiting") return pairs.some(moved) ? carried : null;
  if (carried.kind !== "value") return null;
  const known = new Map(pairs.map((pair) => [pair.id, pair]));
  let isChanged = false;
  const result = [...linesById(lines, to, movement[to].value)].map(([id, shown]): Fields => {
    const pair = known.get(id);
    if (pair === undefined || pair.now[from] === null) return shown;
    const line: Record<string, Value> = { ...shown };
    for (const each of received) {
      const value = givenValue(scene, each, pair);
      if (value === undefined) continue;
      line[each.policy.name] = value;
      isChanged = true;
    }
    return line;
  });
  return isChanged ? { kind: "value", cell: cellOf(field.sides[to].type, result) } : null;
}

/** What a side sends, with what it is given as far as that is done with: an edit of the rest has still to be noticed. */
function withReceived(field: FieldLens, lines: LinesLens, side: Side, cell: Cell, from: Cell): Cell {
  const names = lines.fields.flatMap((each) => (onlyReceives(lines, each, side) ? [each.policy.name] : []));
  return withFields(field, lines, side, { cell, from, names });
}

/** The side's lines, whose fields that go one way are as shown where that is done with, and else as both last agreed. */
function doneWith(field: FieldLens, scene: LinesScene, side: Side, movement: Movement): Cell {
  const { lines, pairs } = scene;
  const fields = lines.fields.filter((each) => !goesWithItsLine(lines, each));
  const result = pairs.flatMap((pair): readonly Fields[] => {
    const shown = pair.now[side];
    if (shown === null) return [];
    const line: Record<string, Value> = { ...shown };
    for (const each of fields) {
      const across = fieldAcross(scene, each, givingSide(each), pair);
      const { name } = each.policy;
      if (across === "absent" || (across !== null && verdictOn(scene, each, pair, across) === "stands")) continue;
      delete line[name];
      const before = pair.base[side]?.[name];
      if (before !== undefined) line[name] = before;
    }
    return [line];
  });
  return movement[side].value === null ? movement[side] : cellOf(field.sides[side].type, result);
}

function withOwn(field: FieldLens, lines: LinesLens, side: Side, cell: Cell, from: Cell): Cell {
  const names = lines.fields.flatMap((each) => (givesAlone(lines, each, side) ? [each.policy.name] : []));
  return withFields(field, lines, side, { cell, from, names });
}

/** Lines with some fields as other lines have them, found by their key; without them where the others have none. */
function withFields(
  field: FieldLens,
  lines: LinesLens,
  side: Side,
  { cell, from, names }: { readonly cell: Cell; readonly from: Cell; readonly names: readonly string[] },
): Cell {
  if (!isList(cell.value) || names.length === 0) return cell;
  const { name } = lines.key.policy;
  const others = new Map(
    linesIn(from.value).map((line): [string, Fields] => [fieldKey(lines, side, line, name), line]),
  );
  const result = cell.value.map((line): Value => {
    if (!isFields(line)) return line;
    const other = others.get(fieldKey(lines, side, line, name));
    const next: Record<string, Value> = { ...line };
    for (const each of names) {
      delete next[each];
      const value = other?.[each];
      if (value !== undefined) next[each] = value;
    }
    return next;
  });
  return cellOf(field.sides[side].type, result);
}
