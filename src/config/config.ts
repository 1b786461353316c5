// config/syncline.yaml and the environment become a Config, once. Every problem is collected. What is wrong with one system
// stays with that system: the others can still be used.

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";

import { isError, problem, type KeyPath, type LocatedProblem, type Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { Secret } from "../connector/secret.ts";
import { isNotThere } from "./absence.ts";
import type { ListenAddress } from "./address.ts";
import { readEnvironment, shieldReferences, type Environment } from "./environment.ts";
import { configFileSchema, systemSchema, type ConfigFile, type LogLevel, type SystemPart } from "./file.ts";
import { modelineProblems } from "./modeline.ts";
import { readShape, withoutQuotes } from "./schema-problems.ts";
import { readSecret, type SecretPlace } from "./secrets.ts";
import { keyFromEnvironment } from "./token-key.ts";
import { unshield } from "./shield.ts";
import {
  readAdmin,
  readDatabase,
  readHooks,
  readNotices,
  readTraces,
  reportSamePort,
  type AdminToken,
  type DatabaseChoice,
  type NoticeConfig,
  type TracesConfig,
} from "./settings.ts";
import { isYamlFile, locateProblems, missingFile, readYaml, type YamlFile } from "./yaml-file.ts";

export interface SystemConfig {
  readonly name: string;
  readonly connector: string;
  readonly settings: Readonly<Record<string, Value>>;
  /** Those that are there. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Names of all that the file gives it, there or not. */
  readonly secretNames: readonly string[];
  readonly limits: Readonly<Record<string, string>>;
  readonly allowPrivate: boolean;
  readonly sandbox: boolean;
}

export interface Config {
  /** As named to people. */
  readonly file: string;
  readonly database: DatabaseChoice;
  /** Absolute, as all folders here. */
  readonly dataDir: string;
  /** What tokens are sealed with; null: the key file in dataDir. */
  readonly key: Secret | null;
  readonly mappings: readonly string[];
  readonly connectors: readonly string[];
  readonly admin: { readonly listen: ListenAddress; readonly tokens: readonly AdminToken[] };
  readonly hooks: { readonly listen: ListenAddress };
  readonly notify: readonly NoticeConfig[];
  /** Null: no traces. */
  readonly traces: TracesConfig | null;
  readonly log: { readonly level: LogLevel; readonly format: "json" | "pretty" };
  /** Those whose block has no error. */
  readonly systems: ReadonlyMap<string, SystemConfig>;
}

export interface ConfigRead {
  /** Null: something is wrong beside single systems, so that nothing can be started. */
  readonly config: Config | null;
  readonly problems: readonly LocatedProblem[];
  /** Of every system in the file, broken ones too; null: the file cannot be read. */
  readonly systemNames: readonly string[] | null;
  /** Systems of the right shape, whatever else is wrong with them or the file. */
  readonly systems: ReadonlyMap<string, SystemConfig>;
  /** Systems with an error. */
  readonly broken: ReadonlySet<string>;
  /** Folders that are there, absolute. */
  readonly folders: Folders;
  readonly yaml: YamlFile;
}

interface Folders {
  readonly mappings: readonly string[];
  readonly connectors: readonly string[];
}

export interface ConfigOptions {
  readonly missingSecrets: "error" | "warning";
}

/** A path as people are told it: from where they are, when it is below. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  if (near === "") return ".";
  return near.startsWith("..") ? path : near;
}

export function readConfig(path: string, environment: Environment, options: ConfigOptions): ConfigRead {
  const file = resolve(path);
  const shown = shownPath(file);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return unread(missingFile(shown, unreadableConfig(shown, error)), file);
  }
  const yaml = readYaml(bytes, shown, shieldReferences);
  if (!yaml.readable) return unread(yaml, file);

  const problems: Problem[] = [...modelineProblems(bytes, "config")];
  const report = (each: Problem): void => void problems.push(each);
  const written = unshield(yaml.value);
  const variables = readEnvironment(written, environment, yaml.isPlain);
  const found = entriesOf(variables.value);
  const shape = readShape(configFileSchema, variables.value, written);
  // What is wrong in one part leaves the rest to be checked.
  const wrong = new Set(shape.problems.map(({ path }) => path[0]));
  const sound = Object.entries(found).filter(([key]) => !wrong.has(key));
  const rest = readShape(configFileSchema, { ...Object.fromEntries(sound), systems: {} });
  variables.problems.forEach(report);
  // What is missing from the environment is told once, and not again for the nothing that stands in its place.
  shape.problems.filter((each) => !isToldAt(each.path, variables.problems)).forEach(report);

  const place: SecretPlace = { environment, folder: dirname(file), absence: options.missingSecrets };
  const folders: Folders = {
    mappings: readFolders(found["mappings"], "mappings", place.folder, report),
    connectors: readFolders(found["connectors"], "connectors", place.folder, report),
  };
  const systems = readSystems(entriesOf(found["systems"]), place, report);
  const itself = rest.value === null ? null : compileOwn(rest.value, { shown, place, written }, report);

  const errors = [...yaml.problems, ...problems].filter(isError).map((each) => systemOf(each.path));
  const broken = new Set(errors.filter((name) => name !== null));
  const usable = new Map([...systems].filter(([name]) => !broken.has(name)));
  return {
    config: itself === null || errors.includes(null) ? null : { ...itself, ...folders, systems: usable },
    problems: [...yaml.problems, ...locateProblems(problems, yaml)].map(safe),
    systemNames: Object.keys(entriesOf(found["systems"])),
    systems,
    broken,
    folders,
    yaml,
  };
}

export function isToldAt(path: KeyPath, problems: readonly Problem[]): boolean {
  return problems.some((each) => isError(each) && each.path.join("\n") === path.join("\n"));
}

/** The other files are still read, where they usually lie. */
function unread(yaml: YamlFile, file: string): ConfigRead {
  const ignore = (): void => undefined;
  const folders = {
    mappings: readFolders(undefined, "mappings", dirname(file), ignore),
    connectors: readFolders(undefined, "connectors", dirname(file), ignore),
  };
  const nothing = { config: null, systemNames: null, systems: new Map(), broken: new Set<string>() };
  return { ...nothing, problems: yaml.problems, folders, yaml };
}

function unreadableConfig(shown: string, error: unknown): Problem {
  return isNotThere(error)
    ? problem("E_FILE_MISSING", [], `there is no file ${shown}`, {
        hint: "`syncline init` makes a project; --config FILE names another file",
      })
    : problem("E_FILE_UNREADABLE", [], `${shown} cannot be read`, { hint: "check its permissions" });
}

/** The system that a problem belongs to; null: the file as a whole. */
export function systemOf(path: KeyPath): string | null {
  const [top, name] = path;
  return top === "systems" && typeof name === "string" ? name : null;
}

function entriesOf(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Nothing is quoted from a place where a secret may stand, by whatever mistake. */
function safe<T extends Problem>(each: T): T {
  const { path } = each;
  const inToken = path.includes("tokens") && path.at(-1) !== "role" && path.at(-1) !== "name";
  const inTraces = path[0] === "traces" && path[1] !== "sample" && path[1] !== "service";
  const hidden = inToken || inTraces || path.includes("secrets") || path[0] === "notify" || path[0] === "database";
  return hidden && each.found !== null ? withoutQuotes(each) : each;
}

interface Reading {
  readonly shown: string;
  readonly place: SecretPlace;
  readonly written: unknown;
}

/** All but the folders and the systems. */
function compileOwn(
  file: ConfigFile,
  { shown, place, written }: Reading,
  report: (problem: Problem) => void,
): Omit<Config, "mappings" | "connectors" | "systems"> | null {
  const database = readDatabase(file, written, place, report);
  const admin = readAdmin(file, place, report);
  const hooks = readHooks(file, report);
  const notify = readNotices(file, place, report);
  const traces = readTraces(file, place, report);
  reportSamePort(admin?.listen ?? null, hooks, report);
  if (database === null || admin === null || hooks === null) return null;
  return {
    file: shown,
    database,
    dataDir: resolve(place.folder, file.data_dir ?? ".syncline"),
    key: keyFromEnvironment(place.environment, report),
    admin,
    hooks: { listen: hooks },
    notify,
    traces,
    log: { level: file.log?.level ?? "info", format: file.log?.format ?? "json" },
  };
}

/** @param said What the file says, of whatever shape: a wrong one is reported with the shape of the file. */
function readFolders(
  said: unknown,
  key: "mappings" | "connectors",
  folder: string,
  report: (problem: Problem) => void,
): readonly string[] {
  const names = said === undefined ? [`../${key}`] : Array.isArray(said) ? said : [said];
  return names.flatMap((name, index) => {
    if (typeof name !== "string") return [];
    const at = resolve(folder, name);
    if (existsSync(at) && (statSync(at).isDirectory() || isYamlFile(at))) return [at];
    const path = Array.isArray(said) ? [key, index] : [key];
    const message = `there is no folder ${name}`;
    const hint = `paths start at the folder of this file, so this is ${shownPath(at)}`;
    report(problem("E_FILE_MISSING", path, message, { found: name, expected: `the folder of the ${key}`, hint }));
    return [];
  });
}

const SYSTEM_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

function readSystems(
  found: Readonly<Record<string, unknown>>,
  place: SecretPlace,
  report: (problem: Problem) => void,
): ReadonlyMap<string, SystemConfig> {
  const systems = new Map<string, SystemConfig>();
  for (const [name, entry] of Object.entries(found)) {
    const part = systemSchema.safeParse(entry);
    if (part.success) systems.set(name, readSystem(name, part.data, place, report));
  }
  return systems;
}

function readSystem(
  name: string,
  part: SystemPart,
  place: SecretPlace,
  report: (problem: Problem) => void,
): SystemConfig {
  const at: KeyPath = ["systems", name];
  if (!SYSTEM_NAME.test(name)) {
    const expected = "letters, digits, `-`, `_` and `.`, at most 63: it stands in addresses and metrics";
    report(problem("E_TYPE", at, `"${name}" cannot be the name of a system`, { on: "key", found: name, expected }));
  }
  const secrets = new Map<string, Secret>();
  for (const [secretName, secretPart] of Object.entries(part.secrets ?? {})) {
    const read = readSecret(secretPart, `${name}.${secretName}`, [...at, "secrets", secretName], place);
    read.problems.forEach(report);
    if (read.secret !== null) secrets.set(secretName, read.secret);
  }
  return {
    name,
    connector: part.connector,
    settings: part.settings ?? {},
    secrets,
    secretNames: Object.keys(part.secrets ?? {}),
    limits: part.limits ?? {},
    allowPrivate: part.allow_private ?? false,
    sandbox: part.sandbox ?? false,
  };
}
