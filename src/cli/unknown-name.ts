// A name on the command line that nothing has: told with the one that was probably meant, or with all there are.

import { didYouMean } from "../core/problem.ts";
import { UsageError } from "./usage-error.ts";

/** Longer lists are of no help at a terminal. */
const SHOWN_MAX = 12;

/**
 * @param what `pair`, `entity`, …
 * @param owner Whose it would be, as in `pair crm-billing`; null: the project's.
 */
export function unknownName(
  what: string,
  name: string,
  known: readonly string[],
  owner: string | null = null,
): UsageError {
  const shown = known.length > SHOWN_MAX ? `${known.slice(0, SHOWN_MAX).join(", ")}, …` : known.join(", ");
  const all = known.length === 0 ? "there is none" : known.length === 1 ? `there is ${shown}` : `there are ${shown}`;
  const told = owner === null ? `there is no ${what} "${name}"` : `${owner} has no ${what} "${name}"`;
  return new UsageError(`${told}; ${didYouMean(name, known) ?? all}`);
}

/** @throws UsageError for the first name that is not known. */
export function refuseUnknown(
  what: string,
  names: readonly string[],
  known: readonly string[],
  owner: string | null = null,
): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownName(what, unknown, known, owner);
}
