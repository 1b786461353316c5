// First and last name on one side, one name on the other.

import type { Column } from "./column.ts";
import { evidence, EQUAL_MIN, JOINED_MIN, PLAIN_DRAFT, type Draft } from "./draft.ts";
import { isAbout } from "./names.ts";
import type { Joined } from "./join.ts";
import { keyOf, typeOf } from "./kind.ts";
import { isPartsType } from "../types/type.ts";

/** @param parts Columns of the side that may have the name in two. */
export function wholeNames(parts: readonly Column[], wholes: readonly Column[], joined: Joined): readonly Draft[] {
  const first = parts.find(({ text }) => isAbout(text, "firstname"));
  const last = parts.find(({ text }) => isAbout(text, "lastname"));
  const type = typeOf("person_name");
  if (first === undefined || last === undefined || type === null || !isPartsType(type)) return [];
  return wholes.flatMap((whole) => {
    if (!isAbout(whole.text, "name")) return [];
    const both = joined.filter(
      (pair) => whole.values[pair.right] !== undefined && last.values[pair.left] !== undefined,
    );
    const equal = both.filter((pair) => {
      const together = type.join([first.values[pair.left], last.values[pair.left]]);
      return (
        together?.ok === true &&
        together.value !== null &&
        type.key(together.value) === keyOf("person_name", whole.values[pair.right])
      );
    }).length;
    if (both.length >= JOINED_MIN && equal / both.length < EQUAL_MIN) return [];
    const found = evidence(both.length === 0 ? null : equal, both.length, 0.9);
    return [
      {
        left: [first, last],
        right: [whole],
        spec: "person_name",
        ...PLAIN_DRAFT,
        evidence: found,
        score: 1,
      },
    ];
  });
}
