// The text of a query: read once, checked without a schema. What is found here is told with its line in the file.

import {
  GraphQLError,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  Kind,
  KnownFragmentNamesRule,
  NoFragmentCyclesRule,
  NoUndefinedVariablesRule,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  OperationTypeNode,
  parse,
  print,
  UniqueFragmentNamesRule,
  UniqueVariableNamesRule,
  validate,
  type DocumentNode,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from "graphql";
import { didYouMean, problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import { withTypenames } from "./typenames.ts";

export interface Query {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  /** As it is sent. */
  readonly text: string;
}

/** Tokens of a query; more is no query that a person wrote. */
const TOKENS_MAX = 10_000;

/** Rules that look at the text alone. */
const RULES = [
  KnownFragmentNamesRule,
  NoFragmentCyclesRule,
  NoUndefinedVariablesRule,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  UniqueFragmentNamesRule,
  UniqueVariableNamesRule,
];

/** `validate` asks for a schema; none of the rules above looks at it. */
const NO_SCHEMA = new GraphQLSchema({
  query: new GraphQLObjectType({ name: "Query", fields: { nothing: { type: GraphQLString } } }),
});

/** @param path Of the request; the text stands at its `query`. */
export function readQuery(text: unknown, path: KeyPath, problems: Problem[]): Query | null {
  const at = [...path, "query"];
  if (typeof text !== "string" || text.trim() === "") {
    problems.push(
      problem("E_QUERY", typeof text === "string" ? at : path, "a GraphQL request needs its query", {
        on: "key",
        expected: "the query's text",
        hint: "add query: | and the text below it",
      }),
    );
    return null;
  }
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: TOKENS_MAX });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    problems.push(located(error, at, { hint: "see the place named" }));
    return null;
  }
  const before = problems.length;
  for (const error of validate(NO_SCHEMA, document, RULES)) problems.push(located(error, at, {}));
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const [definition] = operations;
  if (definition === undefined || operations.length > 1) {
    problems.push(
      problem("E_QUERY", at, `the text holds ${String(operations.length)} operations`, {
        expected: "one query or mutation, and the fragments it uses",
      }),
    );
    return null;
  }
  return problems.length > before ? null : { document, definition, text: print(withTypenames(document)) };
}

function located(error: GraphQLError, path: KeyPath, more: { readonly hint?: string }): Problem {
  const [place] = error.locations ?? [];
  const message = error.message.replace(/\.$/, "");
  const where =
    place === undefined ? "" : ` (line ${String(place.line)}, character ${String(place.column)} of the query)`;
  const told = problem("E_QUERY", path, message + where, more);
  return place === undefined ? told : { ...told, within: { line: place.line, column: place.column } };
}

const READS = new Set(["list", "get", "find", "changes", "next", "deletes", "read", "epoch"]);

/** A write is a mutation, a read is not: a query that is sent again must change nothing. */
export function checkKind({ definition }: Query, path: KeyPath, problems: Problem[]): void {
  const operation = String(path.at(-1));
  const due = READS.has(operation) ? OperationTypeNode.QUERY : OperationTypeNode.MUTATION;
  if (definition.operation === due) return;
  problems.push(
    problem("E_QUERY", [...path, "query"], `${operation} is sent as a ${due}, and this is a ${definition.operation}`, {
      found: definition.operation,
      expected: due,
    }),
  );
}

/** What the query declares is given, and what is given is declared. */
export function checkVariables({ definition }: Query, given: unknown, path: KeyPath, problems: Problem[]): void {
  const names = typeof given === "object" && given !== null ? Object.keys(given) : [];
  const declared = (definition.variableDefinitions ?? []).map(nameOf);
  for (const name of names) {
    if (declared.includes(name)) continue;
    const hint = didYouMean(name, declared) ?? `declare it: ${definition.operation} (… $${name}: String)`;
    problems.push(
      problem("E_QUERY_VARIABLE", [...path, "variables", name], `the query declares no variable "$${name}"`, {
        on: "key",
        found: name,
        expected: declared.length === 0 ? "none" : declared.join(", "),
        hint,
      }),
    );
  }
  for (const variable of definition.variableDefinitions ?? []) {
    const name = nameOf(variable);
    if (names.includes(name) || variable.defaultValue !== undefined) continue;
    const near = didYouMean(
      name,
      names.filter((each) => !declared.includes(each)),
    );
    problems.push(
      problem(
        "E_QUERY_VARIABLE",
        names.length === 0 ? path : [...path, "variables"],
        `the variable "$${name}" of the query is not given`,
        {
          on: "key",
          expected: name,
          hint: near === undefined ? `add variables: { ${name}: "{{ … }}" }` : near.replace("did you mean", "rename"),
        },
      ),
    );
  }
}

function nameOf(variable: VariableDefinitionNode): string {
  return variable.variable.name.value;
}
