// Breaking one place of a source: the text is found whatever its white space and trailing commas.

import type { Mutant } from "./mutants.ts";

/** Null: the text is not there, or there more than once. */
export function replaced(text: string, { from, to }: Mutant): string | null {
  const loose = from
    .split(/\s+/)
    .map((part) =>
      part
        .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
        .replaceAll(/(\\\(|\\\[|\\\{|,)/g, String.raw`$1\s*`)
        .replaceAll(/(\\\)|\\\]|\\\})/g, String.raw`,?\s*$1`),
    )
    .join(String.raw`\s*`);
  const matches = [...text.matchAll(new RegExp(loose, "g"))];
  const [match] = matches;
  if (match === undefined || matches.length !== 1) return null;
  return text.slice(0, match.index) + to + text.slice(match.index + match[0].length);
}
