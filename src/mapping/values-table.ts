// A `values` table, compiled: words of the left side and the words of the right that mean the same.
//
//   Left to right it must be a function: two right words for one left word are a crossed table, which no write could satisfy.
//   Right to left, the first left word listed represents all that share a right word.

import { NULL_CELL, type Cell } from "../core/field.ts";
import type { BySide, Side } from "../core/ids.ts";
import { problem, type KeyPath, type Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { shown } from "./issues.ts";
import { cellOf } from "./cell.ts";
import type { FieldType } from "./types/type.ts";

export interface ValuesTable {
  /** By comparison key of the giving side: the word of the other. */
  readonly toRight: ReadonlyMap<string, Cell>;
  readonly toLeft: ReadonlyMap<string, Cell>;
  /** Every word that means something, null left out. */
  readonly words: BySide<readonly Cell[]>;
  /** Every right word has one left word only. */
  readonly injective: boolean;
}

export interface TableOptions {
  readonly types: BySide<FieldType>;
  readonly writes: Side | "both";
  readonly path: KeyPath;
}

export function compileTable(
  entries: Readonly<Record<string, Value>>,
  options: TableOptions,
): { readonly table: ValuesTable; readonly problems: readonly Problem[] } {
  const { types, writes, path } = options;
  const problems: Problem[] = [];
  const toRight = new Map<string, Cell>();
  const toLeft = new Map<string, Cell>();
  const names = new Map<string, string>();
  const words = { left: new Map<string, Cell>(), right: new Map<string, Cell>() };
  let injective = true;
  for (const [leftWord, rightWord] of Object.entries(entries)) {
    const at = [...path, leftWord];
    const left = wordCell(types.left, leftWord);
    const right = wordCell(types.right, rightWord);
    if (typeof left === "string")
      problems.push(
        problem("E_ENUM", at, left, { on: "key", found: leftWord, expected: `a value of type ${types.left.name}` }),
      );
    if (typeof right === "string")
      problems.push(
        problem("E_ENUM", at, right, { found: shown(rightWord), expected: `a value of type ${types.right.name}` }),
      );
    if (typeof left === "string" || typeof right === "string") continue;

    const earlierRight = toRight.get(left.key);
    if (earlierRight !== undefined && earlierRight.key !== right.key) {
      const message = `"${leftWord}" means both ${shown(earlierRight.value)} and ${shown(right.value)}: a value cannot be carried over to two`;
      problems.push(
        problem("E_LAW_VIOLATION", at, message, { found: shown(right.value), expected: shown(earlierRight.value) }),
      );
      continue;
    }
    toRight.set(left.key, right);
    if (left.value !== null) words.left.set(left.key, left);
    if (right.value !== null) words.right.set(right.key, right);

    const representative = names.get(right.key);
    if (representative === undefined) {
      names.set(right.key, leftWord);
      toLeft.set(right.key, left);
    } else if (toLeft.get(right.key)?.key !== left.key) {
      injective = false;
      if (writes !== "right") problems.push(sharedWord({ at, leftWord, right, representative }));
    }
  }
  const listed = { left: [...words.left.values()], right: [...words.right.values()] };
  return { table: { toRight, toLeft, words: listed, injective }, problems };
}

function sharedWord(shared: { at: KeyPath; leftWord: string; right: Cell; representative: string }): Problem {
  const { at, leftWord, right, representative } = shared;
  const message = `"${leftWord}" and "${representative}" both mean ${shown(right.value)}: it is carried back as "${representative}", which is listed first`;
  return problem("W_ENUM_NOT_INJECTIVE", at, message, { hint: "list the representative first" });
}

/** The cell of a word, or why it is none. */
function wordCell(type: FieldType, word: Value): Cell | string {
  if (word === null) return NULL_CELL;
  const reading = type.read(word);
  return reading.ok ? cellOf(type, reading.value) : reading.message;
}
