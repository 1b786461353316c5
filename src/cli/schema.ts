// `syncline schema`: the JSON Schema of a kind of file, for editors that do not find schema/.

import type { Command } from "commander";
import { didYouMean } from "../core/problem.ts";
import { FILE_KINDS, isFileKind, jsonSchemaText } from "../config/json-schema.ts";
import { UsageError } from "./session.ts";

export function register(program: Command): void {
  program
    .command("schema")
    .description("prints the JSON Schema of a kind of file")
    .argument("[kind]", FILE_KINDS.join(", "), "mapping")
    .action((kind: string) => {
      if (!isFileKind(kind)) {
        const hint = didYouMean(kind, FILE_KINDS);
        throw new UsageError(`there is no schema "${kind}"; ${hint ?? `there are ${FILE_KINDS.join(", ")}`}`);
      }
      process.stdout.write(jsonSchemaText(kind));
    });
}
