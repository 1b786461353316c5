// All the files of a project, read once and held against each other: the config, every connector, every mapping. Every problem
// of every file is collected. A file that is wrong makes the pairs that need it unusable, and no others.

import { basename, extname } from "node:path";

import type { ExpressionCompiler } from "../core/expression.ts";
import type { Instant } from "../core/ids.ts";
import { didYouMean, isError, problem, type KeyPath, type LocatedProblem, type Problem } from "../core/problem.ts";
import type { Connector } from "../connector/compile.ts";
import type { Webhooks } from "../connector/webhook/webhooks.ts";
import type { CompiledMapping } from "../mapping/compile.ts";
import { mappingFileSchema, type MappingFile } from "../mapping/file.ts";
import { checkLaws, type CompiledRule, type LawFinding, type LawReport } from "../mapping/law-check.ts";
import type { Mapping } from "../mapping/mapping.ts";
import { compileMappingFile, readMappingFile } from "../mapping/read-file.ts";
import { isToldAt, readConfig, type Config, type ConfigOptions, type ConfigRead, type SystemConfig } from "./config.ts";
import { readConnectors, type ProjectConnector } from "./connectors.ts";
import type { Environment } from "./environment.ts";
import { mappingFiles, readFiles, type ShapedFile } from "./folder.ts";
import { gapsOf, type Gap } from "./gaps.ts";
import { checkPair, type PairWorld } from "./pair.ts";
import { withMends } from "./schema-problems.ts";
import { locateProblems, type YamlFile } from "./yaml-file.ts";

export interface ProjectTools extends ConfigOptions {
  readonly expressions: ExpressionCompiler;
}

/** One account whose files have no error: what the daemon opens. */
export interface ProjectSystem extends Omit<SystemConfig, "connector"> {
  readonly connector: Connector;
  /** Null: the connector has none. */
  readonly webhooks: Webhooks | null;
}

export interface ProjectPair {
  /** Its name; the file's, where the file does not say it. */
  readonly pair: string;
  /** The mapping file, as named to people. */
  readonly file: string;
  /** Names of its systems, as the file says them. */
  readonly systems: readonly string[];
  /** Of its own file, the config and its connectors, as problems name them. */
  readonly files: readonly string[];
  /** What the file says; null: its shape is wrong. */
  readonly part: MappingFile | null;
  /** Where a key path stands in the mapping file. */
  readonly locate: YamlFile["locate"];
  /** Null: there is an error in one of the files it needs. */
  readonly mapping: Mapping | null;
  /** Its rules that could be compiled, and the class of each. */
  readonly rules: readonly CompiledRule[];
  readonly laws: readonly LawFinding[];
}

export interface Project {
  /** Null: something is wrong beside single systems, so that nothing can be started. */
  readonly config: Config | null;
  /** The config file, as named to people. */
  readonly file: string;
  /** Where a key path stands in it. */
  readonly locate: YamlFile["locate"];
  readonly connectors: readonly ProjectConnector[];
  /** Those that can be opened. */
  readonly systems: ReadonlyMap<string, ProjectSystem>;
  readonly pairs: readonly ProjectPair[];
  /** Mappings of the pairs that can run. */
  readonly mappings: readonly Mapping[];
  /** Of all files, by file, line and column. */
  readonly problems: readonly LocatedProblem[];
  readonly gaps: readonly Gap[];
}

