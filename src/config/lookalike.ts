// A name so like another that it is more likely a slip than another name. Stricter than "did you mean": it is asked about
// names that may well be right, and a false alarm costs more than a missed one.

const SHORTEST = 4;

/** The one of `names` that differs from `name` by case or punctuation, or by one letter; null: none. */
export function lookalike(name: string, names: readonly string[]): string | null {
  const plain = letters(name);
  const same = names.find((each) => letters(each) === plain);
  if (same !== undefined) return same;
  if (plain.length < SHORTEST) return null;
  return names.find((each) => isOneSlipApart(plain, letters(each))) ?? null;
}

function letters(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** One letter more, less or other, or two neighbours swapped. Digits are left: line1 and line2 are two names. */
function isOneSlipApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || a.replace(/\d/g, "") === b.replace(/\d/g, "")) return false;
  // An `s` at the end is another name: line, lines.
  if (a === `${b}s` || b === `${a}s`) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  const restA = a.slice(start);
  const restB = b.slice(start);
  if (a.length === b.length) {
    const swapped = restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
    return swapped || restA.slice(1) === restB.slice(1);
  }
  return a.length > b.length ? restA.slice(1) === restB : restA === restB.slice(1);
}
