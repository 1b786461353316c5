// Which two records a person chose to link, by answering a case.

import type { BySide, RemoteId, Side } from "../core/ids.ts";
import { isFields, isList, type Value } from "../core/value.ts";
import type { CaseResolution } from "./ports/waiting.ts";

/** Empty for any other answer. The id may be of either side of the case. */
export function chosenPair(
  resolution: CaseResolution,
  names: BySide<{ readonly name: string }>,
): readonly BySide<RemoteId>[] {
  if (resolution.answer.kind !== "link") return [];
  const { id } = resolution.answer;
  const listed = (side: Side): readonly Value[] => {
    const list = isFields(resolution.values) ? resolution.values[names[side].name] : undefined;
    return isList(list) ? list : [];
  };
  const isLeft = resolution.left === null || (listed("left").includes(id) && !listed("right").includes(id));
  const left = isLeft ? id : resolution.left;
  const right = isLeft ? resolution.right : id;
  return left === null || right === null ? [] : [{ left, right }];
}
