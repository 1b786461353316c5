// What is wrong with `args:` can mostly be seen before anything is sent: the WSDL says which elements there are.

import { didYouMean, problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import type { ElementShape, TypeShape } from "./shape.ts";
import { namesOf, TEXT_KEY, TYPE_KEY } from "./write.ts";

/** @param args As written in the file: strings in it may be templates, whose values are checked when they are known. */
export function checkArgs(args: unknown, shape: ElementShape, path: KeyPath): readonly Problem[] {
  const problems: Problem[] = [];
  checkFields(args, shape.type(), path, problems, `<${shape.name}>`);
  return problems;
}

function checkFields(value: unknown, type: TypeShape, path: KeyPath, problems: Problem[], at: string): void {
  if (type.kind !== "complex" || !isObject(value) || TYPE_KEY in value) return;
  const names = namesOf(type);
  for (const [name, entry] of Object.entries(value)) {
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
    checkChild(entry, child, here, problems);
  }
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

function checkChild(entry: unknown, child: ElementShape, path: KeyPath, problems: Problem[]): void {
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
    } else checkFields(one, type, here, problems, child.name);
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
