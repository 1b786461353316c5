// Lists one folder of files to its end, and tells the most memory that this process took.

import { DIRECT_PROTOCOLS, PROTOCOLS } from "../../src/config/protocols.ts";
import { compileConnector } from "../../src/connector/compile.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { systemClock } from "../../src/daemon/system-ports.ts";

export interface FilesReading {
  readonly records: number;
  readonly peakMib: number;
}

async function list(folder: string, format: string): Promise<number> {
  const expressions = createExpressionCompiler();
  try {
    const file = connectorFileSchema.parse({
      connector: "drop",
      version: "1.0.0",
      protocol: "files",
      objects: {
        customer: { at: folder, glob: `*.${format}`, format: { [format]: {} }, means: "snapshot", id: "id" },
      },
    });
    const today = systemClock.now();
    const { connector, problems } = compileConnector(file, {
      expressions,
      protocols: PROTOCOLS,
      direct: DIRECT_PROTOCOLS,
      folder,
      today,
    });
    if (connector === null) throw new Error(JSON.stringify(problems));
    const system = await connector.open({
      name: "drop",
      settings: {},
      secrets: new Map(),
      limits: {},
      allowPrivate: true,
      observer: { called: () => undefined, waited: () => undefined },
      clock: { now: () => systemClock.now(), sleep: () => Promise.resolve() },
      log: { warn: () => undefined, debug: () => undefined },
      version: "0.0.0",
    });
    let records = 0;
    for await (const page of system.object("customer", []).list()) {
      if (!page.ok) throw new Error(JSON.stringify(page.failure));
      records += page.value.records.length;
    }
    await system.close();
    return records;
  } finally {
    await expressions.close();
  }
}

const [folder = "", format = ""] = process.argv.slice(2);
const records = await list(folder, format);
// maxRSS is told in KiB on every platform.
const answer: FilesReading = { records, peakMib: process.resourceUsage().maxRSS / 1024 };
process.stdout.write(JSON.stringify(answer));
