// `syncline connector import`: a connector file drafted from an API's own description. What it does not tell is marked CHECK.
//
// --json: { connector, objects: [name], notes: [{ path, text }], file: path or null, text }

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { pathText } from "../core/path.ts";
import { draftText, ImportError, type Draft } from "../connector/import/draft.ts";
import { importEdmx } from "../connector/import/edmx.ts";
import { importGraphql } from "../connector/import/graphql.ts";
import { importOpenApi } from "../connector/import/openapi.ts";
import { importWsdl } from "../connector/import/wsdl.ts";
import { globalOptions, outputOf, type Output } from "./output.ts";
import { UsageError } from "./usage-error.ts";

const KINDS = ["openapi", "wsdl", "graphql", "edmx"] as const;
type Kind = (typeof KINDS)[number];

type Sources = Readonly<Partial<Record<Kind, string>>>;

interface Flags extends Sources {
  readonly name?: string;
  readonly object: readonly string[];
  readonly out?: string;
}

export function registerImport(connector: Command): void {
  connector
    .command("import")
    .description("drafts a connector file from an API's description; what that does not tell is marked CHECK")
    .option("--openapi <file>", "OpenAPI 3, JSON or YAML")
    .option("--wsdl <file>", "WSDL, for SOAP")
    .option("--graphql <file>", "result of an introspection query, or a schema in SDL")
    .option("--edmx <file>", "$metadata of an OData service")
    .option("--name <name>", "name of the connector; default: the file's", connectorName)
    .option("--object <name>", "only this object; may be said several times", collect, [])
    .option("--out <file>", "write it there; default: to standard output")
    .action((flags: Flags, command: Command) => {
      importFile(flags, outputOf(globalOptions(command)));
    });
}

function connectorName(text: string): string {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(text)) throw new InvalidArgumentError("letters, digits, - and _");
  return text;
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function importFile(flags: Flags, output: Output): void {
  const named = KINDS.flatMap((kind) => (flags[kind] === undefined ? [] : [{ kind, file: flags[kind] }]));
  const [source] = named;
  if (source === undefined || named.length > 1)
    throw new UsageError(`say which description to read: one of ${KINDS.map((kind) => `--${kind} FILE`).join(", ")}`);
  if (!existsSync(source.file)) throw new UsageError(`there is no file ${source.file}`);
  if (flags.out !== undefined && existsSync(flags.out))
    throw new UsageError(`${flags.out} is there already; name another file, or move it away`);
  const name = flags.name ?? nameOf(source.file);
  const draft = draftOf(source.kind, source.file, name, flags);
  const text = draftText(draft);
  if (flags.out !== undefined) writeFileSync(flags.out, text);
  const objects = Object.keys(Object(draft.file["objects"]) as Record<string, unknown>); // an object of objects, by draftOf
  const result = { connector: name, objects, notes: notesOf(draft), file: flags.out ?? null, text };
  output.result(result, flags.out === undefined ? text : savedText(flags.out, name, draft, objects));
}

function draftOf(kind: Kind, file: string, name: string, { object, out }: Flags): Draft {
  const read = (): string => readFileSync(file, "utf8");
  try {
    switch (kind) {
      case "openapi":
        return importOpenApi(read(), name, object);
      case "graphql":
        return importGraphql(read(), name, object);
      case "edmx":
        return importEdmx(read(), name, object);
      case "wsdl": {
        // The connector file names the WSDL from where it lies itself, in its folder or below.
        const folder = out === undefined ? dirname(resolve(file)) : dirname(resolve(out));
        const from = relative(folder, resolve(file));
        if (from.startsWith("..")) {
          const wanted = join(folder, "wsdl", basename(file));
          throw new UsageError(`a connector's WSDL lies in its folder or below; copy ${file} to ${wanted} first`);
        }
        return importWsdl(`./${from}`, folder, name, object);
      }
    }
  } catch (error) {
    if (error instanceof ImportError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

function nameOf(file: string): string {
  const bare = basename(file)
    .replace(/\..*$/, "")
    .replaceAll(/[^A-Za-z0-9_-]/g, "-");
  return /^[A-Za-z]/.test(bare) ? bare.slice(0, 63) : `api-${bare}`.slice(0, 63);
}

function notesOf({ notes }: Draft): readonly { readonly path: string; readonly text: string }[] {
  return notes.map(({ path, text }) => ({ path: pathText(path), text }));
}

function savedText(out: string, name: string, draft: Draft, objects: readonly string[]): string {
  return [
    `${out}: a draft of ${name} with ${objects.join(", ")}`,
    `${String(draft.notes.length)} places are marked CHECK: what the description does not tell, or only guesses`,
    "next: look these up in the vendor's pages, name the connector in config, then: syncline check --live",
  ].join("\n");
}
