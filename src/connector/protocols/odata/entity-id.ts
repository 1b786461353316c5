// The key inside an entity's address: 7 in Customers(7), Ada in https://…/Customers('Ada'), a guid in accounts(00…-…).

/** Null: the text holds none. A text without brackets is the key itself, as some servers write it. */
export function keyIn(text: string): string | null {
  const inner = /\(([^()]*(?:\([^()]*\)[^()]*)*)\)\/?$/.exec(decoded(text))?.[1];
  const key = inner ?? (/[/:]/.test(text) ? "" : text);
  const value = /^\w+=(.*)$/s.exec(key)?.[1] ?? key;
  const quoted = /^(?:guid)?'(.*)'$/s.exec(value)?.[1];
  const found = quoted === undefined ? value : quoted.replaceAll("''", "'");
  return found === "" ? null : found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that stands for itself
  }
}
