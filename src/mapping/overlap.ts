// Two rules that write one place of a side would undo each other's work in every run.

import { SIDES, type Side } from "../core/ids.ts";
import { pathText, type Path } from "../core/path.ts";
import { problem, type KeyPath } from "../core/problem.ts";
import type { CompileContext } from "./compile-context.ts";
import type { FieldLens, Target } from "./lens.ts";
import { startsWith } from "./reads.ts";

export function reportOverlaps(fields: readonly FieldLens[], at: KeyPath, context: CompileContext): void {
  for (const side of SIDES) {
    const seen: { readonly name: string; readonly path: Path }[] = [];
    for (const field of fields) {
      const { name } = field.policy;
      for (const path of writtenPaths(field, side)) {
        const other = seen.find((each) => startsWith(path, each.path) || startsWith(each.path, path));
        seen.push({ name, path });
        if (other === undefined) continue;
        const [here, there] = [pathText(path), pathText(other.path)];
        const place = here === there ? here : `${there} and ${here}, which is one place`;
        const who = other.name === name ? `"${name}" twice writes` : `"${name}" and "${other.name}" both write`;
        const hint = "leave one of them out, or give it a `direction` so that it only reads there";
        const more = { on: "key", found: here, hint } as const;
        context.report(
          problem(
            "E_TARGET_OVERLAP",
            [...at, name, context.names[side]],
            `${who} ${place} of ${context.names[side]}`,
            more,
          ),
        );
      }
    }
  }
}

function writtenPaths({ policy, sides }: FieldLens, side: Side): readonly Path[] {
  return policy.writes === "both" || policy.writes === side ? pathsOf(sides[side].target) : [];
}

function pathsOf(target: Target): readonly Path[] {
  switch (target.kind) {
    case "path":
      return [target.path];
    case "parts":
      return target.paths;
    case "expressions":
      return target.writes.map(({ path }) => path);
    case "none":
      return [];
  }
}
