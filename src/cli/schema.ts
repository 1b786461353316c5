// `syncline schema`: the JSON Schema of a kind of file, for editors that do not find schema/.

import type { Command } from "commander";
import { FILE_KINDS, isFileKind, jsonSchemaText } from "../config/json-schema.ts";
import { unknownName } from "./unknown-name.ts";

export function register(program: Command): void {
  program
    .command("schema")
    .description("prints the JSON Schema of a kind of file")
    .argument("[kind]", FILE_KINDS.join(", "), "mapping")
    .action((kind: string) => {
      if (!isFileKind(kind)) throw unknownName("schema", kind, FILE_KINDS);
      process.stdout.write(jsonSchemaText(kind));
    });
}
