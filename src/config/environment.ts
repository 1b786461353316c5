// `${NAME}` and `${NAME:-default}` in a config file. A variable that is empty counts as missing, as in a shell. What comes out
// of the environment is text and is not looked into again.

import { didYouMean, problem, type KeyPath, type Problem } from "../core/problem.ts";
import { shield } from "./shield.ts";

/** What is passed in for process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\{([^{}\n]*)\}/g;
const NAME_AND_DEFAULT = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/;

/** The text with its references shielded from YAML; the length and every place stay the same. */
export function shieldReferences(text: string): string {
  return shield(text, REFERENCE);
}

export interface EnvironmentRead {
  /** The value with every reference replaced; a missing one by nothing, and reported. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Values that came from the environment: they may be secrets, so no message shows them. */
  readonly taken: readonly string[];
}

/** @param isPlain Whether the text at a path stands without quotes: then `true` and `false` are what they look like. */
export function readEnvironment(
  written: unknown,
  environment: Environment,
  isPlain: (path: KeyPath) => boolean,
): EnvironmentRead {
  const problems: Problem[] = [];
  const taken: string[] = [];
  const value = mapStrings(written, [], (text, path) => {
    if (!text.includes("${")) return text;
    const replaced = text.replace(REFERENCE, (reference, inner: string) => {
      const [, name, standard] = NAME_AND_DEFAULT.exec(inner) ?? [];
      if (name === undefined) {
        problems.push(malformed(reference, path));
        return "";
      }
      const found = environment[name];
      if (found !== undefined && found !== "") {
        taken.push(found);
        return found;
      }
      if (standard === undefined) problems.push(missing(name, found, path, environment));
      return standard ?? "";
    });
    if (text.replace(REFERENCE, "").includes("${")) problems.push(malformed("${", path));
    const whole = /^\$\{[^{}\n]*\}$/.test(text) && isPlain(path);
    return whole && (replaced === "true" || replaced === "false") ? replaced === "true" : replaced;
  });
  return { value, problems, taken };
}

function malformed(found: string, path: KeyPath): Problem {
  return problem("E_ENV", path, "this refers to no environment variable", {
    found,
    expected: "${NAME} or ${NAME:-default}, NAME of letters, digits and _",
  });
}

function missing(name: string, found: string | undefined, path: KeyPath, environment: Environment): Problem {
  const near = found === undefined ? didYouMean(name, Object.keys(environment)) : undefined;
  const message = `the environment variable ${name} is ${found === undefined ? "not set" : "empty"}`;
  return problem("E_ENV", path, message, {
    found: `\${${name}}`,
    hint: near ?? `set ${name}, or write a default: \${${name}:-default}`,
  });
}

/** The value with every text in it changed; keys stay. */
export function mapStrings(value: unknown, path: KeyPath, change: (text: string, path: KeyPath) => unknown): unknown {
  if (typeof value === "string") return change(value, path);
  if (Array.isArray(value)) return value.map((entry, index) => mapStrings(entry, [...path, index], change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, mapStrings(entry, [...path, key], change)]),
  );
}
