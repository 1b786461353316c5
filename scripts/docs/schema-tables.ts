// A JSON Schema as tables of its keys: one section for each object, its keys with what they take, what they mean, and an example.

import { stringify } from "yaml";

export interface JsonSchema {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

export interface Section {
  /** `entities.ENTITY.fields.FIELD`; empty for the whole file. */
  readonly path: string;
  readonly about: string;
  readonly example: string | null;
  readonly rows: readonly Row[];
}

interface Row {
  readonly key: string;
  readonly required: boolean;
  readonly takes: string;
  readonly about: string;
  readonly example: string | null;
}

export interface Walk {
  /** The word for a key of the user's choosing below this one: `entities` gives ENTITY. */
  readonly wordFor: (key: string) => string;
  /** Keys that are described elsewhere, and what they take in words. */
  readonly elsewhere: Readonly<Record<string, string>>;
}

/** Every object in the order of the file; one that was shown already is not shown again. */
export function sectionsOf(schema: JsonSchema, walk: Walk): readonly Section[] {
  const shown = new Set<string>();
  const sections: Section[] = [];
  const visit = (node: JsonSchema, path: readonly string[]): void => {
    for (const branch of branchesOf(node)) {
      const { properties = {} } = branch;
      const names = Object.keys(properties);
      const more = branch.additionalProperties;
      const visitMore = (): void => {
        if (typeof more === "object") visit(more, [...path, walk.wordFor(names.length > 0 ? "" : (path.at(-1) ?? ""))]);
      };
      if (names.length > 0) {
        const text = JSON.stringify(properties);
        if (shown.has(text)) continue;
        shown.add(text);
        sections.push(sectionOf(branch, node, path, walk));
      }
      // What is named by the user comes before what lies deeper.
      visitMore();
      for (const name of names) {
        const below = properties[name];
        if (below !== undefined && walk.elsewhere[name] === undefined) visit(below, [...path, name]);
      }
      if (branch.items !== undefined) visit(branch.items, [...path.slice(0, -1), `${path.at(-1) ?? ""}[]`]);
    }
  };
  visit(schema, []);
  return sections;
}

function branchesOf(schema: JsonSchema): readonly JsonSchema[] {
  const below = schema.anyOf ?? schema.oneOf;
  return below === undefined ? [schema] : below.flatMap(branchesOf);
}

function sectionOf(branch: JsonSchema, whole: JsonSchema, path: readonly string[], walk: Walk): Section {
  // Of several forms each is told by the word that makes it one: `auth` with `scheme: bearer`.
  const [word] = Object.entries(branch.properties ?? {}).filter(([, { const: only }]) => only !== undefined);
  const { about, example } =
    word === undefined || branch.description !== undefined
      ? described(branch === whole || branch.description !== undefined ? branch : whole)
      : NOTHING_SAID;
  const rows = Object.entries(branch.properties ?? {}).map(([key, schema]): Row => ({
    key,
    required: branch.required?.includes(key) ?? false,
    takes: walk.elsewhere[key] ?? takesOf(schema),
    ...described(schema),
  }));
  const form = word === undefined ? "" : `, ${word[0]}: ${String(word[1].const)}`;
  return { path: `${path.join(".")}${form}`, about, example, rows };
}

const NOTHING_SAID = { about: "", example: null };

const EXAMPLE = / ?Example: (.*)$/s;

/** The sentence of a schema, and its example: from `examples`, or from the end of the sentence. */
export function described(schema: JsonSchema): { readonly about: string; readonly example: string | null } {
  const { description = "", examples } = schema;
  const [example] = examples ?? [];
  if (example !== undefined) return { about: description, example: flowText(example) };
  const match = EXAMPLE.exec(description);
  return { about: description.replace(EXAMPLE, ""), example: match?.[1] ?? null };
}

/** A value as it stands in one line of a YAML file. */
function flowText(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: true }).trim();
}

function takesOf(schema: JsonSchema): string {
  return [...new Set(branchesOf(schema).map(takesOfBranch))].join(" or ");
}

function takesOfBranch({
  enum: words,
  const: word,
  type,
  items,
  properties,
  additionalProperties,
}: JsonSchema): string {
  if (word !== undefined) return code(word);
  if (words !== undefined) return words.map(code).join(", ");
  if (type === "array") return items === undefined ? "list" : `list of ${takesOf(items)}`;
  if (type === "object")
    return properties === undefined && typeof additionalProperties === "object" ? "names and values" : "object";
  if (type === undefined) return "any value";
  return [type]
    .flat()
    .map((each) => TYPE_WORDS[each] ?? each)
    .join(" or ");
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  integer: "number",
  boolean: "true, false",
  null: "null",
};

function code(value: unknown): string {
  return `\`${String(value)}\``;
}

/** @param level Of the heading: 2 is `##`. */
export function sectionText({ path, about, example, rows }: Section, level: number): string {
  const heading = path === "" ? "" : `${"#".repeat(level)} \`${path}\`\n\n`;
  return `${heading}${about === "" ? "" : `${about}\n\n`}${example === null || path === "" ? "" : `${yamlBlock(example)}\n\n`}${rowsText(rows)}`;
}

function rowsText(rows: readonly Row[]): string {
  const lines = rows.map(({ key, required, takes, about, example }) => {
    const shown = example === null ? "" : ` \`${cell(example)}\``;
    return `| \`${key}\`${required ? " (needed)" : ""} | ${cell(takes)} | ${cell(about)}${shown === "" ? "" : ` Example:${shown}`} |`;
  });
  return ["| key | takes | meaning |", "| --- | --- | --- |", ...lines].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

export function yamlBlock(text: string): string {
  return `\`\`\`yaml\n${text.trimEnd()}\n\`\`\``;
}
