// Problems as people read them, and as a program does.
//
//   E_ENUM  mappings/crm-billing.yaml:31:18  "reveiw" is not a word known here
//       found     "reveiw"
//       expected  review, newest, crm, billing
//       mend      did you mean "review"?

import { isError, type LocatedProblem } from "../core/problem.ts";
import { pathText } from "../core/path.ts";

export function problemsText(problems: readonly LocatedProblem[]): string {
  return problems.map(problemText).join("\n");
}

function problemText(each: LocatedProblem): string {
  const lines = [`${each.code}  ${each.file}:${String(each.line)}:${String(each.column)}  ${each.message}`];
  const more = {
    at: each.path.length === 0 ? null : keyText(each),
    found: each.found,
    expected: each.expected,
    mend: each.hint,
  };
  for (const [word, text] of Object.entries(more)) if (text !== null) lines.push(`    ${word.padEnd(8)}  ${text}`);
  return lines.join("\n");
}

/** The key's path in one word, as a mapping would write it. */
function keyText({ path }: LocatedProblem): string {
  return pathText(path);
}

/** How many there are, in words. */
export function problemsSummary(problems: readonly LocatedProblem[]): string {
  const errors = problems.filter(isError).length;
  return `${counted(errors, "error")}, ${counted(problems.length - errors, "warning")}`;
}

export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function problemJson(each: LocatedProblem): Readonly<Record<string, unknown>> {
  const { code, file, line, column, message, found, expected, hint } = each;
  const severity = isError(each) ? "error" : "warning";
  return { code, severity, file, line, column, path: keyText(each), message, found, expected, hint };
}
