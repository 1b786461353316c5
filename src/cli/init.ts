// `syncline init`: a project to start from, which `check` accepts. Nothing that exists is overwritten.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { shownPath } from "../config/config.ts";
import { FILE_KINDS, jsonSchemaText } from "../config/json-schema.ts";
import { globalOptions, outputOf } from "./output.ts";
import { UsageError } from "./session.ts";

/** File of the project: its template. Names without dots, because packing drops some dot files. */
const TEMPLATES: Readonly<Record<string, string>> = {
  "config/syncline.yaml": "config.yaml",
  "connectors/crm.yaml": "connector-crm.yaml",
  "connectors/billing.yaml": "connector-billing.yaml",
  "mappings/example.yaml": "mapping.yaml",
  ".env.example": "env.example",
  ".gitignore": "gitignore",
};

export function register(program: Command): void {
  program
    .command("init")
    .description("writes a project to start from")
    .argument("[dir]", "where to; it is made when it is missing", ".")
    .action((folder: string, _options: unknown, command: Command) => {
      const files = projectFiles();
      const taken = [...files.keys()].filter((name) => existsSync(join(folder, name)));
      if (taken.length > 0) {
        throw new UsageError(`${shownPath(folder)} already has ${taken.join(", ")}; nothing was written`);
      }
      for (const [name, text] of files) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      const here = shownPath(folder);
      const next = [
        ...(here === "." ? [] : [`cd ${here}`]),
        "cp .env.example .env       # and fill it in, then: set -a; . ./.env; set +a",
        "syncline check             # tells what is wrong with the files",
        "syncline test              # runs the tests that mapping files hold; asks no system",
        "syncline check --live      # asks the two systems, too",
        "syncline plan example      # what would be done; writes nothing",
      ];
      const text = [...[...files.keys()].map((name) => `  ${name}`), "", "Next:", ...next.map((line) => `  ${line}`)];
      outputOf(globalOptions(command)).result({ dir: folder, files: [...files.keys()] }, text.join("\n"));
    });
}

function projectFiles(): ReadonlyMap<string, string> {
  const templates = Object.entries(TEMPLATES).map(
    ([name, template]) =>
      [name, readFileSync(new URL(`./init-templates/${template}`, import.meta.url), "utf8")] as const,
  );
  const schemas = FILE_KINDS.map((kind) => [`schema/${kind}.json`, jsonSchemaText(kind)] as const);
  return new Map([...templates, ...schemas]);
}
