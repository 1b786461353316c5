// The YAML files of a folder, read and held against the shape of their kind.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Problem, LocatedProblem } from "../core/problem.ts";
import { problem } from "../core/problem.ts";
import { shownPath } from "./config.ts";
import { modelineProblems, type FileKind } from "./modeline.ts";
import { shieldExpressions, unshieldExpressions } from "./expression-braces.ts";
import { isYamlFile, isYamlName, locateProblems, missingFile, readYaml, type YamlFile } from "./yaml-file.ts";

export interface ShapedFile<T> {
  /** As named to people. */
  readonly shown: string;
  /** Its folder, absolute. */
  readonly folder: string;
  readonly yaml: YamlFile;
  /** Null: it cannot be read, or its shape is wrong. */
  readonly value: T | null;
  /** Already with their places. */
  readonly problems: readonly LocatedProblem[];
}

/** @param shown The file, as named to people. */
export type ReadShape<T> = (
  found: unknown,
  shown: string,
) => { readonly value: T | null; readonly problems: readonly Problem[] };

export function readFiles<T>(
  files: readonly string[],
  kind: FileKind,
  readShape: ReadShape<T>,
): readonly ShapedFile<T>[] {
  return files.map((file) => readFile(file, kind, readShape));
}

function readFile<T>(file: string, kind: FileKind, readShape: ReadShape<T>): ShapedFile<T> {
  const shown = shownPath(file);
  const folder = dirname(file);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch {
    const unreadable = problem("E_FILE_UNREADABLE", [], `${shown} cannot be read`, { hint: "check its permissions" });
    const yaml = missingFile(shown, unreadable);
    return { shown, folder, yaml, value: null, problems: yaml.problems };
  }
  const yaml = readWithBraces(bytes, shown);
  if (!yaml.readable) return { shown, folder, yaml, value: null, problems: yaml.problems };
  const { value, problems } = readShape(yaml.value, shown);
  const found = locateProblems([...modelineProblems(bytes, kind), ...problems], yaml);
  return { shown, folder, yaml, value, problems: [...yaml.problems, ...found] };
}

function readWithBraces(bytes: Uint8Array, shown: string): YamlFile {
  const plain = readYaml(bytes, shown);
  if (plain.readable) return plain;
  const shielded = readYaml(bytes, shown, shieldExpressions);
  return shielded.readable ? { ...shielded, value: unshieldExpressions(shielded.value) } : plain;
}

/** Mapping files: those that lie in the folders themselves. */
export function mappingFiles(folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) => {
    if (isYamlFile(folder)) return [folder];
    return namesIn(folder)
      .filter(isYamlName)
      .map((name) => join(folder, name));
  });
}

/** Connector files: those that lie in the folders, and `NAME/connector.yaml` one below. */
export function connectorFiles(folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) => {
    if (isYamlFile(folder)) return [folder];
    return namesIn(folder).flatMap((name) => {
      if (isYamlName(name)) return [join(folder, name)];
      const inside = join(folder, name, "connector.yaml");
      return existsSync(inside) ? [inside] : [];
    });
  });
}

function namesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .sort();
}
