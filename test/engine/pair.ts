// A pair between two plain servers, made of YAML as people write it, run by the real engine on a real Postgres.

import type { TracesConfig } from "../../src/config/settings.ts";
import { parse } from "yaml";
import type { Instant } from "../../src/core/ids.ts";
import { compileConnector } from "../../src/connector/compile.ts";
import { DIRECT_PROTOCOLS, PROTOCOLS } from "../../src/config/protocols.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { Redactor, Secret } from "../../src/connector/secret.ts";
import { openRuntime, SILENT, type PairRuntime, type Runtime } from "../../src/daemon/runtime.ts";
import { readPlanFile } from "../../src/engine/plan-document.ts";
import type { ApplyReport } from "../../src/engine/apply.ts";
import type { RunReport } from "../../src/engine/ports/run.ts";
import type { RunResult } from "../../src/engine/cycle.ts";
import { digest256 } from "../../src/daemon/system-ports.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { compileMappingFile } from "../../src/mapping/read-file.ts";
import { quiet } from "../store/server.ts";
import { startPlainServer, type PlainServer } from "./plain-server.ts";

/** What differs from the plain connector, as text of the connector file. */
export interface PlainParts {
  readonly find?: string;
  readonly changes?: boolean;
  readonly list?: string;
  readonly get?: boolean;
  /** Values of these keys replace those below; an empty text leaves the operation out. */
  readonly create?: string;
  readonly update?: string;
  readonly delete?: string;
  /** More of `find`, as `, settle: 2s`. */
  readonly findMore?: string;
  /** Further keys of each object. */
  readonly extra?: string;
  /** Further keys of the file. */
  readonly file?: string;
}

/** Objects of a plain server, with everything it can. */
export function plainConnector(name: string, objects: readonly string[], more: PlainParts = {}): string {
  const blocks = objects.map(
    (object) => `
  ${object}:
    id: id
    modified: updatedAt
    list: ${of(more.list, object) ?? `{ request: GET /${object}, query: { page: "{{ page.number }}", size: 100 }, items: items, page: { number: page, size: 100 }, count: total }`}
    ${more.get === false ? "" : `get: { request: "GET /${object}/{{ id }}" }`}
    ${more.find === undefined ? "" : `find: { by: [${more.find}], request: POST /${object}/search, body: { ${more.find}: "{{ key.${more.find} }}" }, items: items${more.findMore ?? ""} }`}
    ${more.changes === false ? "" : `changes: { request: GET /${object}, query: { since: "{{ cursor }}" }, items: items, cursor: { at: updatedAt, settle: 2s }, cannot_see: [deletes] }`}
    create: ${of(more.create, object) ?? `{ request: POST /${object}, body: "{{ record }}", returns: { id: id }${more.find === undefined ? "" : ", verify: find"} }`}
    update: ${of(more.update, object) ?? `{ request: "PATCH /${object}/{{ id }}", body: "{{ changed }}" }`}
    delete: ${of(more.delete, object) ?? `{ request: "DELETE /${object}/{{ id }}" }`}
    ${of(more.extra, object) ?? ""}`,
  );
  return `
connector: ${name}
version: 1.0.0
title: ${name}
protocol: rest
settings: { base_url: { required: true } }
base_url: "{{ settings.base_url }}"
auth: { scheme: none }
${more.file ?? ""}
objects:${blocks.join("\n")}
`;
}

/** `OBJECT` in such a text stands for the object's name. */
function of(text: string | undefined, object: string): string | undefined {
  return text?.replaceAll("OBJECT", object);
}

export interface TestPair {
  readonly left: PlainServer;
  readonly right: PlainServer;
  readonly runtime: Runtime;
  readonly pair: PairRuntime;
  run(kind?: "changes" | "sweep" | "hints"): Promise<RunReport>;
  result(kind?: "changes" | "sweep" | "hints"): Promise<RunResult>;
  plan(kind?: "changes" | "sweep"): Promise<RunResult>;
  apply(planned: RunResult): Promise<ApplyReport>;
  /** The same servers and state under another mapping, as after an edit of the file and a restart. */
  remap(mapping: string): Promise<TestPair>;
  close(): Promise<void>;
}

export interface PairFiles {
  readonly databaseUrl: string;
  readonly mapping: string;
  readonly leftConnector?: string;
  readonly rightConnector?: string;
  readonly traces?: TracesConfig;
}

export async function openPair(
  files: PairFiles,
  servers?: { readonly left: PlainServer; readonly right: PlainServer },
): Promise<TestPair> {
  const left = servers?.left ?? (await startPlainServer("l"));
  const right = servers?.right ?? (await startPlainServer("r"));
  const expressions = createExpressionCompiler();
  const connector = (text: string) => {
    const file = connectorFileSchema.parse(parse(text));
    const { connector: compiled, problems } = compileConnector(file, {
      expressions,
      protocols: PROTOCOLS,
      direct: DIRECT_PROTOCOLS,
      folder: ".",
      today: Date.parse("2026-01-01") as Instant,
    });
    if (compiled === null) throw new Error(JSON.stringify(problems, null, 1));
    return compiled;
  };
  const objects = ["thing", "parent", "child"];
  const { mapping, problems } = compileMappingFile(parse(files.mapping), { file: "mappings/ab.yaml", expressions });
  if (mapping === null) throw new Error(JSON.stringify(problems, null, 1));
  const system = (name: string, text: string, url: string) => ({
    name,
    connector: connector(text),
    settings: { base_url: url },
    secrets: new Map<string, Secret>(),
    limits: {},
    allowPrivate: true,
    webhooks: null,
  });
  const runtime = await openRuntime({
    database: { kind: "url", url: new Secret(files.databaseUrl) },
    dataDir: ".",
    key: null,
    systems: [
      system("left-system", files.leftConnector ?? plainConnector("left", objects, { find: "email" }), left.url),
      system("right-system", files.rightConnector ?? plainConnector("right", objects, { find: "email" }), right.url),
    ],
    mappings: [mapping],
    version: "0.0.0",
    log: quiet,
    redactor: new Redactor(),
    calls: null,
    traces: files.traces ?? null,
  });
  const pair = runtime.pairs.get(mapping.pair);
  if (pair === undefined) throw new Error("no pair");
  const signal = new AbortController().signal;
  const result = (kind: "changes" | "sweep" | "hints" = "sweep"): Promise<RunResult> =>
    pair.run({ kind, entity: null, signal, progress: SILENT });
  const closeRuntime = async (): Promise<void> => {
    await runtime.close();
    await expressions.close();
  };
  return {
    left,
    right,
    runtime,
    pair,
    result,
    run: async (kind = "sweep") => (await result(kind)).report,
    plan: (kind = "sweep") => pair.plan({ kind, signal, progress: SILENT }),
    async apply(planned) {
      const file = planned.plan === null ? null : readPlanFile(planned.plan.document, digest256);
      if (file === null || file === "edited") throw new Error("no plan");
      return pair.apply(file, "test", { signal, progress: SILENT });
    },
    async remap(text) {
      await closeRuntime();
      return openPair({ ...files, mapping: text }, { left, right });
    },
    async close() {
      await closeRuntime();
      await left.close();
      await right.close();
    },
  };
}
