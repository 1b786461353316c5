// What is wrong with `args:` can mostly be seen before anything is sent: the WSDL says which elements there are.

import { didYouMean, problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import type { Schema } from "./schema.ts";
import type { ElementShape, TypeShape } from "./shape.ts";
import { SPREAD_KEY } from "../../template.ts";
import { namesOf, TEXT_KEY, TYPE_KEY } from "./write.ts";

/** Some vendors have hundreds of types that derive from one: nobody reads as many. */
const NAMES_MAX = 20;

/** @param args As written in the file: strings in it may be templates, whose values are checked when they are known. */
export function checkArgs(args: unknown, shape: ElementShape, path: KeyPath, schema: Schema): readonly Problem[] {
  const found: Found = { problems: [], schema };
  checkFields(args, shape.type(), path, found, `<${shape.name}>`);
  return found.problems;
}

interface Found {
  readonly problems: Problem[];
  readonly schema: Schema;
}

/** The type that a value is written as: the declared one, or the one it names. Null: that is not known. */
function typeOf(
  value: Readonly<Record<string, unknown>>,
  declared: TypeShape,
  path: KeyPath,
  { problems, schema }: Found,
): TypeShape | null {
  const wanted = value[TYPE_KEY];
  if (wanted === undefined) return declared;
  if (typeof wanted !== "string" || wanted.includes("{{")) return null;
  const name = schema.typeNamed(wanted);
  if (name !== null) return schema.type(name);
  const names = declared.kind === "complex" && declared.name !== null ? schema.derived(declared.name) : [];
  const near = didYouMean(
    wanted,
    names.map(({ local }) => local),
  );
  problems.push(
    problem("E_SOAP_ELEMENT", [...path, TYPE_KEY], `the WSDL has no single type "${wanted}"`, {
      found: wanted,
      ...(names.length === 0 || names.length > NAMES_MAX
        ? {}
        : { expected: names.map(({ local }) => local).join(", ") }),
      ...(near === undefined ? {} : { hint: near }),
    }),
  );
  return null;
}

function checkFields(value: unknown, declared: TypeShape, path: KeyPath, found: Found, at: string): void {
  const { problems } = found;
  const type = isObject(value) ? typeOf(value, declared, path, found) : null;
  if (type?.kind !== "complex" || !isObject(value)) return;
  const names = namesOf(type);
  for (const [name, entry] of Object.entries(value)) {
    // What it puts among the others is known when it is there.
    if (name === SPREAD_KEY || name === TYPE_KEY) continue;
    const child = type.elements.find((element) => element.name === name);
    const here = [...path, name];
    if (child === undefined) {
      if (names.includes(name) || (type.open !== null && !name.startsWith("@") && name !== TEXT_KEY)) continue;
      const hint = didYouMean(name, names);
      problems.push(
        problem("E_SOAP_ELEMENT", here, `the WSDL has no element "${name}" in ${at}`, {
          on: "key",
          found: name,
          expected: names.join(", "),
          ...(hint === undefined ? {} : { hint }),
        }),
      );
      continue;
    }
    checkChild(entry, child, here, found);
  }
  if (Object.hasOwn(value, SPREAD_KEY)) return;
  for (const child of type.elements) {
    if (!child.required || Object.hasOwn(value, child.name)) continue;
    const top = at.startsWith("<") && path.at(-1) === "args";
    problems.push(
      // Deeper types are often written as all-required by tools whose servers do not mean it.
      problem(top ? "E_SOAP_ARG_MISSING" : "W_SOAP_ARG_MISSING", path, `${at} needs the element "${child.name}"`, {
        expected: child.name,
        hint: child.nillable ? `${child.name}: null sends it as nil` : `add ${child.name}:`,
      }),
    );
  }
}

function checkChild(entry: unknown, child: ElementShape, path: KeyPath, found: Found): void {
  const { problems } = found;
  const type = child.type();
  const entries = Array.isArray(entry) ? entry : [entry];
  if (Array.isArray(entry) && !child.list) {
    problems.push(
      problem("E_SOAP_ELEMENT", path, `"${child.name}" takes one value in the WSDL`, {
        found: "a list",
        expected: "one value",
      }),
    );
  }
  for (const [index, one] of entries.entries()) {
    const here = Array.isArray(entry) ? [...path, index] : path;
    if (type.kind === "text" && isObject(one)) {
      problems.push(
        problem("E_SOAP_ELEMENT", here, `"${child.name}" is a simple value in the WSDL`, {
          found: "an object",
          expected: "a value",
        }),
      );
    } else if (type.kind === "complex" && type.text === null && isPlain(one)) {
      problems.push(
        problem("E_SOAP_ELEMENT", here, `"${child.name}" holds elements in the WSDL`, {
          found: String(one),
          expected: `an object with ${namesOf(type).join(", ")}`,
        }),
      );
    } else checkFields(one, type, here, found, child.name);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text or number without a template in it, whose value is therefore known. */
function isPlain(value: unknown): value is string | number | boolean {
  return (
    typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && !value.includes("{{"))
  );
}
