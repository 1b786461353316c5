// The first line of every file tells editors its schema: completion and checking while one types.

import { problem, type Problem } from "../core/problem.ts";

export type FileKind = "config" | "connector" | "mapping";

const MODELINE = /^#\s*yaml-language-server:\s*\$schema=(\S+)/;
const START_BYTES = 400;

export function modelineProblems(bytes: Uint8Array, kind: FileKind): readonly Problem[] {
  const [first = ""] = new TextDecoder("utf-8").decode(bytes.subarray(0, START_BYTES)).split("\n", 1);
  const schema = MODELINE.exec(first)?.[1];
  const expected = `# yaml-language-server: $schema=../schema/${kind}.json`;
  const hint = "editors then complete and check what is typed";
  if (schema === undefined) {
    return [
      problem("W_MODELINE", [], "the first line does not name the schema of this file", { on: "key", expected, hint }),
    ];
  }
  if (schema.endsWith(`${kind}.json`)) return [];
  const message = `the first line names the schema of another kind of file`;
  return [problem("W_MODELINE", [], message, { on: "key", found: schema, expected, hint })];
}
