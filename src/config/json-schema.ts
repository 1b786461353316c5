// The JSON Schemas of the three kinds of file, for editors; made from the schemas that check the files, so that they agree.

import { z } from "zod";

import { connectorFileSchema } from "../connector/file.ts";
import { mappingFileSchema } from "../mapping/file.ts";
import { configFileSchema } from "./file.ts";
import type { FileKind } from "./modeline.ts";

export const FILE_KINDS = ["config", "connector", "mapping"] as const satisfies readonly FileKind[];

const SCHEMAS: Readonly<Record<FileKind, { readonly schema: z.ZodType; readonly title: string }>> = {
  config: { schema: configFileSchema, title: "Syncline config: which accounts there are" },
  connector: { schema: connectorFileSchema, title: "Syncline connector: how a kind of system talks" },
  mapping: { schema: mappingFileSchema, title: "Syncline mapping: what is kept in step between two systems" },
};

export function isFileKind(text: string): text is FileKind {
  return (FILE_KINDS as readonly string[]).includes(text);
}

/** Draft-07 text, as it stands in schema/NAME.json. */
export function jsonSchemaText(kind: FileKind): string {
  const { schema, title } = SCHEMAS[kind];
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: "draft-7", io: "input", unrepresentable: "any" });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
