// `syncline connector …`: making and trying connector files. A file a subcommand.

import type { Command } from "commander";
import { registerImport } from "./connector-import.ts";
import { registerTest } from "./connector-test.ts";
import { registerProbe } from "./connector-probe.ts";

export function register(program: Command): void {
  const connector = program.command("connector").description("drafts and tries connector files");
  registerImport(connector);
  registerTest(connector);
  registerProbe(connector);
}
