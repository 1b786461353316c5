// A draft as the command would write it, read back and compiled like any connector file.

import { parse } from "yaml";
import { expect } from "@jest/globals";
import { DIRECT_PROTOCOLS, PROTOCOLS } from "../../../src/config/protocols.ts";
import { compileConnector } from "../../../src/connector/compile.ts";
import { connectorFileSchema, type ConnectorFile } from "../../../src/connector/file.ts";
import { draftText, type Draft } from "../../../src/connector/import/draft.ts";
import type { Instant } from "../../../src/core/ids.ts";
import { isError } from "../../../src/core/problem.ts";
import { createExpressionCompiler } from "../../../src/expression/compiler.ts";

/** The draft's file, once it is certain that Syncline takes it. */
export async function accepted(draft: Draft, folder = "."): Promise<ConnectorFile> {
  const file = connectorFileSchema.parse(parse(draftText(draft)));
  const expressions = createExpressionCompiler();
  try {
    const today = Date.UTC(2026, 0, 1) as Instant;
    const tools = { expressions, protocols: PROTOCOLS, direct: DIRECT_PROTOCOLS, folder, today };
    expect(compileConnector(file, tools).problems.filter(isError)).toEqual([]);
  } finally {
    await expressions.close();
  }
  return file;
}

/** The notes of a draft, as "path: text". */
export function notesOf({ notes }: Draft): readonly string[] {
  return notes.map(({ path, text }) => `${path.join(".")}: ${text}`);
}
