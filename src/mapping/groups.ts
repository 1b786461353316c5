// Fields of one group merge and conflict as one. What one rule of a group says of conflicts holds for all of them; two rules
// that say different things contradict each other.

import { problem, type KeyPath } from "../core/problem.ts";
import type { CompileContext } from "./compile-context.ts";
import type { RuleFile } from "./file-rule.ts";

const SHARED = ["direction", "strength", "conflict", "at_link", "blank"] as const;

/** The rules with what their group says. */
export function withGroups(
  rules: Readonly<Record<string, RuleFile>>,
  at: KeyPath,
  context: CompileContext,
): Readonly<Record<string, RuleFile>> {
  const shared = new Map<string, Partial<Pick<RuleFile, (typeof SHARED)[number]>>>();
  for (const [name, rule] of Object.entries(rules)) {
    if (rule.group === undefined) continue;
    const said = shared.get(rule.group) ?? {};
    for (const key of SHARED) {
      const earlier = said[key];
      if (rule[key] === undefined || earlier === rule[key]) continue;
      if (earlier === undefined) Object.assign(said, { [key]: rule[key] });
      else {
        const message = `group "${rule.group}" is decided as one, and another of its fields says ${key}: ${earlier}`;
        context.report(problem("E_COMBINATION", [...at, name, key], message, { found: rule[key], expected: earlier }));
      }
    }
    shared.set(rule.group, said);
  }
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [
      name,
      rule.group === undefined ? rule : { ...shared.get(rule.group), ...rule },
    ]),
  );
}
