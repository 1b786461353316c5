// `syncline pause`, `resume` and `accept`: whether a pair may go on.

import type { Command } from "commander";
import { globalOptions, outputOf } from "./output.ts";
import { inSession, pairOf, personName } from "./session.ts";

export function register(program: Command): void {
  program
    .command("pause <pair>")
    .description("no run of the pair begins until it is resumed")
    .action((name: string, _options: unknown, command: Command) => setPaused(name, "operator", command));
  program
    .command("resume <pair>")
    .description("let a paused pair go on")
    .action((name: string, _options: unknown, command: Command) => setPaused(name, null, command));
  program
    .command("accept <pair>")
    .description(
      "go on after a change of the mapping's meaning, or of the systems: as the file and the systems are now",
    )
    .option("--forget-links", "also forget which records belong together: the next run matches them anew")
    .action(async (name: string, options: { readonly forgetLinks?: boolean }, command: Command) => {
      const output = outputOf(globalOptions(command));
      await inSession(output, [name], async ({ runtime }) => {
        const pair = pairOf(runtime, name);
        const { acceptedMeaning } = await pair.store.state();
        const changed = acceptedMeaning !== pair.parts.meaning;
        if (changed) await runtime.ledger.setAcceptedMeaning(name, pair.parts.meaning, personName());
        const state = await runtime.ledger.acceptState(
          name,
          { forgetLinks: options.forgetLinks ?? false },
          personName(),
        );
        const accepted = changed || state.length > 0;
        const what = [...(changed ? ["mapping"] : []), ...state];
        output.result(
          { pair: name, accepted, what },
          accepted ? `${name}: accepted as it is now (${what.join(", ")})` : `${name}: nothing to accept`,
        );
        return 0;
      });
    });
}

async function setPaused(name: string, reason: string | null, command: Command): Promise<void> {
  const output = outputOf(globalOptions(command));
  await inSession(output, [name], async ({ runtime }) => {
    const pair = pairOf(runtime, name);
    await runtime.ledger.setPaused(name, reason, personName());
    const remark =
      reason === null && pair.mapping.state === "paused" ? `; ${pair.mapping.file} still says \`state: paused\`` : "";
    output.result(
      { pair: name, paused: reason !== null },
      `${name}: ${reason === null ? "resumed" : "paused"}${remark}`,
    );
    return 0;
  });
}
