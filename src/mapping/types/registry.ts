// Every field type there is, and how the `as:` of a rule, refined by a side, becomes one.

import { z } from "zod";

import { didYouMean, problem, type KeyPath, type Problem } from "../../core/problem.ts";
import { addressType } from "./address.ts";
import { booleanType } from "./boolean.ts";
import { countryType } from "./country.ts";
import { currencyType } from "./currency.ts";
import { dateType } from "./date.ts";
import { datetimeType } from "./datetime.ts";
import { decimalType } from "./decimal.ts";
import { durationType } from "./duration.ts";
import { emailType } from "./email.ts";
import { integerType } from "./integer.ts";
import { jsonType } from "./json.ts";
import { languageType } from "./language.ts";
import { listType } from "./list.ts";
import { moneyType } from "./money.ts";
import { percentType } from "./percent.ts";
import { personNameType } from "./person-name.ts";
import { phoneType } from "./phone.ts";
import { postalCodeType } from "./postal-code.ts";
import { rawType } from "./raw.ts";
import { setType } from "./set.ts";
import { skuType } from "./sku.ts";
import { textType } from "./text.ts";
import { urlType } from "./url.ts";
import { uuidType } from "./uuid.ts";
import type { CompiledType, TypeDefinition } from "./definition.ts";

/** In the order of the reference. */
export const TYPES: readonly TypeDefinition[] = [
  textType,
  emailType,
  phoneType,
  urlType,
  integerType,
  decimalType,
  moneyType,
  percentType,
  booleanType,
  dateType,
  datetimeType,
  durationType,
  countryType,
  currencyType,
  languageType,
  postalCodeType,
  personNameType,
  addressType,
  uuidType,
  skuType,
  jsonType,
  listType,
  setType,
];

export const TYPE_NAMES: readonly string[] = TYPES.map((type) => type.name);

const BY_NAME = new Map(TYPES.map((type) => [type.name, type]));

/** What `as:` may say, for the JSON Schema of mapping files; `fieldType` checks it with better messages. */
export const typeSpecSchema: z.ZodType = z.lazy(() =>
  z.union([
    z.enum(TYPE_NAMES).describe("The canonical type of the field."),
    ...TYPES.map((type) => z.strictObject({ [type.name]: type.schema(typeSpecSchema) }).describe(type.docs.summary)),
  ]),
);

/** The type name that an `as:` says, known or not; null when it says none. For a rule whose type only one side names. */
export function typeName(spec: unknown): string | null {
  return parts(spec)?.name ?? null;
}

/**
 * The type of one side of a rule.
 * @param ruleSpec `as:` of the rule: a name or `{ name: options }`; undefined: none.
 * @param sideSpec `as:` of the side, which refines it option by option; undefined: none. Both undefined: any JSON value.
 * @param path Where the side's `as` stands, or the rule's where the side has none.
 * @param rulePath Where the rule's `as` stands, when both are given.
 */
export function fieldType(ruleSpec: unknown, sideSpec: unknown, path: KeyPath, rulePath: KeyPath = path): CompiledType {
  if (ruleSpec === undefined && sideSpec === undefined) return { type: rawType, problems: [] };
  const problems: Problem[] = [];
  const rule = ruleSpec === undefined ? null : knownParts(ruleSpec, rulePath, problems);
  const side = sideSpec === undefined ? null : knownParts(sideSpec, path, problems);
  const definition = side?.definition ?? rule?.definition;
  if (definition === undefined || problems.length > 0) return { type: null, problems };
  if (rule !== null && side !== null && rule.name !== side.name) {
    const message = `the field is ${article(rule.name)}, so a side cannot read it as ${article(side.name)}; a side only refines the options of the field's type`;
    return {
      type: null,
      problems: [
        problem("E_ENUM", path, message, { found: side.name, expected: rule.name, hint: `as: { ${rule.name}: … }` }),
      ],
    };
  }
  return definition.compile(
    {
      rule: rule?.options,
      rulePath: [...rulePath, ...(rule?.steps ?? [])],
      side: side?.options,
      sidePath: [...path, ...(side?.steps ?? [])],
    },
    (spec, at) => fieldType(spec, undefined, at),
  );
}

interface SpecParts {
  readonly name: string;
  readonly options: unknown;
  /** From the spec to its options. */
  readonly steps: KeyPath;
}

/** Null when the spec is neither a name nor an object with one. */
function parts(spec: unknown): SpecParts | null {
  if (typeof spec === "string") return { name: spec, options: undefined, steps: [] };
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) return null;
  const [entry, ...more] = Object.entries(spec);
  if (entry === undefined || more.length > 0) return null;
  return { name: entry[0], options: entry[1], steps: [entry[0]] };
}

function knownParts(
  spec: unknown,
  path: KeyPath,
  problems: Problem[],
): (SpecParts & { readonly definition: TypeDefinition }) | null {
  const found = parts(spec);
  if (found === null) {
    const text = JSON.stringify(spec);
    problems.push(
      problem("E_TYPE", path, `"as" cannot be ${text}`, {
        found: text,
        expected: "a type, or { type: options }",
        hint: "as: email, or as: { phone: GB }",
      }),
    );
    return null;
  }
  const definition = BY_NAME.get(found.name);
  if (definition !== undefined) return { ...found, definition };
  const hint = HINTS[found.name.toLowerCase()] ?? didYouMean(found.name, TYPE_NAMES);
  problems.push(
    problem("E_ENUM", [...path, ...found.steps], `there is no type "${found.name}"`, {
      on: found.steps.length > 0 ? "key" : "value",
      found: found.name,
      expected: TYPE_NAMES.join(", "),
      ...(hint === undefined ? {} : { hint }),
    }),
  );
  return null;
}

/** What people call types elsewhere. */
const HINTS: Readonly<Record<string, string>> = {
  string: 'did you mean "text"?',
  str: 'did you mean "text"?',
  float: 'did you mean "decimal"? numbers are exact here',
  double: 'did you mean "decimal"? numbers are exact here',
  number: 'did you mean "decimal"? (or integer)',
  numeric: 'did you mean "decimal"?',
  int: 'did you mean "integer"?',
  bool: 'did you mean "boolean"?',
  timestamp: 'did you mean "datetime"?',
  array: 'did you mean "list"?',
  object: 'did you mean "json"?',
  zip: 'did you mean "postal_code"?',
  name: 'did you mean "person_name"?',
};

function article(name: string): string {
  return `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
}
