// Parents before children: an entity comes after those its `ref` fields and its `after` name, else as in the file.

import { problem, type KeyPath, type Problem } from "../core/problem.ts";

export interface Ordered {
  readonly name: string;
  /** Entities that go first, and where the file says so. A record may name another of its own entity: that orders records, not entities. */
  readonly parents: readonly { readonly entity: string; readonly path: KeyPath }[];
}

export function orderEntities<T extends Ordered>(
  entities: readonly T[],
): { readonly ordered: readonly T[]; readonly problems: readonly Problem[] } {
  const byName = new Map(entities.map((entity) => [entity.name, entity]));
  const problems: Problem[] = [];
  const ordered: T[] = [];
  const done = new Set<string>();
  const open: string[] = [];

  const visit = (entity: T): void => {
    if (done.has(entity.name)) return;
    open.push(entity.name);
    for (const { entity: parentName, path } of entity.parents) {
      const parent = byName.get(parentName);
      if (parent === undefined) continue;
      if (open.includes(parentName))
        problems.push(cycleProblem([...open.slice(open.indexOf(parentName)), parentName], path));
      else visit(parent);
    }
    open.pop();
    done.add(entity.name);
    ordered.push(entity);
  };
  entities.forEach(visit);
  return { ordered, problems };
}

function cycleProblem(names: readonly string[], path: KeyPath): Problem {
  const message = `entities wait for each other: ${names.join(" -> ")}`;
  return problem("E_REF_CYCLE", path, message, {
    hint: "say `optional: true` of a ref that a record need not have from the start, or leave one of them out",
  });
}
