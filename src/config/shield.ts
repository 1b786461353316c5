// In `{ url: ${DATABASE_URL} }` the braces would be YAML's. So, before the text is parsed, the signs of a reference are put into a
// private part of Unicode, one for one, and taken back out of what was parsed. Quotes and backslashes stay, so that what is quoted
// is quoted.

const SIGN = /[^\w\s"'\\\u0080-\uffff]/g;
const SHIELD = 0xe000;
const SHIELDED = /[\ue020-\ue07e]/g;
const SHIELDED_REFERENCE = /\ue024\ue07b[^\n]*?\ue07d/g;

/** @returns the text with what the pattern finds shielded from YAML; its length and every place stay the same. */
export function shield(text: string, pattern: RegExp): string {
  return text.replace(pattern, (found) =>
    found.replace(SIGN, (sign) => String.fromCharCode(SHIELD + sign.charCodeAt(0))),
  );
}

/** What was parsed, as it was written. */
export function unshield(value: unknown): unknown {
  if (typeof value === "string") return unshieldText(value);
  if (Array.isArray(value)) return value.map(unshield);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [unshieldText(key), unshield(entry)]));
}

function unshieldText(text: string): string {
  return text.replace(SHIELDED_REFERENCE, (reference) =>
    reference.replace(SHIELDED, (sign) => String.fromCharCode(sign.charCodeAt(0) - SHIELD)),
  );
}
