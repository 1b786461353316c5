// The table of connectors/README.md, from the connector files themselves: what each system's objects can do.

import type { Instant } from "../../src/core/ids.ts";
import { readConnectors, type ProjectConnector } from "../../src/config/connectors.ts";
import type { Connector } from "../../src/connector/compile.ts";
import type { Capabilities } from "../../src/connector/contract.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";

const HEADING = [
  "system",
  "objects and directions",
  "changes",
  "deletes seen",
  "writes guarded by",
  "webhooks",
  "proven",
];

interface Row {
  readonly connector: Connector;
  readonly can: ReadonlyMap<string, Capabilities>;
}

export async function connectorTable(folder: string): Promise<string> {
  const expressions = createExpressionCompiler();
  try {
    // Any day will do: what a file can do does not hang on it.
    const found = readConnectors([folder], 0 as Instant, expressions);
    const rows = found.map(cellsOf).toSorted(([a = ""], [b = ""]) => a.localeCompare(b, "en", { sensitivity: "base" }));
    const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
    return [line(HEADING), line(HEADING.map(() => "---")), ...rows.map(line)].join("\n");
  } finally {
    await expressions.close();
  }
}

function cellsOf({ file, name, connector }: ProjectConnector): readonly string[] {
  if (connector === null || name === null) throw new Error(`${file} has errors; see: syncline check`);
  const can = new Map(
    connector.objects.flatMap((object) => {
      const found = connector.capabilities(object);
      return found === null ? [] : [[object, found] as const];
    }),
  );
  const row: Row = { connector, can };
  return [
    `[${connector.file.title ?? name}](${name}.yaml), ${connector.file.protocol}`,
    grouped(row, (each) => direction(each), true),
    grouped(row, (each, object) => changes(each, connector, object)),
    grouped(row, (each, object) => deletes(each, connector, object)),
    grouped(row, (each) => guard(each)),
    webhooks(connector),
    name.startsWith("sandbox-") ? "our sandbox" : (connector.file.proven ?? "unproven"),
  ];
}

/** One word where all objects agree, else each word with its objects. @param named Always with them. */
function grouped({ can }: Row, word: (can: Capabilities, object: string) => string, named = false): string {
  const words = new Map<string, string[]>();
  for (const [object, each] of can) {
    const said = word(each, object);
    words.set(said, [...(words.get(said) ?? []), `\`${object}\``]);
  }
  const [only] = words;
  if (only !== undefined && words.size === 1 && !named) return only[0];
  return [...words]
    .map(([said, objects]) => (named ? `${objects.join(", ")}: ${said}` : `${said} (${objects.join(", ")})`))
    .join("; ");
}

function direction({ list, create, update }: Capabilities): string {
  if (!list) return "written";
  if (create !== null) return update === null ? "read, created" : "both ways";
  return update === null ? "read" : "read, updated";
}

function changes({ changes: feed, list }: Capabilities, { file }: Connector, object: string): string {
  if (feed === null) return list ? "listed" : "–";
  const part = file.objects[object];
  if (part?.replication !== undefined) return "replication slot";
  if (part?.changes?.reread !== undefined && part.changes.cursor.at !== (part.modified ?? part.changes.cursor.at))
    return "feed, re-read";
  return feed.settleMs === 0 ? "feed" : `feed, ${String(feed.settleMs / 1000)} s late`;
}

function deletes({ changes: feed, list }: Capabilities, { file }: Connector, object: string): string {
  if (!list) return "–";
  if (feed !== null && !feed.cannotSeeDeletes) return "changes";
  const told = Object.values(file.webhooks?.on ?? {}).some((meaning) => meaning[object] === "gone");
  return told ? "webhook, sweep" : "sweep";
}

const GUARDS = { "if-match": "version", "read-compare": "a look before", none: "nothing" } as const;

function guard({ update }: Capabilities): string {
  return update === null ? "–" : GUARDS[update.guard];
}

function webhooks({ file }: Connector): string {
  const verify = file.webhooks?.verify;
  if (verify === undefined) return "–";
  return typeof verify === "string" ? verify : "algorithm" in verify ? `HMAC ${verify.algorithm}` : "shared token";
}
