// In the deterministic rooms nothing may read the wall clock. oxlint bans Date.now and the like there
// (.oxlintrc.json); it has no rule for `new Date()` and `Date()`, so those are looked for here.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parseSync } from "@swc/core";

const problems: string[] = [];

function visit(node: unknown, report: (start: number) => void): void {
  if (typeof node !== "object" || node === null) return;
  const { type, callee, arguments: args, span } = node as Record<string, unknown>;
  const isDate =
    (type === "NewExpression" || type === "CallExpression") &&
    (callee as { type: string; value?: string }).type === "Identifier" &&
    (callee as { value?: string }).value === "Date";
  // `Date(...)` without new ignores its arguments and always answers with the present.
  if (isDate && (type === "CallExpression" || !Array.isArray(args) || args.length === 0)) {
    report((span as { start: number }).start);
  }
  for (const child of Object.values(node)) visit(child, report);
}

for (const room of ["core", "mapping", "engine", "simulation"]) {
  const folder = `src/${room}`;
  if (!existsSync(folder)) continue;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const path = `${folder}/${name.replaceAll("\\", "/")}`;
    // swc counts bytes, not characters, and from 1.
    const source = readFileSync(path);
    visit(parseSync(source.toString("utf8"), { syntax: "typescript" }), (start) => {
      const line = source
        .subarray(0, start - 1)
        .toString("utf8")
        .split("\n").length;
      problems.push(`${path}:${line}: the present time; use the clock that is handed in`);
    });
  }
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
