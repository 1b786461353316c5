// `syncline`: what a person types.

import { Command, CommanderError } from "commander";
import { commandsFor } from "./commands.ts";
import { EXIT } from "./output.ts";
import { tellFailure } from "./failure.ts";
import { VERSION } from "../daemon/version.ts";

const program = new Command("syncline")
  .description("keeps two business systems in step")
  .version(VERSION)
  .option("--config <file>", "the project's config", "config/syncline.yaml")
  .option("--json", "one JSON document on standard output")
  .option("--quiet", "no remarks and no progress")
  .exitOverride()
  .showSuggestionAfterError();

for (const file of await commandsFor(process.argv.slice(2))) file.register(program);
for (const command of program.commands) {
  command.exitOverride();
  for (const below of command.commands) below.exitOverride();
}

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  else {
    const code = tellFailure(error);
    if (code === null) throw error;
    process.exitCode = code;
  }
}
