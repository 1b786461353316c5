// Sampled records of one side as columns: every path that holds a value of its own, with the values in the order of the records.

import { pathText, valueAt, type Path } from "../../core/path.ts";
import { isFields, isList, type Fields, type Value } from "../../core/value.ts";

export interface Column {
  readonly path: Path;
  /** As a mapping names it. */
  readonly text: string;
  /** By record; undefined: it has none, or an empty one. */
  readonly values: readonly (Value | undefined)[];
  readonly present: number;
  /** Different values among those present. */
  readonly distinct: number;
  /** It is the record's own id. */
  readonly isId: boolean;
}

/** Objects inside objects inside objects are somebody's payload, not fields. */
const DEPTH_MAX = 3;
/** Wider records are compared by their first columns: every pair of columns is looked at. */
const COLUMNS_MAX = 80;

/** @param skipped Paths that the connector itself uses: versions, times of change, marks of deletion. */
export function columnsOf(records: readonly Fields[], idPath: Path, skipped: readonly Path[]): readonly Column[] {
  const paths = new Map<string, Path>();
  for (const record of records) collectPaths(record, [], paths);
  const passed = new Set(skipped.map(pathText));
  const id = pathText(idPath);
  return [...paths]
    .filter(([text]) => !passed.has(text))
    .slice(0, COLUMNS_MAX)
    .map(([text, path]): Column => {
      const values = records.map((record) => filled(valueAt(record, path)));
      const present = values.filter((value) => value !== undefined);
      const distinct = new Set(present.map((value) => JSON.stringify(value))).size;
      return { path, text, values, present: present.length, distinct, isId: text === id };
    })
    .filter(({ present }) => present > 0);
}

function collectPaths(fields: Fields, above: Path, paths: Map<string, Path>): void {
  for (const [name, value] of Object.entries(fields)) {
    const path = [...above, name];
    if (isFields(value) && path.length < DEPTH_MAX) collectPaths(value, path, paths);
    else if (!isFields(value)) paths.set(pathText(path), path);
  }
}

function filled(value: Value | undefined): Value | undefined {
  if (value === null || value === "" || (isList(value) && value.length === 0)) return undefined;
  return value;
}
