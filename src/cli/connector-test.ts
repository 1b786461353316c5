// `syncline connector test SYSTEM`: the acceptance suite. Asks the configured account itself whether the connector file keeps its
// word: listing, get, find, changes; with --writes also create, update and delete of one record, in a sandbox account only.
//
// --json: { system, connector, passed, failed, notApplicable, checks: [{ object, name, outcome, why }] }

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { InvalidArgumentError, type Command } from "commander";
import { parse } from "yaml";
import type { Check } from "../connector/acceptance/check.ts";
import { checkReading } from "../connector/acceptance/reading.ts";
import { checkWriting, type Sample } from "../connector/acceptance/writing.ts";
import type { System } from "../connector/contract.ts";
import type { ProjectSystem } from "../config/project.ts";
import { isFields, type Fields, type Value } from "../core/value.ts";
import { openAccount } from "./account.ts";
import { EXIT, globalOptions, outputOf, type Output } from "./output.ts";
import { loadProject } from "./project.ts";
import { refuseUnknown } from "./unknown-name.ts";
import { UsageError } from "./usage-error.ts";

/** Fewer show less of paging; more take long and use up the account's calls. */
const RECORDS_DEFAULT = 500;

interface Flags {
  readonly object: readonly string[];
  readonly records: number;
  readonly writes?: string;
}

export function registerTest(connector: Command): void {
  connector
    .command("test <system>")
    .description("the acceptance suite: does the account do what its connector file says?")
    .option("--object <name>", "only this object; may be said several times", collect, [])
    .option("--records <n>", "records listed of each object at most", count, RECORDS_DEFAULT)
    .option("--writes <file>", "also make, edit and delete a record of each object that this YAML file has a sample of")
    .action(async (system: string, flags: Flags, command: Command) => {
      await testSystem(system, flags, outputOf(globalOptions(command)));
    });
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("a whole number from 1");
  return number;
}

async function testSystem(name: string, flags: Flags, output: Output): Promise<void> {
  const samples = flags.writes === undefined ? null : readSamples(flags.writes);
  const loaded = await loadProject(output, []);
  if (loaded === null) return;
  const { project, close } = loaded;
  try {
    refuseUnknown("system", [name], [...project.systems.keys()]);
    const parts = project.systems.get(name);
    if (parts === undefined) return;
    refuseUnknown("object", flags.object, parts.connector.objects, `connector ${parts.connector.name}`);
    if (samples !== null) {
      refuseUnknown("object", [...samples.keys()], parts.connector.objects, `connector ${parts.connector.name}`);
      refuseOutsideSandbox(parts);
    }
    const system = await openAccount(parts, project);
    try {
      const objects = flags.object.length === 0 ? parts.connector.objects : flags.object;
      report(parts, await checkObjects(system, objects, flags, samples), output);
    } finally {
      await system.close();
    }
  } finally {
    await close();
  }
}

function refuseOutsideSandbox({ name, sandbox }: ProjectSystem): void {
  if (sandbox) return;
  throw new UsageError(
    `--writes makes and deletes records, and ${name} is not marked as a sandbox: write sandbox: true at the system in the config, if it is one`,
  );
}

async function checkObjects(
  system: System,
  names: readonly string[],
  { records }: Flags,
  samples: ReadonlyMap<string, Sample> | null,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const name of names) {
    const sample = samples?.get(name);
    // What the sample writes is asked for, where a request can say which fields it wants.
    const wanted = Object.keys({ ...sample?.create, ...sample?.update });
    const object = system.object(name, wanted);
    checks.push(...(await checkReading(object, { recordsMax: records })));
    if (sample === undefined) continue;
    const tools = { unique: randomBytes(4).toString("hex"), sleep: (ms: number) => wait(ms) };
    checks.push(...(await checkWriting(object, sample, tools)));
  }
  return checks;
}

/** `OBJECT: { create: { … }, update: { … } }`, fields by the names that mappings use. */
function readSamples(file: string): ReadonlyMap<string, Sample> {
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}`);
  const found: unknown = parse(readFileSync(file, "utf8"));
  if (!isFields(found as Value)) throw new UsageError(`${file}: expected OBJECT: { create: { … }, update: { … } }`);
  const samples = new Map<string, Sample>();
  for (const [object, sample] of Object.entries(found as Fields)) {
    const { create, update = {} } = isFields(sample) ? sample : {};
    if (create === undefined || !isFields(create) || !isFields(update))
      throw new UsageError(`${file}: ${object} needs create: { … }, and may have update: { … }`);
    samples.set(object, { create, update });
  }
  return samples;
}

const MARKS: Readonly<Record<Check["outcome"], string>> = { passed: "ok  ", failed: "FAIL", "not-applicable": "–   " };

function report({ name, connector }: ProjectSystem, checks: readonly Check[], output: Output): void {
  const of = (outcome: Check["outcome"]): number => checks.filter((check) => check.outcome === outcome).length;
  const figures = { passed: of("passed"), failed: of("failed"), notApplicable: of("not-applicable") };
  const lines = checks.map((check) => `${MARKS[check.outcome]}  ${check.object}: ${check.name} (${check.why})`);
  const sum = `${String(figures.passed)} passed, ${String(figures.failed)} failed, ${String(figures.notApplicable)} not applicable`;
  output.result({ system: name, connector: connector.name, ...figures, checks }, [...lines, "", sum].join("\n"));
  process.exitCode = figures.failed === 0 ? EXIT.done : EXIT.failed;
}
