// `guards`: limits per run and side. A guard left out has the figures below; one written in part keeps the rest of them.
// `one_value` has the floor of `update` and half of its fraction.

import { problem, type KeyPath } from "../core/problem.ts";
import { parseFraction } from "../core/units.ts";
import type { CompileContext } from "./compile-context.ts";
import { shown } from "./issues.ts";
import type { MappingFile } from "./file.ts";
import type { Guards, Limit } from "./mapping.ts";

const DEFAULTS = {
  create: { floor: 10, fraction: 0.1 },
  update: { floor: 100, fraction: 0.2 },
  delete: { floor: 10, fraction: 0.1 },
  blank: { floor: 10, fraction: 0.1 },
} as const satisfies Record<string, Limit>;

type GuardsFile = Exclude<NonNullable<MappingFile["guards"]>, "off">;
type LimitFile = NonNullable<GuardsFile["create"]>;

export function compileGuards(guards: MappingFile["guards"], context: CompileContext): Guards {
  if (guards === "off") {
    const none = { create: null, update: null, delete: null, blank: null, oneValue: null };
    return { ...none, empty: "allow", allChanged: "allow" };
  }
  const limit = (name: keyof typeof DEFAULTS): Limit | null =>
    readLimit(guards?.[name], DEFAULTS[name], ["guards", name], context);
  const update = limit("update");
  const half = update === null ? null : { floor: update.floor, fraction: update.fraction / 2 };
  return {
    create: limit("create"),
    update,
    delete: limit("delete"),
    blank: limit("blank"),
    empty: guards?.empty ?? "refuse",
    // Whoever lets all of them change at once has said so.
    allChanged: guards?.all_changed ?? (update === null || update.fraction >= 1 ? "allow" : "refuse"),
    oneValue:
      guards?.one_value === undefined
        ? half
        : readLimit(guards.one_value, half ?? DEFAULTS.update, ["guards", "one_value"], context),
  };
}

function readLimit(limit: LimitFile | undefined, standard: Limit, at: KeyPath, context: CompileContext): Limit | null {
  if (limit === "off") return null;
  if (limit?.fraction === undefined) return { ...standard, floor: limit?.floor ?? standard.floor };
  const fraction = parseFraction(limit.fraction);
  if (fraction === null || fraction > 1) {
    const negative = typeof limit.fraction === "string" ? limit.fraction.trim().startsWith("-") : true;
    const code = fraction === null && !negative ? "E_TYPE" : "E_RANGE";
    const message = `${shown(limit.fraction)} is not a share of the linked pairs`;
    context.report(
      problem(code, [...at, "fraction"], message, { found: shown(limit.fraction), expected: "0% to 100%" }),
    );
    return standard;
  }
  return { floor: limit.floor ?? standard.floor, fraction };
}
