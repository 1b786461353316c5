// Pages that name the test which holds what they say, as "`file`: name". A name counts when the file has it as a string.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface NamedTest {
  readonly file: string;
  readonly name: string;
}

const root = fileURLToPath(new URL("../", import.meta.url));

export function page(file: string): string {
  return readFileSync(root + file, "utf8");
}

/** Those that are not there. */
export function missingTests(named: readonly NamedTest[]): readonly NamedTest[] {
  return named.filter(({ file, name }) => {
    if (!existsSync(root + file)) return true;
    const source = page(file);
    return !['"', "'", "`"].some((quote) => source.includes(quote + name) || source.includes(quote + escaped(name)));
  });
}

function escaped(name: string): string {
  return name.replaceAll("`", "\\`").replaceAll('"', '\\"');
}
