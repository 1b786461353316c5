// The connector files: read, compiled, and their names unique.

import { basename, dirname, extname } from "node:path";

import type { ExpressionCompiler } from "../core/expression.ts";
import type { Instant } from "../core/ids.ts";
import { isError, problem, type LocatedProblem, type Problem } from "../core/problem.ts";
import { namesInAuth } from "../connector/auth-names.ts";
import { compileConnector, type Connector } from "../connector/compile.ts";
import { connectorFileSchema, type ConnectorFile } from "../connector/file.ts";
import { chooseSecrets } from "../connector/webhook/secret-names.ts";
import { compileWebhooks, type Webhooks } from "../connector/webhook/webhooks.ts";
import { connectorFiles, readFiles, type ShapedFile } from "./folder.ts";
import { DIRECT_PROTOCOLS, PROTOCOLS } from "./protocols.ts";
import { readShape } from "./schema-problems.ts";
import { locateProblems } from "./yaml-file.ts";

export interface ProjectConnector {
  /** Null: the file does not say it in a way that can be read. */
  readonly name: string | null;
  /** As named to people. */
  readonly file: string;
  /** Null: the shape is wrong. */
  readonly part: ConnectorFile | null;
  /** Null: there are errors. */
  readonly connector: Connector | null;
  /** Null: it has none, or there are errors. */
  readonly webhooks: Webhooks | null;
  /** Names of the secrets that its webhooks are signed with. */
  readonly webhookSecrets: readonly string[];
  readonly problems: readonly LocatedProblem[];
}

/** @param today For the sunset of remote APIs. */
export function readConnectors(
  folders: readonly string[],
  today: Instant,
  expressions: ExpressionCompiler,
): readonly ProjectConnector[] {
  const files = readFiles(connectorFiles(folders), "connector", (found) => readShape(connectorFileSchema, found));
  const firsts = new Map<string, string>();
  return files.map((file): ProjectConnector => {
    const name = file.yaml.readable ? nameOf(file.yaml.value) : nameOfFile(file.shown);
    const problems: Problem[] = [];
    const first = name === null ? undefined : firsts.get(name);
    if (name !== null && first !== undefined) {
      const message = `${first} has a connector of this name, too`;
      problems.push(problem("E_DUPLICATE", ["connector"], message, { found: name, hint: "rename one of them" }));
    } else if (name !== null) firsts.set(name, file.shown);
    const compiled = compile(file, today, expressions);
    const told = [...file.problems, ...locateProblems([...problems, ...compiled.problems], file.yaml)];
    const usable = !told.some(isError);
    return {
      name,
      file: file.shown,
      part: file.value,
      connector: usable ? compiled.connector : null,
      webhooks: usable ? compiled.webhooks : null,
      webhookSecrets: compiled.webhookSecrets,
      problems: told,
    };
  });
}

/** The name in a file of whatever shape, so that a system is not told twice that its connector is broken. */
function nameOf(value: unknown): string | null {
  const named = typeof value === "object" && value !== null && "connector" in value ? value.connector : null;
  return typeof named === "string" ? named : null;
}

/** What a file that cannot be read most likely calls itself. */
function nameOfFile(shown: string): string {
  const name = basename(shown, extname(shown));
  return name === "connector" ? basename(dirname(shown)) : name;
}

interface Compiled {
  readonly connector: Connector | null;
  readonly webhooks: Webhooks | null;
  readonly webhookSecrets: readonly string[];
  readonly problems: readonly Problem[];
}

function compile(
  { value, folder }: ShapedFile<ConnectorFile>,
  today: Instant,
  expressions: ExpressionCompiler,
): Compiled {
  if (value === null) return { connector: null, webhooks: null, webhookSecrets: [], problems: [] };
  const { connector, problems } = compileConnector(value, {
    expressions,
    protocols: PROTOCOLS,
    direct: DIRECT_PROTOCOLS,
    folder,
    today,
  });
  if (value.webhooks === undefined) return { connector, webhooks: null, webhookSecrets: [], problems };
  const declared = Object.keys(value.secrets ?? {});
  const named = new Set(namesInAuth(value.auth).map(({ text }) => text));
  // A login and a signature have them in their templates.
  const hasTemplates = value.auth?.scheme === "session" || value.auth?.scheme === "signed";
  const login = hasTemplates ? JSON.stringify(value.auth) : "";
  const usedByAuth = declared.filter((name) => named.has(name) || new RegExp(`secrets\\.${name}\\b`).test(login));
  const context = { expressions, declared, usedByAuth, objects: Object.keys(value.objects) };
  const hooks = compileWebhooks(value.webhooks, context);
  const told = [...problems, ...hooks.problems.filter((each) => !problems.some((known) => sameProblem(known, each)))];
  const webhookSecrets = chooseSecrets(value.webhooks, { declared, usedByAuth }).names;
  return { connector, webhooks: hooks.webhooks, webhookSecrets, problems: told };
}

function sameProblem(a: Problem, b: Problem): boolean {
  return a.code === b.code && a.path.join("\n") === b.path.join("\n");
}
