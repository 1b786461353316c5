// A dotted path into a record: `address.country`, `lines[0].sku`, `"custom.field"`.

import { isFields, isList, type Fields, type Value } from "./value.ts";

export type Path = readonly (string | number)[];

const STEP = /(?:^|\.)(?:"((?:[^"\\]|\\.)*)"|([^."[\]]+))|\[(\d{1,6})\]/gy;
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** The steps of a path; null when the text is not one. `$` alone is the whole record. */
export function parsePath(text: string): Path | null {
  if (text === "$") return [];
  const steps: (string | number)[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text);
    if (match === null) return null;
    const [, quoted, plain, index] = match;
    if (index !== undefined) steps.push(Number(index));
    else steps.push(quoted === undefined ? (plain ?? "") : quoted.replace(/\\(.)/g, "$1"));
  }
  const usable = steps.length > 0 && steps.every((step) => step !== "" && !FORBIDDEN.has(String(step)));
  return usable ? steps : null;
}

/** What stands at the path; undefined when nothing does (absent, which is not null). */
export function valueAt(value: Value | undefined, path: Path): Value | undefined {
  let here = value;
  for (const step of path) {
    if (typeof step === "number") here = isList(here) ? here[step] : undefined;
    else here = isFields(here) && Object.hasOwn(here, step) ? here[step] : undefined;
    if (here === undefined) return undefined;
  }
  return here;
}

/** A copy with `next` at the path; objects and lists on the way are made where they are missing. */
export function withValueAt(value: Value | undefined, path: Path, next: Value): Value {
  const [step, ...rest] = path;
  if (step === undefined) return next;
  if (typeof step === "number") {
    const list = isList(value) ? [...value] : [];
    while (list.length < step) list.push(null);
    list[step] = withValueAt(list[step], rest, next);
    return list;
  }
  const fields: Fields = isFields(value) ? value : {};
  return { ...fields, [step]: withValueAt(fields[step], rest, next) };
}

/** A copy without what stands at the path. */
export function withoutValueAt(value: Value, path: Path): Value {
  const [step, ...rest] = path;
  if (step === undefined || typeof step === "number" || !isFields(value) || !Object.hasOwn(value, step)) return value;
  const below = value[step];
  if (rest.length > 0 && below !== undefined) return { ...value, [step]: withoutValueAt(below, rest) };
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== step));
}

/** The text form that `parsePath` reads back. */
export function pathText(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${String(step)}]`;
    else text += (text === "" ? "" : ".") + (isPlain(step) ? step : `"${step.replace(/["\\]/g, "\\$&")}"`);
  }
  return text === "" ? "$" : text;
}

/** A record's own `$` is not the record; blanks are quoted to be seen. */
function isPlain(step: string): boolean {
  return step !== "$" && /^[^."[\]\s]+$/.test(step);
}
