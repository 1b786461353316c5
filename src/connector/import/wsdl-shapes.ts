// Looking for elements in the messages of a WSDL.

import type { ComplexShape, ElementShape, TypeShape } from "../protocols/soap/shape.ts";

/** Wrappers in a wrapper, at most: a type may hold itself. */
const DEPTH_MAX = 6;

export function recordsIn(input: ElementShape | null): readonly ComplexShape[] {
  return elementsOf(input)
    .map((element) => element.type())
    .filter((type) => type.kind === "complex");
}

export function elementsOf(shape: ElementShape | null): readonly ElementShape[] {
  const type = shape?.type();
  return type?.kind === "complex" ? type.elements : [];
}

export function sameType(type: TypeShape, record: ComplexShape): boolean {
  if (type.kind !== "complex") return false;
  if (type.name === null || record.name === null) return type === record;
  return type.name.local === record.name.local && type.name.namespace === record.name.namespace;
}

/** Path from an answer to the first element of a type, by breadth. */
export function pathTo(output: ElementShape | null, is: (type: TypeShape) => boolean): readonly string[] | null {
  let level: readonly { readonly element: ElementShape; readonly path: readonly string[] }[] = elementsOf(output).map(
    (element) => ({ element, path: [element.name] }),
  );
  for (let depth = 0; depth < DEPTH_MAX && level.length > 0; depth += 1) {
    const found = level.find(({ element }) => is(element.type()));
    if (found !== undefined) return found.path;
    level = level.flatMap(({ element, path }) =>
      elementsOf(element).map((below) => ({ element: below, path: [...path, below.name] })),
    );
  }
  return null;
}

/** Simple values of an answer and of what it wraps, attributes included, each with its path; not those of the records in it. */
export function namesIn(
  output: ElementShape | null,
  record: ComplexShape,
): readonly { readonly name: string; readonly path: readonly string[] }[] {
  const found: { readonly name: string; readonly path: readonly string[] }[] = [];
  const visit = (element: ElementShape, path: readonly string[]): void => {
    const type = element.type();
    if (type.kind === "text") found.push({ name: element.name, path });
    if (type.kind !== "complex" || path.length >= DEPTH_MAX || sameType(type, record)) return;
    for (const { name } of type.attributes) found.push({ name, path: [...path, `@${name}`] });
    for (const below of type.elements) visit(below, [...path, stepTo(below)]);
  };
  for (const element of elementsOf(output)) visit(element, [stepTo(element)]);
  return found;
}

/** Of a list that answers for one record, the first. */
function stepTo({ name, list }: ElementShape): string {
  return list ? `${name}[0]` : name;
}

/** What stands in a type, as records have it: attributes with their @. */
export function namesOfType(type: TypeShape): readonly string[] {
  if (type.kind !== "complex") return [];
  return [...type.attributes.map(({ name }) => `@${name}`), ...type.elements.map(({ name }) => name)];
}

export function textOf(path: readonly string[]): string {
  return path.length === 0 ? "$" : path.join(".");
}