/** @param today For the sunset of remote APIs. */
export async function readProject(
  configPath: string,
  environment: Environment,
  today: Instant,
  { expressions, missingSecrets }: ProjectTools,
): Promise<Project> {
  const read = readConfig(configPath, environment, { missingSecrets });
  const connectors = readConnectors(read.folders.connectors, today, expressions);
  const accounts = await checkAccounts(read, connectors);
  const world = pairWorld(read, connectors);

  const first = new Map<string, string>();
  const mappingsRead = readFiles(mappingFiles(read.folders.mappings), "mapping", (found, shown) => {
    const { problems, ...compiled } = compileMappingFile(found, { file: shown, expressions });
    const part = readMappingFile(found).file;
    return { value: { part, ...compiled }, problems: withMends(problems, mappingFileSchema, found) };
  });
  const laws = await Promise.all(mappingsRead.map(({ value }) => lawsOf(value)));
  const readPairs = mappingsRead.map((file, index) => readPair(file, laws[index] ?? NO_LAWS, world, first));
  const pairs = readPairs.map(({ pair }) => {
    const usable = read.config !== null && pair.systems.every((name) => accounts.systems.has(name));
    const files = pair.systems.flatMap((name) => connectorOf(read.systems.get(name), connectors)?.file ?? []);
    return { ...pair, files: [pair.file, read.yaml.file, ...files], mapping: usable ? pair.mapping : null };
  });

  const ofConfig = [
    ...accounts.problems,
    ...reportUnused(read, readPairs),
    ...reportDeafHooks(accounts.systems, pairs, connectors),
  ];
  return {
    config: read.config,
    file: read.yaml.file,
    locate: read.yaml.locate,
    connectors,
    systems: accounts.systems,
    pairs,
    mappings: pairs.flatMap(({ mapping }) => mapping ?? []),
    problems: inOrder([
      ...read.problems,
      ...locateProblems(ofConfig, read.yaml),
      ...connectors.flatMap(({ problems }) => problems),
      ...readPairs.flatMap(({ problems }) => problems),
    ]),
    gaps: readPairs.flatMap(({ pair: { mapping } }) =>
      mapping === null
        ? []
        : gapsOf(mapping, (name) => connectorOf(read.systems.get(name), connectors)?.connector ?? null),
    ),
  };
}

function connectorOf(
  system: SystemConfig | undefined,
  connectors: readonly ProjectConnector[],
): ProjectConnector | null {
  return system === undefined ? null : (connectors.find(({ name }) => name === system.connector) ?? null);
}

interface Accounts {
  readonly systems: ReadonlyMap<string, ProjectSystem>;
  /** With paths in the config. */
  readonly problems: readonly Problem[];
}

/** The accounts of the config held against their connectors. */
async function checkAccounts(read: ConfigRead, connectors: readonly ProjectConnector[]): Promise<Accounts> {
  const systems = new Map<string, ProjectSystem>();
  const problems: Problem[] = [];
  for (const [name, system] of read.systems) {
    const at: KeyPath = ["systems", name];
    const found = connectorOf(system, connectors);
    if (found === null) problems.push(unknownConnector(system.connector, [...at, "connector"], connectors));
    if (found === null || found.connector === null) continue; // a broken connector's own file says why
    const { settings, secretNames, limits, allowPrivate } = system;
    const told = await found.connector.checkAccount({ settings, secrets: secretNames, limits, allowPrivate });
    const placed = told.map((each) => ({ ...each, path: [...at, ...each.path] }));
    problems.push(...placed.filter(({ path }) => !isToldAt(path, read.problems)));
    if (read.broken.has(name) || told.some(isError)) continue;
    systems.set(name, { ...system, connector: found.connector, webhooks: found.webhooks });
  }
  return { systems, problems };
}

function unknownConnector(found: string, path: KeyPath, connectors: readonly ProjectConnector[]): Problem {
  const known = connectors.flatMap(({ name }) => name ?? []);
  return problem("E_CONNECTOR_UNKNOWN", path, `there is no connector "${found}"`, {
    found,
    expected: known.length === 0 ? "the name of a file in the connectors folder" : known.join(", "),
    hint: didYouMean(found, known) ?? `put a file ${found}.yaml into the connectors folder`,
  });
}

function pairWorld(read: ConfigRead, connectors: readonly ProjectConnector[]): PairWorld {
  return {
    systemNames: read.systemNames,
    sideOf: (name) => {
      const found = connectorOf(read.systems.get(name), connectors);
      if (found === null) return null;
      return { part: found.part, capabilities: (object) => found.connector?.capabilities(object) ?? null };
    },
  };
}

interface PairRead {
  /** Its mapping is null when its own file has an error. */
  readonly pair: Omit<ProjectPair, "files">;
  readonly problems: readonly LocatedProblem[];
}

