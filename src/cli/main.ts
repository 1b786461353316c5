// `syncline`: what a person types. A file a command; this one only puts them together.

import { Command, CommanderError } from "commander";
import { register as registerCases } from "./cases.ts";
import { register as registerCheck } from "./check.ts";
import { register as registerConnect } from "./connect.ts";
import { register as registerConnector } from "./connector.ts";
import { register as registerDemo } from "./demo.ts";
import { register as registerDoctor } from "./doctor.ts";
import { register as registerInit } from "./init.ts";
import { register as registerLinks } from "./links.ts";
import { EXIT } from "./output.ts";
import { register as registerPause } from "./pause.ts";
import { register as registerPlan } from "./plan.ts";
import { register as registerQuarantine } from "./quarantine.ts";
import { register as registerRun } from "./run.ts";
import { register as registerSchema } from "./schema.ts";
import { tellFailure } from "./session.ts";
import { register as registerSimulate } from "./simulate.ts";
import { register as registerStart } from "./start.ts";
import { register as registerStatus } from "./status.ts";
import { register as registerSuggest } from "./suggest.ts";
import { register as registerTest } from "./test.ts";
import { VERSION } from "../daemon/version.ts";

const program = new Command("syncline")
  .description("keeps two business systems in step")
  .version(VERSION)
  .option("--config <file>", "the project's config", "config/syncline.yaml")
  .option("--json", "one JSON document on standard output")
  .option("--quiet", "no remarks and no progress")
  .exitOverride()
  .showSuggestionAfterError();

for (const register of [
  registerDemo,
  registerInit,
  registerCheck,
  registerConnect,
  registerTest,
  registerSimulate,
  registerSuggest,
  registerPlan,
  registerRun,
  registerStart,
  registerStatus,
  registerLinks,
  registerCases,
  registerQuarantine,
  registerPause,
  registerConnector,
  registerSchema,
  registerDoctor,
]) {
  register(program);
}
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
