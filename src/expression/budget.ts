// Work that compiled code may do for one input before it is given up here and handed to the process that can be killed.
// Counted, not timed, so that the same input always takes the same way.
//
// Evaluation is synchronous and never nested, so one counter serves all.

/** Compiled code gives this input up: the other process, which has a clock and a memory limit, evaluates it instead. */
export class HandOver extends Error {
  override readonly name = "HandOver";
}

/**
 * Units of 5 to 30 ns (measured over the forms of expressions; eight characters of text, a quarter of a list's item). Larger: the
 * event loop stands still longer than some 50 ms for one record. Smaller: ordinary records with some thousand lines take the slow way.
 */
const BUDGET = 2_000_000;

let left = 0;

export function startBudget(): void {
  left = BUDGET;
}

/** What the evaluation since `startBudget` has used. */
export function spentBudget(): number {
  return BUDGET - left;
}

export function spend(units: number): void {
  left -= units;
  if (left < 0) throw new HandOver("the expression does more work than fits between two events");
}

/** For text that was read or made, by its length. */
export function spendText(length: number): void {
  spend(length >> 3);
}
