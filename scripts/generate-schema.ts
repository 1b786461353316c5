// Writes schema/*.json from the schemas that check the files. With --check nothing is written, and stale files fail.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FILE_KINDS, jsonSchemaText } from "../src/config/json-schema.ts";

const folder = fileURLToPath(new URL("../schema/", import.meta.url));
const check = process.argv.includes("--check");

mkdirSync(folder, { recursive: true });
for (const kind of FILE_KINDS) {
  const file = join(folder, `${kind}.json`);
  const text = jsonSchemaText(kind);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  if (check) {
    console.error(`schema/${kind}.json is stale; write it anew with: npx tsx scripts/generate-schema.ts`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.log(`schema/${kind}.json written`);
  }
}
