// `syncline connector probe SYSTEM --sandbox`: tries what a connector file claims on an account made for trying, and prints what
// the file should say instead.
//
// --json: { system, objects: [{ object, findings: [{ tried, measured, verdict, patch }], left: [id] }], patch: text }

import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { stringify } from "yaml";
import { parseJson, JsonError } from "../core/json.ts";
import { isFields, type Fields, type Value } from "../core/value.ts";
import type { System } from "../connector/contract.ts";
import type { Finding } from "../connector/probe/finding.ts";
import { probeObject, type ProbeReport } from "../connector/probe/probe.ts";
import { sampleOf } from "../connector/probe/sample.ts";
import type { ProjectSystem } from "../config/project.ts";
import { openAccount } from "./account.ts";
import { EXIT, globalOptions, outputOf, type Output } from "./output.ts";
import { loadProject } from "./project.ts";
import { unknownName } from "./unknown-name.ts";
import { UsageError } from "./usage-error.ts";

interface Flags {
  readonly sandbox?: boolean;
  readonly object: readonly string[];
  readonly record?: string;
}

type ObjectReport = ProbeReport & { readonly object: string };

export function registerProbe(connector: Command): void {
  connector
    .command("probe")
    .argument("<system>", "a system whose config says sandbox: true")
    .description("makes, finds, changes and deletes a record to measure what the connector file claims")
    .option("--sandbox", "yes, this account may be written to")
    .option(
      "--object <name>",
      "only this object; may be said several times",
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option("--record <json>", "what to create; default: a copy of a record that is there")
    .action(async (name: string, flags: Flags, command: Command) => {
      const output = outputOf(globalOptions(command));
      const loaded = await loadProject(output, []);
      if (loaded === null) return;
      try {
        const { project } = loaded;
        const parts = project.systems.get(name);
        if (parts === undefined) throw unknownName("system", name, [...project.systems.keys()]);
        if (flags.sandbox !== true || project.config?.systems.get(name)?.sandbox !== true)
          throw new UsageError(
            `a probe writes to ${name} and deletes what it wrote: say sandbox: true of it in the config, and --sandbox here`,
          );
        const system = await openAccount(parts, project);
        try {
          await probe(system, parts, flags, output);
        } finally {
          await system.close();
        }
      } finally {
        await loaded.close();
      }
    });
}

async function probe(system: System, parts: ProjectSystem, flags: Flags, output: Output): Promise<void> {
  const { connector } = parts;
  const can = (name: string): boolean => (connector.capabilities(name)?.create ?? null) !== null;
  const names = flags.object.length > 0 ? flags.object : connector.objects.filter(can);
  for (const name of names) if (!connector.objects.includes(name)) throw unknownName("object", name, connector.objects);
  if (names.length === 0)
    throw new UsageError(`no object of ${parts.name} can be created, so there is nothing to probe`);
  const reports: ObjectReport[] = [];
  for (const name of names) {
    const object = system.object(name, Object.keys(connector.file.objects[name]?.fields ?? {}));
    const like = flags.record === undefined ? await firstRecord(object) : recordOf(flags.record);
    if (like === null) {
      // What was found out about the others, and what was left there, has to be told all the same.
      reports.push({ object: name, findings: [nothingToCopy(name)], left: [] });
      continue;
    }
    const mark = randomBytes(5).toString("hex");
    const report = await probeObject({
      file: connector.file,
      object,
      sample: sampleOf(connector.file, name, like, mark),
      key: () => `probe-${randomBytes(12).toString("hex")}`,
      progress: (what) => {
        if (!output.options.quiet) process.stderr.write(`${name}: ${what}\n`);
      },
    });
    reports.push({ object: name, ...report });
  }
  if (reports.every(({ findings }) => findings.every(({ verdict }) => verdict === "not-tried")))
    throw new UsageError(
      `${parts.name} has no ${names.join(", ")} to copy; say what to create with --object NAME --record JSON`,
    );
  const patch = patchText(reports);
  output.result({ system: parts.name, objects: reports.map(jsonOf), patch }, reportText(reports, patch));
  const isClean = reports.every(
    ({ findings, left }) => left.length === 0 && findings.every(({ verdict }) => verdict !== "differs"),
  );
  process.exitCode = isClean ? EXIT.done : EXIT.failed;
}

function nothingToCopy(name: string): Finding {
  const measured = `there is none to copy; say what to create with --object ${name} --record JSON`;
  return { tried: "a probe", measured, verdict: "not-tried", patch: null };
}

async function firstRecord(object: ReturnType<System["object"]>): Promise<Fields | null> {
  if (!object.capabilities.list) return null;
  for await (const page of object.list()) {
    if (!page.ok) throw new UsageError(`the list of ${object.name} could not be read: ${page.failure.message}`);
    const found = page.value.records.find(({ deleted }) => !deleted);
    if (found !== undefined) return found.fields;
  }
  return null;
}

function recordOf(text: string): Fields {
  try {
    const value = parseJson(text);
    if (isFields(value)) return value;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
  }
  throw new UsageError('--record wants a JSON object, as in --record \'{ "name": "Probe" }\'');
}

function jsonOf({ object, findings, left }: ObjectReport): Fields {
  const plain = findings.map(({ tried, measured, verdict, patch }): Fields => ({
    tried,
    measured,
    verdict,
    patch: patch === null ? null : { path: patch.path.map(String), value: patch.value },
  }));
  return { object, findings: plain, left };
}

/** What the file should say, as YAML to put in its place; empty: it says all as it is. */
function patchText(reports: readonly ObjectReport[]): string {
  const objects: Record<string, unknown> = {};
  for (const { object, findings } of reports) {
    for (const { patch } of findings)
      if (patch !== null) put(objects, [object, ...patch.path.map(String)], patch.value);
  }
  return Object.keys(objects).length === 0 ? "" : stringify({ objects });
}

function put(into: Record<string, unknown>, [first, ...rest]: readonly string[], value: Value): void {
  if (first === undefined) return;
  if (rest.length === 0) {
    into[first] = value;
    return;
  }
  const below = into[first];
  const next: Record<string, unknown> = typeof below === "object" && below !== null ? { ...below } : {};
  into[first] = next;
  put(next, rest, value);
}

const MARKS: Readonly<Record<Finding["verdict"], string>> = {
  "as-said": "ok",
  differs: "DIFFERS",
  note: "note",
  "not-tried": "-",
};

function reportText(reports: readonly ObjectReport[], patch: string): string {
  const lines = reports.flatMap(({ object, findings, left }) => [
    object,
    ...findings.map(({ tried, measured, verdict }) => `  ${MARKS[verdict].padEnd(8)}${tried}: ${measured}`),
    ...(left.length === 0 ? [] : [`  LEFT    could not be deleted: ${left.join(", ")}`]),
  ]);
  return patch === ""
    ? lines.join("\n")
    : [...lines, "", "put this into the connector file:", "", patch.trimEnd()].join("\n");
}
