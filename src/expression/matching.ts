// Regular expressions run over a text, and the replacement text that refers to their groups.

import { spend } from "./budget.ts";
import { failed } from "./failure.ts";
import { Pattern, type Argument } from "./signature.ts";
import type { Item } from "./sequence.ts";

export interface Match {
  readonly match: string;
  readonly start: number;
  readonly end: number;
  /** Undefined for a group that took no part; null in a result. */
  readonly groups: readonly Item[];
}

/** Work of matching one character, in units of the budget (measured: 20 to 200 ns a character, by the pattern). */
const CHARACTER_COST = 4;

/** Every match in order. A match of nothing is let through at the start of the text alone; later it would never end. */
export function* eachMatch(pattern: Argument, text: string): Generator<Match> {
  if (!(pattern instanceof Pattern)) throw failed("a regular expression is needed here");
  const regex = pattern.make();
  for (let first = true; first || regex.lastIndex < text.length; first = false) {
    spend(50 + (text.length - regex.lastIndex) * CHARACTER_COST);
    const found = regex.exec(text);
    if (found === null) return;
    const [match = "", ...groups] = found;
    if (match === "" && !first) throw failed(`/${pattern.source}/ matches where there is nothing`);
    yield { match, start: found.index, end: found.index + match.length, groups };
  }
}

/** `$0` the match, `$1` and on its groups, `$$` a dollar. As many digits are read as the largest group number has. */
export function fillReplacement(replacement: string, found: Match): string {
  if (!replacement.includes("$")) return replacement;
  const groups = found.groups.length;
  const digitsMax = groups === 0 ? 1 : Math.floor(Math.log10(groups)) + 1;
  let filled = "";
  let position = 0;
  for (let at = replacement.indexOf("$"); at !== -1; at = replacement.indexOf("$", position)) {
    filled += replacement.slice(position, at);
    position = at + 1;
    const next = replacement.charAt(position);
    if (next === "$" || next === "0") {
      filled += next === "$" ? "$" : found.match;
      position += 1;
      continue;
    }
    const digits = /^\d+/.exec(replacement.slice(position, position + digitsMax))?.[0];
    if (digits === undefined) {
      filled += "$";
      continue;
    }
    const number = digits.length > 1 && Number(digits) > groups ? Number(digits.slice(0, -1)) : Number(digits);
    const group = found.groups[number - 1];
    if (typeof group === "string") filled += group;
    position += String(number).length;
  }
  return filled + replacement.slice(position);
}
