// `{ request: DELETE /contacts/{{ id }}, effect: archive }`: inside YAML's own braces an expression needs quotes, which people
// forget, and our own examples do without. A file that is not YAML as it stands is read once more with the signs of its
// unquoted expressions put into a private part of Unicode, one for one, so that every place stays the same.

import { mapStrings } from "./environment.ts";

const EXPRESSION = /\{\{[^{}\n]*\}\}/g;
const SIGN = /[^\w\s\u0080-\uffff]/g;
const SHIELD = 0xe100;
const SHIELDED = /[\ue120-\ue17e]/g;

export function shieldExpressions(text: string): string {
  return text.replace(EXPRESSION, (expression, at: number) => {
    const before = text.slice(text.lastIndexOf("\n", at) + 1, at);
    if (isQuoted(before)) return expression;
    return expression.replace(SIGN, (sign) => String.fromCharCode(SHIELD + sign.charCodeAt(0)));
  });
}

/** What was parsed, as it was written. */
export function unshieldExpressions(value: unknown): unknown {
  return mapStrings(value, [], (text) =>
    text.replace(SHIELDED, (sign) => String.fromCharCode(sign.charCodeAt(0) - SHIELD)),
  );
}

/** An odd number of quotes stands before it on its line. */
function isQuoted(before: string): boolean {
  const double = before.replace(/\\"/g, "").split('"').length - 1;
  const single = before.replace(/"[^"]*"/g, "").split("'").length - 1;
  return double % 2 === 1 || single % 2 === 1;
}
