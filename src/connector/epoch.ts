// Which account answers: the connector's `epoch:` request, and where its answer says so. Another company, a sandbox in place of
// production, or a new installation has ids of its own; what was linked by the old ones means nothing there.

import { parsePath, pathText, valueAt, type Path } from "../core/path.ts";
import { problem, type Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { Caller } from "./call.ts";
import type { Result } from "./contract.ts";
import type { ConnectorFile } from "./file.ts";
import type { RequestPlan } from "./object-plan.ts";
import { done, failed } from "./object-tools.ts";
import type { PreparedCall, Variables } from "./protocol.ts";

export interface EpochPlan extends RequestPlan {
  readonly at: Path;
}

/** Null: the file has no `epoch:`, or its path cannot be read. */
export function planEpoch(file: ConnectorFile): {
  readonly plan: EpochPlan | null;
  readonly problems: readonly Problem[];
} {
  if (file.epoch === undefined) return { plan: null, problems: [] };
  const { at: text, ...part } = file.epoch;
  const at = parsePath(text);
  if (at !== null) return { plan: { part, path: ["epoch"], at }, problems: [] };
  const wrong = problem("E_PATH", ["epoch", "at"], `"${text}" is not a path`, {
    found: text,
    expected: "names with dots between, as in account.id",
  });
  return { plan: null, problems: [wrong] };
}

/** An answer without an identity is no identity: it fails. */
export async function readEpoch(
  plan: EpochPlan,
  tools: { readonly caller: Caller; readonly prepared: PreparedCall; readonly variables: Variables },
): Promise<Result<string | null>> {
  const called = await tools.caller.call({
    prepared: tools.prepared,
    operation: "list",
    variables: tools.variables,
    repeatable: true,
    headers: {},
    query: {},
    url: null,
  });
  if (!called.ok) return called;
  const found = textOf(valueAt(called.answer.body, plan.at));
  if (found !== null) return done(found);
  const message = `the answer to \`epoch\` has no identity at ${pathText(plan.at)}`;
  return failed({ kind: "malformed", code: "E_SCHEMA", message });
}

function textOf(value: Value | undefined): string | null {
  if (typeof value === "string") return value.trim() === "" ? null : value.trim();
  return typeof value === "number" ? String(value) : null;
}
