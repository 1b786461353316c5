// Writes the generated pages of docs/ from what the code itself says. With --check nothing is written, and stale pages fail.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { CONNECTOR_REFERENCE } from "./docs/connector-reference.ts";
import { MAPPING_REFERENCE } from "./docs/mapping-reference.ts";
import { SITUATIONS } from "./docs/situations.ts";

const PAGES: Readonly<Record<string, string>> = {
  "situations.md": SITUATIONS,
  "mapping-reference.md": MAPPING_REFERENCE,
  "connector-reference.md": CONNECTOR_REFERENCE,
};

for (const [name, text] of Object.entries(PAGES)) {
  const file = fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
  const formatted = await format(text, { ...(await resolveConfig(file)), parser: "markdown" });
  if (existsSync(file) && readFileSync(file, "utf8") === formatted) continue;
  if (process.argv.includes("--check")) {
    console.error(`docs/${name} is stale; write it anew with: npx tsx scripts/generate-docs.ts`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, formatted);
    console.log(`docs/${name} written`);
  }
}
