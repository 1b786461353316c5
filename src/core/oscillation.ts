// When a field goes round in circles: our writes carry it from one value to another and back, while nobody edits.
//
//   A write returns when its value has been shown or written on that side in the window. It is contested when, besides, the
//   side had left what we last wrote there for a value that it had shown before: somebody undoes our writes.
//
//   write                                  allowed
//   a value new to the window              always
//   contested                              twice in 24 hours: the third is not carried out
//   returning                              five times in an hour: the sixth is not carried out
//
// Somebody who changes his mind to and fro on one side is never contested, since the other side keeps what we write; a loop
// through a third system looks just like him, so it is told by its pace alone. Not caught: a loop slower than that, and one
// whose values are always new.

import type { Cell } from "./field.ts";
import type { Instant } from "./ids.ts";

/** One of our writes of a field on one side. */
export interface PastWrite {
  readonly at: Instant;
  /** What stood there. */
  readonly before: Cell;
  readonly after: Cell;
  /** What the side made of it. */
  readonly readBack: Cell;
}

/** How far back writes count. Longer would hold fields that people set to the same value every day. */
export const OSCILLATION_WINDOW_MS = 24 * 60 * 60_000;

/** The contested write that is not carried out. Fewer would stop two people who disagree; more writes in circles. */
const CONTESTED_MAX = 3;
/** A stock figure may well return now and then in an hour; a loop does so with every run. */
const RETURNS_MAX = 6;
const RETURNS_WINDOW_MS = 60 * 60_000;

/** @param past Our writes of this field on this side, oldest first. @param next The write now planned. */
export function isOscillating(
  past: readonly PastWrite[],
  next: { readonly before: Cell | null; readonly after: Cell },
  now: Instant,
): boolean {
  const seen = new Set<string>();
  let last: PastWrite | null = null;
  let contested = 0;
  let returns = 0;
  for (const write of past) {
    if (write.at < now - OSCILLATION_WINDOW_MS) continue;
    if (seen.has(write.after.key)) {
      if (isContested(seen, last, write.before)) contested += 1;
      if (write.at >= now - RETURNS_WINDOW_MS) returns += 1;
    }
    for (const cell of [write.before, write.after, write.readBack]) seen.add(cell.key);
    last = write;
  }
  if (!seen.has(next.after.key)) return false;
  const isThird = isContested(seen, last, next.before) && contested + 1 >= CONTESTED_MAX;
  return isThird || returns + 1 >= RETURNS_MAX;
}

function isContested(seen: ReadonlySet<string>, last: PastWrite | null, before: Cell | null): boolean {
  if (last === null || before === null) return false;
  return seen.has(before.key) && before.key !== last.after.key && before.key !== last.readBack.key;
}
