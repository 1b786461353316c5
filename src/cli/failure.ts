// What went wrong, in words, and the exit code of that.

import { LedgerError } from "../engine/ledger.ts";
import { EXIT } from "./output.ts";
import { UsageError } from "./usage-error.ts";

/** What is wrong around the project, and somebody can mend. */
const MENDABLE: ReadonlySet<string> = new Set(["E_DATABASE", "E_LISTEN", "E_TOKEN_KEY"]);

/** Says what went wrong and which exit code that is; what nobody foresaw is thrown on. */
export function tellFailure(error: unknown): number | null {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof LedgerError) {
    process.stderr.write(`${error.message}\n`);
    return error.code === "E_INVALID" || error.code === "E_NOT_FOUND" ? EXIT.usage : EXIT.failed;
  }
  if (error instanceof Error && "code" in error && MENDABLE.has(String(error.code))) {
    process.stderr.write(`${String(error.code)}: ${error.message}\n`);
    return EXIT.environment;
  }
  return null;
}
