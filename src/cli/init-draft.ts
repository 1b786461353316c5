// A mapping drafted for two systems of a project that is there already: `init --left … --right …`, or asked at a terminal.

import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BySide, Instant } from "../core/ids.ts";
import { shownPath } from "../config/config.ts";
import { readProject, type Project } from "../config/project.ts";
import { isYamlFile } from "../config/yaml-file.ts";
import { createExpressionCompiler } from "../expression/compiler.ts";
import { draftText } from "../mapping/suggest/draft-text.ts";
import { suggest } from "../mapping/suggest/suggest.ts";
import { openDialog, processTerminal, type Dialog } from "./ask.ts";
import { EXIT, type Output } from "./output.ts";
import { sampleBoth, type SampledSide } from "./sampling.ts";
import { UsageError } from "./session.ts";
import { remarks } from "./suggest.ts";
import { refuseUnknown } from "./unknown-name.ts";

export interface DraftOptions {
  readonly left?: string;
  readonly right?: string;
  readonly objectLeft?: string;
  readonly objectRight?: string;
}

const SAMPLES = 200;

/** @param config The project's config file. @returns the exit code. */
export async function draftMapping(config: string, options: DraftOptions, output: Output): Promise<number> {
  const expressions = createExpressionCompiler();
  try {
    const today = Date.now() as Instant; // milliseconds since 1970, as an Instant is
    const project = await readProject(config, process.env, today, { expressions, missingSecrets: "error" });
    const [folder] = project.config?.mappings ?? [];
    if (folder === undefined) throw new UsageError(`${project.file} has errors; see: syncline check`);
    const sides = await askedSides(project, options);
    const sampled = await sampleBoth(project, sides, SAMPLES);
    if (!sampled.ok) {
      process.stderr.write(`${sampled.system} could not be read, so nothing was drafted: ${sampled.failure.message}\n`);
      return EXIT.environment;
    }
    const names = sideNames(project, sides);
    const pair = `${names.left}-${names.right}`;
    const file = join(isYamlFile(folder) ? dirname(folder) : folder, `${pair}.yaml`);
    if (existsSync(file)) throw new UsageError(`${shownPath(file)} is there already; nothing was written`);
    const suggestion = suggest(sampled.samples, names, []);
    writeFileSync(
      file,
      mappingText({ pair, names, sides, body: draftText(suggestion, "    "), notes: remarks(suggestion, names) }),
    );
    const next = `${shownPath(file)} was drafted. Read every line of it, then: syncline check ${pair}`;
    output.result({ file: shownPath(file), pair, fields: suggestion.rules.length, joined: suggestion.joined }, next);
    return EXIT.done;
  } finally {
    await expressions.close();
  }
}

async function askedSides(project: Project, options: DraftOptions): Promise<BySide<SampledSide>> {
  const dialog = openDialog(processTerminal());
  try {
    return await sidesFrom(dialog, project, options);
  } finally {
    dialog.close();
  }
}

async function sidesFrom(dialog: Dialog, project: Project, options: DraftOptions): Promise<BySide<SampledSide>> {
  const known = [...project.systems.keys()];
  const left = options.left ?? (await ask(dialog, "The system that is named first", known));
  const right =
    options.right ??
    (await ask(
      dialog,
      "The other system",
      known.filter((name) => name !== left),
    ));
  refuseUnknown("system", [left, right], known);
  if (left === right) throw new UsageError("a pair needs two systems");
  const objectsOf = (name: string): readonly string[] => project.systems.get(name)?.connector.objects ?? [];
  const object = async (system: string, said: string | undefined): Promise<string> => {
    const name = said ?? (await ask(dialog, `The object of ${system}`, objectsOf(system)));
    refuseUnknown("object", [name], objectsOf(system), system);
    return name;
  };
  const sides = { left: { system: left, object: await object(left, options.objectLeft) } };
  return { ...sides, right: { system: right, object: await object(right, options.objectRight) } };
}

/** Without a terminal nobody is asked. */
async function ask(dialog: Dialog, what: string, choices: readonly string[]): Promise<string> {
  const answer = await dialog.ask(what, choices);
  if (answer !== null) return answer;
  throw new UsageError(
    `say --left SYSTEM --right SYSTEM --object-left OBJECT --object-right OBJECT; ${what.toLowerCase()} is one of ${choices.join(", ")}`,
  );
}

/** The kinds of system say more than the names of accounts; two accounts of one kind need their own. */
function sideNames(project: Project, { left, right }: BySide<SampledSide>): BySide<string> {
  const kind = (name: string): string => project.systems.get(name)?.connector.name ?? name;
  const own = (name: string): string => name.replaceAll(/[^A-Za-z0-9_-]/g, "-");
  return kind(left.system) === kind(right.system)
    ? { left: own(left.system), right: own(right.system) }
    : { left: kind(left.system), right: kind(right.system) };
}

interface Drafted {
  readonly pair: string;
  readonly names: BySide<string>;
  readonly sides: BySide<SampledSide>;
  readonly body: string;
  readonly notes: readonly string[];
}

function mappingText({ pair, names, sides, body, notes }: Drafted): string {
  return `# yaml-language-server: $schema=../schema/mapping.json
#
# A draft, made from sampled records: a line that fits the samples may still be wrong. Read every one of them.
${notes.join("\n")}
pair: ${pair}
state: proposed # plans and never writes, until this says active
sides: { ${names.left}: ${sides.left.system}, ${names.right}: ${sides.right.system} }

entities:
  ${sides.left.object}:
    ${names.left}: { object: ${sides.left.object} }
    ${names.right}: { object: ${sides.right.object} }
${body}
`;
}
