// Which problems concern which pairs: a pair is kept from running by its own files, and not by another's.

import type { LocatedProblem } from "../core/problem.ts";
import { systemOf } from "./config.ts";
import type { Project } from "./project.ts";

/** The problems of the files that these pairs are made of; of the config, those of their systems and of the file as a whole. */
export function problemsOfPairs(project: Project, names: readonly string[]): readonly LocatedProblem[] {
  const pairs = project.pairs.filter(({ pair }) => names.includes(pair));
  const files = new Set(pairs.flatMap((pair) => pair.files));
  const systems = new Set(pairs.flatMap((pair) => pair.systems));
  return project.problems.filter((each) => {
    if (!files.has(each.file)) return false;
    const system = each.file === project.file ? systemOf(each.path) : null;
    return system === null || systems.has(system);
  });
}
