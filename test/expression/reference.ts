// jsonata itself, without the few of its faults that compiled code does not share. Each is taken out of its source text by name,
// so that this list is complete, and a new version of jsonata that no longer has the text makes the tests fail here.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type jsonata from "jsonata";

const FAULTS: readonly { readonly text: string; readonly instead: string }[] = [
  // Grouping an empty list puts an absent item into that list, which may be a part of the input.
  { text: "input.push(undefined);", instead: "input = [undefined];" },
  // Replacing a text by an absent one writes "undefined".
  { text: "result += replacement;", instead: "if (typeof replacement !== 'string') throw {}; result += replacement;" },
  // A number that is no time becomes "0NaN-NaN-NaN…", a far one a year of five digits.
  {
    text: "return formatDateTime.call(this, millis, picture, timezone);",
    instead:
      "const year = new Date(millis).getUTCFullYear(); if (!(year >= 0 && year <= 9999)) throw {}; " +
      "return formatDateTime.call(this, millis, picture, timezone);",
  },
  // $sort as the last thing of a function cannot call the function it is given.
  {
    text: "comp = comparator;",
    instead: "comp = typeof comparator === 'function' ? comparator : (...both) => comparator.apply(this, both);",
  },
];

type Jsonata = typeof jsonata;

function loadReference(): Jsonata {
  const require = createRequire(import.meta.url);
  let text = readFileSync(require.resolve("jsonata"), "utf8");
  for (const fault of FAULTS) {
    if (text.split(fault.text).length !== 2) throw new Error(`jsonata does not have this text once: ${fault.text}`);
    text = text.replace(fault.text, () => fault.instead);
  }
  const module = { exports: {} };
  // The text is the installed package's own.
  // oxlint-disable-next-line no-implied-eval
  new Function("module", "exports", text)(module, module.exports);
  return module.exports as Jsonata;
}

export const reference = loadReference();
