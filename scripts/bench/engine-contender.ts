// The engine, as the command line runs it: its own state in Postgres, both systems by their connector.

import { Redactor, Secret } from "../../src/connector/secret.ts";
import { openRuntime, SILENT } from "../../src/daemon/runtime.ts";
import type { Log } from "../../src/engine/ports/world.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import type { Contender, ContenderTask } from "./contest.ts";
import { benchConnector, benchMapping } from "./pair-files.ts";

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, facts) => console.error(message, facts),
  error: (message, facts) => console.error(message, facts),
};

export async function connect({ left, right, database }: ContenderTask): Promise<Contender> {
  const expressions = createExpressionCompiler();
  const connector = benchConnector(expressions);
  const system = (name: string, url: string) => ({
    name,
    connector,
    settings: { base_url: url },
    secrets: new Map<string, Secret>(),
    limits: {},
    allowPrivate: true,
    webhooks: null,
  });
  const runtime = await openRuntime({
    database: { kind: "url", url: new Secret(database) },
    dataDir: ".",
    key: null,
    systems: [system("left", left), system("right", right)],
    mappings: [benchMapping(expressions)],
    version: "bench",
    log,
    redactor: new Redactor(),
    calls: null,
  });
  const pair = runtime.pairs.get("bench");
  if (pair === undefined) throw new Error("no pair");
  return {
    async pass() {
      const { report } = await pair.run({
        kind: "sweep",
        entity: null,
        signal: new AbortController().signal,
        progress: SILENT,
      });
      if (report.outcome !== "ok") throw new Error(JSON.stringify(report, null, 1));
    },
    async close() {
      await runtime.close();
      await expressions.close();
    },
  };
}
