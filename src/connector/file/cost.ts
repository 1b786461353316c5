// `limits: [{ cost: … }]`: where the answers of a system that counts cost tell it, and what is wrong with that.

import { z } from "zod";
import { parsePath, type Path } from "../../core/path.ts";
import { problem, type KeyPath, type Problem } from "../../core/problem.ts";
import type { CostLimit } from "../cost.ts";
import { about, path } from "./text.ts";

const pathOrFigure = z.union([path, z.number().positive()]);

export const costSchema = z.strictObject({
  at: about(path, "Path of what the request cost.", "extensions.cost.requestedQueryCost"),
  available: about(path, "Path of what is left.", "extensions.cost.throttleStatus.currentlyAvailable"),
  maximum: about(
    pathOrFigure.optional(),
    "Path of the full budget, or its figure.",
    "extensions.cost.throttleStatus.maximumAvailable",
  ),
  restore_rate: about(
    pathOrFigure.optional(),
    "Path of what is filled in again a second, or its figure.",
    "extensions.cost.throttleStatus.restoreRate",
  ),
  resets: about(path.optional(), "Path of the time at which it is full again.", "data.rateLimit.resetAt"),
});

export type CostPart = z.output<typeof costSchema>;

export function checkCost(part: CostPart, at: KeyPath): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [key, text] of Object.entries(part)) {
    if (typeof text === "string" && parsePath(text) === null)
      problems.push(problem("E_PATH", [...at, key], `"${text}" is not a path`, { found: text }));
  }
  if (part.restore_rate === undefined && part.resets === undefined) {
    problems.push(
      problem("E_MISSING", at, "nothing says when there is more to spend", {
        on: "key",
        expected: "restore_rate or resets",
        hint: "add restore_rate: a path, or what is filled in again a second",
      }),
    );
  }
  return problems;
}

/** A part that has been checked. */
export function costLimit(name: string, part: CostPart): CostLimit {
  const placed = (text: string): Path => parsePath(text) ?? [];
  const either = (value: string | number | undefined): Path | number | null =>
    value === undefined ? null : typeof value === "number" ? value : placed(value);
  return {
    name,
    at: placed(part.at),
    available: placed(part.available),
    maximum: either(part.maximum),
    restoreRate: either(part.restore_rate),
    resets: part.resets === undefined ? null : placed(part.resets),
  };
}
