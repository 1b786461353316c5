// Whether a path into an answer is one that the query asks for.

import { Kind, type FragmentDefinitionNode, type SelectionSetNode } from "graphql";
import { parsePath, pathText, type Path } from "../../../core/path.ts";
import { didYouMean, problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import type { Query } from "./query.ts";

/** Names below a selection; null: a leaf, whose value may hold anything. */
type Asked = ReadonlyMap<string, SelectionSetNode | null>;

/** Checks paths of the connector file that lead into the answer's `data`. */
export function checkAnswerPath(query: Query, text: unknown, at: KeyPath, problems: Problem[]): void {
  const path = typeof text === "string" ? parsePath(text) : null;
  if (path === null || path.length === 0) return;
  const [top, ...rest] = path;
  if (top === "extensions" || top === "errors") return;
  if (top !== "data") {
    problems.push(
      problem("E_QUERY_PATH", at, "an answer's paths begin with data, extensions or errors", {
        found: pathText(path),
        expected: `data.${pathText(path)}`,
        hint: `did you mean "data.${pathText(path)}"?`,
      }),
    );
    return;
  }
  checkSelected(query, query.definition.selectionSet, rest, at, { code: "E_QUERY_PATH", problems });
}

interface Told {
  readonly code: "E_QUERY_PATH" | "W_QUERY_FIELD";
  readonly problems: Problem[];
}

/** Checks paths below one item of the answer. @param items Path of the list, or of the one item. */
export function checkItemPath(
  query: Query,
  items: unknown,
  text: unknown,
  at: KeyPath,
  { code, problems }: Told,
): void {
  const start = typeof items === "string" ? parsePath(items) : null;
  const path = typeof text === "string" ? parsePath(text) : null;
  if (start === null || path === null || start[0] !== "data") return;
  const set = selectionAt(query, query.definition.selectionSet, start.slice(1));
  if (set !== null) checkSelected(query, set, path, at, { code, problems });
}

function checkSelected(query: Query, set: SelectionSetNode, path: Path, at: KeyPath, { code, problems }: Told): void {
  let here: SelectionSetNode | null = set;
  const passed: (string | number)[] = [];
  for (const step of path) {
    if (here === null) return;
    if (typeof step === "number") continue;
    const asked: Asked = askedIn(query, here);
    const next: SelectionSetNode | null | undefined = asked.get(step);
    if (next === undefined) {
      const names = [...asked.keys()];
      const hint = didYouMean(step, names) ?? `ask for ${step} in the query`;
      const where = passed.length === 0 ? "" : ` in ${pathText(passed)}`;
      problems.push(
        problem(code, at, `the query does not ask for "${step}"${where}`, {
          found: pathText(path),
          expected: names.join(", "),
          hint,
        }),
      );
      return;
    }
    passed.push(step);
    here = next;
  }
}

/** What is selected at a path; null: nothing, or a leaf. */
function selectionAt(query: Query, set: SelectionSetNode, path: Path): SelectionSetNode | null {
  let here: SelectionSetNode | null = set;
  for (const step of path) {
    if (here === null) return null;
    if (typeof step === "string") here = askedIn(query, here).get(step) ?? null;
  }
  return here;
}

/** Fields by the name they are answered with, fragments put in. */
function askedIn({ document }: Query, set: SelectionSetNode): Asked {
  const fragments = new Map(
    document.definitions
      .filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment.selectionSet]),
  );
  const asked = new Map<string, SelectionSetNode | null>([["__typename", null]]);
  const collect = (from: SelectionSetNode): void => {
    for (const selection of from.selections) {
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        asked.set(name, merged(asked.get(name), selection.selectionSet));
      } else {
        const inner =
          selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : fragments.get(selection.name.value);
        if (inner !== undefined) collect(inner);
      }
    }
  };
  collect(set);
  return asked;
}

/** One name selected in several fragments answers with all of what they select. */
function merged(
  known: SelectionSetNode | null | undefined,
  more: SelectionSetNode | undefined,
): SelectionSetNode | null {
  if (known === undefined || known === null) return more ?? null;
  return more === undefined ? known : { ...known, selections: [...known.selections, ...more.selections] };
}
