// Writes the generated pages of docs/, and the table in connectors/README.md, from what the code and the files themselves say.
// With --check nothing is written, and stale pages fail.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { CONNECTOR_REFERENCE } from "./docs/connector-reference.ts";
import { connectorTable } from "./docs/connector-table.ts";
import { MAPPING_REFERENCE } from "./docs/mapping-reference.ts";
import { SITUATIONS } from "./docs/situations.ts";

const CONNECTORS = fileURLToPath(new URL("../connectors/", import.meta.url));

const PAGES: Readonly<Record<string, string>> = {
  "docs/situations.md": SITUATIONS,
  "docs/mapping-reference.md": MAPPING_REFERENCE,
  "docs/connector-reference.md": CONNECTOR_REFERENCE,
  "connectors/README.md": withTable(readFileSync(`${CONNECTORS}README.md`, "utf8"), await connectorTable(CONNECTORS)),
};

for (const [name, text] of Object.entries(PAGES)) {
  const file = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const formatted = await format(text, { ...(await resolveConfig(file)), parser: "markdown" });
  if (existsSync(file) && readFileSync(file, "utf8") === formatted) continue;
  if (process.argv.includes("--check")) {
    console.error(`${name} is stale; write it anew with: npx tsx scripts/generate-docs.ts`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, formatted);
    console.log(`${name} written`);
  }
}

/** The page with what stands between the two marks replaced. */
function withTable(page: string, table: string): string {
  const parts = /^([\s\S]*<!-- systems -->)[\s\S]*(<!-- \/systems -->[\s\S]*)$/.exec(page);
  if (parts === null) throw new Error("connectors/README.md has lost its marks <!-- systems --> and <!-- /systems -->");
  return `${parts[1] ?? ""}\n\n${table}\n\n${parts[2] ?? ""}`;
}
