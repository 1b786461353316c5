// Our writes of late in memory, by link, and the oscillation cases that say from when on they count.

import type { Instant } from "../../core/ids.ts";
import type { RecentWrites } from "../../engine/ports/intent.ts";
import type { Link } from "../../engine/ports/link.ts";
import type { PairTables } from "./tables.ts";

export function recentWrites(
  pair: PairTables,
  entity: string,
  links: readonly Pick<Link, "id" | "left" | "right">[],
  window: { readonly now: Instant; readonly ms: number },
): readonly RecentWrites[] {
  const start = window.now - window.ms;
  return links.map(({ id, left, right }) => {
    const cases = [...pair.cases.values()].filter(
      (row) =>
        row.kind === "oscillation" &&
        row.entity === entity &&
        row.subject.left === left &&
        row.subject.right === right &&
        (!row.closed || (row.answeredAt ?? 0) >= start),
    );
    const since = Math.min(start, ...cases.filter((row) => !row.closed).map((row) => row.since - window.ms));
    const writes = pair.effects.filter((row) => row.linkId === id && row.at >= since && row.op !== "delete");
    return {
      linkId: id,
      writes: writes.map(({ side, at, fields }) => ({ side, at, fields })),
      cases: cases.map((row) => ({ field: row.field, isOpen: !row.closed, answeredAt: row.answeredAt })),
    };
  });
}
