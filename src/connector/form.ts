// A body as application/x-www-form-urlencoded: nested objects and lists in brackets, `metadata[segment]=gold`,
// `items[0][price]=3`. Null is sent as empty, which is how such APIs unset a field.

import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import { textOf } from "./template.ts";

export function formText(fields: Fields): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(fields)) collect(name, value, pairs);
  return pairs.join("&");
}

function collect(name: string, value: Value, pairs: string[]): void {
  if (isList(value)) {
    value.forEach((entry, index) => {
      collect(`${name}[${String(index)}]`, entry, pairs);
    });
  } else if (isFields(value)) {
    for (const [key, entry] of Object.entries(value)) collect(`${name}[${key}]`, entry, pairs);
  } else pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(textOf(value))}`);
}
