// `syncline suggest PAIR ENTITY`: drafts match rules and field rules from samples of both sides, with the evidence. Reads only.
//
// --json: { pair, entity, samples: { SIDE: n }, joined, match: [{ rule, shared, of, note }],
//   fields: [{ name, rule, evidence: { equal, of, names, note } }], unmatched: { SIDE: [path] }, yaml }

import { resolve } from "node:path";
import type { Command } from "commander";
import { SIDES, type BySide, type Instant } from "../core/ids.ts";
import { valueAt } from "../core/path.ts";
import { isFields, type Fields, type Value } from "../core/value.ts";
import { readFiles } from "../config/folder.ts";
import { readProject, type Project, type ProjectPair } from "../config/project.ts";
import { createExpressionCompiler } from "../expression/compiler.ts";
import { draftText } from "../mapping/suggest/draft-text.ts";
import { idText, type Referred } from "../mapping/suggest/draft-ref.ts";
import { suggest, type Sample, type Suggestion } from "../mapping/suggest/suggest.ts";
import { EXIT, globalOptions, outputOf, type Output } from "./output.ts";
import { sampleBoth, type SampledSide } from "./sampling.ts";
import { UsageError } from "./session.ts";
import { refuseUnknown } from "./unknown-name.ts";

/** Fewer records often share nobody; more take a minute at the usual limits. */
const SAMPLES = 200;
const SAMPLES_MAX = 5000;

export function register(program: Command): void {
  program
    .command("suggest <pair> <entity>")
    .description("drafts field rules and match keys from samples of both sides; reads only")
    .option("--samples <n>", `records read of each side at most; default ${String(SAMPLES)}`)
    .action(async (pair: string, entity: string, { samples }: { readonly samples?: string }, command: Command) => {
      const output = outputOf(globalOptions(command));
      const expressions = createExpressionCompiler();
      try {
        const today = Date.now() as Instant; // milliseconds since 1970, as an Instant is
        const project = await readProject(output.options.config, process.env, today, {
          expressions,
          missingSecrets: "error",
        });
        refuseUnknown(
          "pair",
          [pair],
          project.pairs.map((each) => each.pair),
        );
        const found = project.pairs.find((each) => each.pair === pair);
        if (found === undefined) return;
        process.exitCode = await suggestFor(project, found, { entity, count: samplesOf(samples) }, output);
      } finally {
        await expressions.close();
      }
    });
}

function samplesOf(text: string | undefined): number {
  if (text === undefined) return SAMPLES;
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= SAMPLES_MAX) return count;
  throw new UsageError(`--samples wants a number from 1 to ${String(SAMPLES_MAX)}, not "${text}"`);
}

interface Asked {
  readonly entity: string;
  readonly count: number;
}

async function suggestFor(
  project: Project,
  pair: ProjectPair,
  { entity, count }: Asked,
  output: Output,
): Promise<number> {
  const { names, sides, others } = sidesOf(pair, entity);
  const sampled = await sampleBoth(project, sides, count);
  if (!sampled.ok) {
    process.stderr.write(`${sampled.system} could not be read: ${sampled.failure.message}\n`);
    return EXIT.environment;
  }
  const referred = [
    referredIn(entity, sampled.samples, true),
    ...(await sampleOthers(project, others, count)).map((other) => referredIn(other.entity, other.samples, false)),
  ];
  const suggestion = suggest(sampled.samples, names, referred);
  const yaml = draftText(suggestion, "    ");
  output.result(
    suggestionJson(pair.pair, entity, suggestion, names, yaml),
    [...remarks(suggestion, names), yaml].join("\n"),
  );
  return EXIT.done;
}

interface Sides {
  readonly names: BySide<string>;
  readonly sides: BySide<SampledSide>;
  /** The pair's other entities, as far as the file says their objects: a record may name theirs. */
  readonly others: readonly { readonly entity: string; readonly sides: BySide<SampledSide> }[];
}

/** From the file as it is, however much of it is still missing. */
function sidesOf(pair: ProjectPair, entity: string): Sides {
  const [file] = readFiles([resolve(pair.file)], "mapping", (found) => ({ value: found, problems: [] }));
  const root = fieldsIn(file?.value);
  const [left, right] = Object.entries(fieldsIn(root["sides"]));
  const entities = fieldsIn(root["entities"]);
  refuseUnknown("entity", [entity], Object.keys(entities), `pair ${pair.pair}`);
  if (left === undefined || right === undefined) throw new UsageError(`${pair.file} does not say its two sides`);
  const sideIn = (each: string, [name, system]: readonly [string, Value]): SampledSide | null => {
    const object = fieldsIn(fieldsIn(entities[each])[name])["object"];
    return typeof object === "string" && typeof system === "string" ? { system, object } : null;
  };
  const side = (said: readonly [string, Value]): SampledSide => {
    const found = sideIn(entity, said);
    if (found !== null) return found;
    throw new UsageError(
      `${pair.file} does not say the object of ${said[0]}: ${said[0]}: { object: NAME } below ${entity}`,
    );
  };
  const others = Object.keys(entities).flatMap((each) => {
    const [one, other] = [sideIn(each, left), sideIn(each, right)];
    return each === entity || one === null || other === null
      ? []
      : [{ entity: each, sides: { left: one, right: other } }];
  });
  return {
    names: { left: left[0], right: right[0] },
    sides: { left: side(left), right: side(right) },
    others,
  };
}

/** Those that cannot be read are passed over: without them there is only one suggestion less. */
async function sampleOthers(
  project: Project,
  others: Sides["others"],
  count: number,
): Promise<readonly { readonly entity: string; readonly samples: BySide<Sample> }[]> {
  const known = others.filter(({ sides }) =>
    SIDES.every((side) => project.systems.get(sides[side].system)?.connector.objects.includes(sides[side].object)),
  );
  const found: { entity: string; samples: BySide<Sample> }[] = [];
  for (const { entity, sides } of known) {
    const sampled = await sampleBoth(project, sides, count);
    if (sampled.ok) found.push({ entity, samples: sampled.samples });
  }
  return found;
}

function referredIn(entity: string, samples: BySide<Sample>, self: boolean): Referred {
  const ids = ({ records, id }: Sample): ReadonlySet<string> =>
    new Set(records.flatMap((record) => idText(valueAt(record, id)) ?? []));
  return { entity, ids: { left: ids(samples.left), right: ids(samples.right) }, self };
}

/** What a YAML file holds is JSON. */
function fieldsIn(found: unknown): Fields {
  const value = found as Value | undefined;
  return isFields(value) ? value : {};
}

/** What a person should know before the lines that can be pasted. */
export function remarks({ samples, joined, unmatched }: Suggestion, names: BySide<string>): readonly string[] {
  const lines = [
    `# ${String(samples.left)} records of ${names.left} and ${String(samples.right)} of ${names.right} were read; ${String(joined)} are on both sides.`,
  ];
  for (const side of ["left", "right"] as const) {
    if (unmatched[side].length > 0)
      lines.push(`# Nothing was suggested for these of ${names[side]}: ${unmatched[side].join(", ")}`);
  }
  return lines;
}

function suggestionJson(
  pair: string,
  entity: string,
  suggestion: Suggestion,
  names: BySide<string>,
  yaml: string,
): unknown {
  const { samples, joined, match, rules, unmatched } = suggestion;
  return {
    pair,
    entity,
    samples: { [names.left]: samples.left, [names.right]: samples.right },
    joined,
    match,
    fields: rules,
    unmatched: { [names.left]: unmatched.left, [names.right]: unmatched.right },
    yaml,
  };
}
