// What a probe measured, held against what the connector file says.

import type { KeyPath } from "../../core/problem.ts";
import type { Value } from "../../core/value.ts";

export interface Finding {
  /** What was tried, in a few words. */
  readonly tried: string;
  readonly measured: string;
  /** `differs`: the file says something else, and `patch` what it should say. `note`: the file has no word for it. */
  readonly verdict: "as-said" | "differs" | "note" | "not-tried";
  /** Key below `objects.NAME`, and its value. */
  readonly patch: { readonly path: KeyPath; readonly value: Value } | null;
}

export function asSaid(tried: string, measured: string): Finding {
  return { tried, measured, verdict: "as-said", patch: null };
}

export function noted(tried: string, measured: string): Finding {
  return { tried, measured, verdict: "note", patch: null };
}

export function notTried(tried: string, why: string): Finding {
  return { tried, measured: why, verdict: "not-tried", patch: null };
}

export function differs(tried: string, measured: string, path: KeyPath, value: Value): Finding {
  return { tried, measured, verdict: "differs", patch: { path, value } };
}
