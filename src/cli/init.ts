// `syncline init`: a project to start from, which `check` accepts. Nothing that exists is overwritten.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { shownPath } from "../config/config.ts";
import { FILE_KINDS, jsonSchemaText } from "../config/json-schema.ts";
import { draftMapping, type DraftOptions } from "./init-draft.ts";
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
    .option("--left <system>", "in a project that is there: draft a mapping of this system …")
    .option("--right <system>", "… and this one, from samples of both")
    .option("--object-left <object>", "the left system's object")
    .option("--object-right <object>", "the right system's object")
    .action(async (folder: string, options: DraftOptions, command: Command) => {
      const output = outputOf(globalOptions(command));
      const config = folder === "." ? output.options.config : join(folder, "config/syncline.yaml");
      const asksForDraft = Object.keys(options).length > 0;
      if (asksForDraft && !existsSync(config))
        throw new UsageError(`${shownPath(config)} is not there; first: syncline init`);
      if (existsSync(config) && (asksForDraft || process.stdin.isTTY)) {
        process.exitCode = await draftMapping(config, options, output);
        return;
      }
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
      output.result({ dir: folder, files: [...files.keys()] }, text.join("\n"));
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
