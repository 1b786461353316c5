// Statements written in a connector file: `:name` stands for a bound value. What looks like a name inside text in quotes, a
// quoted identifier, a comment or a cast (`::text`) is left alone.

import { didYouMean, problem, type KeyPath, type Problem } from "../../../core/problem.ts";

/** Text, and names of what is bound between, in turns: text, name, text, name, text. */
export interface NamedStatement {
  readonly texts: readonly string[];
  readonly names: readonly string[];
}

const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|\$([A-Za-z_]*)\$[\s\S]*?\$\1\$|::|:=|:([A-Za-z_][A-Za-z0-9_]*)/g;

export function readStatement(text: string): NamedStatement {
  const texts: string[] = [];
  const names: string[] = [];
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    const name = match[2];
    if (name === undefined) continue;
    texts.push(text.slice(from, match.index));
    names.push(name);
    from = match.index + match[0].length;
  }
  texts.push(text.slice(from).replace(/[\s;]+$/, ""));
  return { texts, names };
}

/** @param known Names that may be bound here. */
export function checkStatement(text: string, path: KeyPath, known: readonly string[]): readonly Problem[] {
  const { names, texts } = readStatement(text);
  const problems = [...new Set(names)]
    .filter((name) => !known.includes(name))
    .map((name) => {
      const hint = didYouMean(name, known) ?? "list it under fields";
      return problem("E_SQL_PARAMETER", path, `there is no value called "${name}" for this statement`, {
        found: `:${name}`,
        expected: known.map((each) => `:${each}`).join(", "),
        hint,
      });
    });
  const bare = texts.join("").replace(TOKEN, "");
  if (bare.includes(";"))
    problems.push(
      problem("E_SQL_STATEMENT", path, "this is more than one statement", {
        found: ";",
        expected: "one statement",
        hint: "use a stored procedure",
      }),
    );
  if (bare.includes("{{"))
    problems.push(
      problem("E_SQL_STATEMENT", path, "a statement takes values as :name", {
        found: "{{",
        hint: "write :name; values never become text of a statement",
      }),
    );
  // A question mark would be taken for a bound value, in quotes too; jsonb has functions in place of its operator.
  if (texts.join("").includes("?") || /@p\d|\$\d/.test(bare))
    problems.push(
      problem("E_SQL_STATEMENT", path, "values are bound by name here", {
        found: "?",
        expected: ":name",
        hint: "name each value",
      }),
    );
  return problems;
}