interface MappingRead extends Omit<CompiledMapping, "problems"> {
  /** Null: the shape is wrong. */
  readonly part: MappingFile | null;
}

const NO_LAWS: LawReport = { findings: [], problems: [] };

async function lawsOf(read: MappingRead | null): Promise<LawReport> {
  return read === null || read.names === null ? NO_LAWS : checkLaws(read.rules, read.names);
}

/** @param first Pair names and the files that had them first; added to. */
function readPair(
  file: ShapedFile<MappingRead>,
  laws: LawReport,
  world: PairWorld,
  first: Map<string, string>,
): PairRead {
  const { value, shown, yaml } = file;
  const said = stringAt(yaml.value, "pair");
  const found: Problem[] = value === null || value.part === null ? [] : [...checkPair(value.part, world)];
  found.push(...laws.problems);
  const other = said === null ? undefined : first.get(said);
  if (said !== null && other !== undefined) {
    const message = `the pair of ${other} is called "${said}", too`;
    found.push(problem("E_DUPLICATE", ["pair"], message, { found: said, hint: "give it a name of its own" }));
  } else if (said !== null) first.set(said, shown);
  const problems = [...file.problems, ...locateProblems(found, yaml)];
  const pair = {
    pair: said ?? basename(shown, extname(shown)),
    file: shown,
    systems: systemsIn(yaml.value),
    part: value?.part ?? null,
    locate: yaml.locate,
    mapping: problems.some(isError) ? null : (value?.mapping ?? null),
    rules: value?.rules ?? [],
    laws: laws.findings,
  };
  return { pair, problems };
}

function entryAt(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function stringAt(value: unknown, key: string): string | null {
  const found = entryAt(value, key);
  return typeof found === "string" ? found : null;
}

/** The systems of a file of whatever shape. */
function systemsIn(value: unknown): readonly string[] {
  const sides = entryAt(value, "sides");
  if (typeof sides !== "object" || sides === null) return [];
  return Object.values(sides).filter((system) => typeof system === "string");
}

function reportUnused(read: ConfigRead, pairs: readonly PairRead[]): readonly Problem[] {
  // Told already, and the cause of it: no folder, or a file whose systems cannot be read.
  if (read.folders.mappings.length === 0 || pairs.some(({ pair }) => pair.systems.length < 2)) return [];
  const used = new Set(pairs.flatMap(({ pair }) => pair.systems));
  const hint = "name it in a mapping, or remove it";
  return (read.systemNames ?? [])
    .filter((name) => !used.has(name))
    .map((name) =>
      problem("W_UNUSED", ["systems", name], `no mapping names the system "${name}"`, { on: "key", hint }),
    );
}

/** Systems whose webhooks a pair waits for, and which lack the secret that tells them from anybody's. */
function reportDeafHooks(
  systems: ReadonlyMap<string, ProjectSystem>,
  pairs: readonly ProjectPair[],
  connectors: readonly ProjectConnector[],
): readonly Problem[] {
  const waiting = pairs.filter(({ mapping }) => mapping?.schedule.webhooks === true);
  const heard = new Set(waiting.flatMap((pair) => pair.systems));
  return [...systems.values()].flatMap(({ name, webhooks, connector, secretNames }) => {
    if (webhooks === null || !heard.has(name)) return [];
    const signing = connectors.find((each) => each.connector === connector)?.webhookSecrets ?? [];
    if (signing.some((secret) => secretNames.includes(secret))) return [];
    const message = `webhooks of ${name} cannot be believed without their secret, so all are refused`;
    const hint = `give it ${signing.join(" or ")} under secrets, or say webhooks: false in the schedule of the mapping`;
    return [problem("W_WEBHOOK_SECRET", ["systems", name, "secrets"], message, { on: "key", hint })];
  });
}

/** By file, line and column, errors before warnings at one place; told once. */
function inOrder(problems: readonly LocatedProblem[]): readonly LocatedProblem[] {
  const once = new Map<string, LocatedProblem>();
  for (const each of problems) once.set([each.file, each.line, each.column, each.code, each.message].join("\n"), each);
  return [...once.values()].sort(
    (a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column || compareText(a.code, b.code),
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
