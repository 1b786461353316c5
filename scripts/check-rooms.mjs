// Checks the walls between the rooms of src/ (rules: .dependency-cruiser.mjs). A file that the cruise did not
// see would pass every rule unread, so seeing every file on disk is part of the check.
// Plain JavaScript, because dependency-cruiser cannot load swc while tsx's loader is in place.
import { readdirSync } from "node:fs";
import { cruise, getAvailableTranspilers } from "dependency-cruiser";
import config from "../.dependency-cruiser.mjs";

/** @type {string[]} */
const problems = [];

// Without swc the cruise falls back to a parser that overlooks type-only imports, and says nothing about it.
if (!getAvailableTranspilers().some(({ name, available }) => name === "swc" && available)) {
  problems.push("swc: not available in a version dependency-cruiser can use");
}

const forbidden = config.forbidden ?? [];
const folders = ["src", "test", "scripts", "bin"];
const present = new Set(
  readdirSync(".", { withFileTypes: true })
    .filter((e) => e.isDirectory())
    .map((e) => e.name),
);
const { output } = await cruise(
  folders.filter((folder) => present.has(folder)),
  { ...config.options, ruleSet: { forbidden }, validate: true },
);
if (typeof output === "string") throw new Error(output); // only with a reporter, and none was asked for
const result = output;

for (const { from, to, rule, cycle } of result.summary.violations) {
  const path = cycle ? cycle.map((step) => step.name).join(" -> ") : to;
  const comment = forbidden.find((candidate) => candidate.name === rule.name)?.comment ?? "";
  problems.push(`${rule.name}: ${from}${path === from ? "" : ` -> ${path}`}\n    ${comment}`);
}

const rooms = new Set(forbidden.flatMap(({ name }) => (name?.startsWith("room-") ? [name.slice("room-".length)] : [])));
// Followable is what the cruise calls a file it really opened, as opposed to one it only met in an import.
const seen = new Set(result.modules.filter((m) => m.followable !== false).map((m) => m.source));
let count = 0;
if (present.has("src")) {
  for (const entry of readdirSync("src", { withFileTypes: true })) {
    if (!entry.isDirectory()) problems.push(`src/${entry.name}: lies outside every room`);
    else if (!rooms.has(entry.name))
      problems.push(`src/${entry.name}/: not a room; .dependency-cruiser.mjs has no rule for it`);
  }
  for (const path of readdirSync("src", { recursive: true, encoding: "utf8" })) {
    if (!/\.[cm]?[jt]sx?$/.test(path)) continue;
    count += 1;
    const source = `src/${path.replaceAll("\\", "/")}`;
    if (!seen.has(source)) problems.push(`${source}: on disk, but the cruise did not see it`);
  }
}
if (count === 0) problems.push("src/: no source file found");

for (const problem of problems) console.error(problem);
console.log(`${count} files in ${rooms.size} rooms, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
