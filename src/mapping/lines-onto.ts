// Carried lines where the other side already shows some. What neither side has changed, or what says the same on both, stays as
// the receiving side has it: its finer detail, its own spelling, a line it adds of its own accord.
//
//   one field of one line            written
//   says the same on both sides      no
//   neither moved since its base     no
//   goes one way                     as lines-one-way.ts says
//   else                             the carried value
//
//   a line only the giver has        added, unless both sides' bases know that the receiver does without it
//   a line only the receiver has     removed, unless both sides' bases know that the giver does without it

import type { Cell } from "../core/field.ts";
import { otherSide, type Side } from "../core/ids.ts";
import type { Fields, Value } from "../core/value.ts";
import { cellOf } from "./cell.ts";
import type { FieldLens, LinesLens } from "./lens.ts";
import { givesAlone, goesWithItsLine } from "./lines-direction.ts";
import { linesById } from "./lines-key.ts";
import { givenValue } from "./lines-one-way.ts";
import { fieldMoved, lineMoved, saysSame, sceneOf, type LinePair, type LinesScene } from "./lines-scene.ts";
import type { Movement } from "./movement.ts";

/** @param carried The giving side's lines in the form of `to`. */
export function linesOnto(field: FieldLens, lines: LinesLens, to: Side, carried: Cell, movement: Movement): Cell {
  if (carried.value === null || movement[to].value === null) return carried;
  const from = otherSide(to);
  const fresh = movement.baseLeft === null || movement.baseRight === null;
  const coming = linesById(lines, to, carried.value);
  const scene = sceneOf(lines, movement);
  const stays = (pair: LinePair): boolean =>
    !fresh && pair.base[from] === null && pair.base[to] !== null && pair.now[from] === null;
  const isLeftOut = (pair: LinePair): boolean =>
    !fresh && pair.base[to] === null && pair.base[from] !== null && !lineMoved(lines, from, pair);

  const result: Fields[] = [];
  const known = new Map(scene.pairs.map((pair) => [pair.id, pair]));
  for (const [id, shown] of linesById(lines, to, movement[to].value)) {
    const line = coming.get(id);
    const pair = known.get(id);
    if (pair === undefined) continue;
    if (line !== undefined) result.push(lineOnto(scene, to, { pair, line, shown, fresh }));
    else if (stays(pair)) result.push(shown);
  }
  for (const [id, line] of coming) {
    const pair = known.get(id);
    if (pair === undefined || (pair.now[to] === null && !isLeftOut(pair))) result.push(line);
  }
  return cellOf(field.sides[to].type, result);
}

function lineOnto(
  scene: LinesScene,
  to: Side,
  given: { readonly pair: LinePair; readonly line: Fields; readonly shown: Fields; readonly fresh: boolean },
): Fields {
  const { lines } = scene;
  const { pair, line, shown, fresh } = given;
  const keeps = (field: FieldLens): boolean => {
    const { name } = field.policy;
    const atRest = !fresh && !fieldMoved(lines, "left", pair, name) && !fieldMoved(lines, "right", pair, name);
    return line[name] === undefined || atRest || saysSame(scene, field, pair);
  };
  const result: Record<string, Value> = {};
  for (const field of lines.fields) {
    const { name } = field.policy;
    const value = goesWithItsLine(lines, field)
      ? keeps(field)
        ? shown[name]
        : line[name]
      : givesAlone(lines, field, to)
        ? shown[name]
        : (givenValue(scene, field, pair) ?? shown[name]);
    if (value !== undefined) result[name] = value;
  }
  return result;
}
