// Whether a request part uses a variable anywhere in its templates.

const HOLES = /\{\{([\s\S]*?)\}\}/g;
const REQUEST_KEYS = ["request", "query", "headers", "body", "args", "variables"];

export function mentions(part: Readonly<Record<string, unknown>>, variable: string): boolean {
  // A function may read all there is.
  if (part["code"] !== undefined) return true;
  return REQUEST_KEYS.some((key) => valueMentions(part[key], variable));
}

function valueMentions(value: unknown, variable: string): boolean {
  if (typeof value === "string") {
    const name = new RegExp(`(?:^|[^\\w.$"'])${variable}\\b`);
    return [...value.matchAll(HOLES)].some((hole) => name.test(hole[1] ?? ""));
  }
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((entry) => valueMentions(entry, variable));
}
