// The texts under which the state remembers a record that may be matched. Each begins with its rule's index, so that nothing of
// one rule is ever found by another:
//
//   1:["ada@example.com"]     exact: whoever has the same is a match of this rule
//   2~name:lflk+a             block: whoever has the same is compared, no more
//   2={"name":"Ada Lovelace"} profile: what is compared, never looked for

export type MatchKey =
  | { readonly kind: "exact"; readonly rule: number }
  | { readonly kind: "block"; readonly rule: number }
  | { readonly kind: "profile"; readonly rule: number; readonly text: string };

export function exactKey(rule: number, text: string): string {
  return `${String(rule)}:${text}`;
}

export function blockKey(rule: number, text: string): string {
  return `${String(rule)}~${text}`;
}

export function profileKey(rule: number, text: string): string {
  return `${String(rule)}=${text}`;
}

const KEY = /^(\d+)([:~=])/;

export function parseMatchKey(key: string): MatchKey {
  const [begin = "", rule = "0", sign] = KEY.exec(key) ?? [];
  const index = Number(rule);
  if (sign === "~") return { kind: "block", rule: index };
  return sign === "="
    ? { kind: "profile", rule: index, text: key.slice(begin.length) }
    : { kind: "exact", rule: index };
}

export function isExactKey(key: string): boolean {
  return parseMatchKey(key).kind === "exact";
}

/** Those by which an equal one is a match. */
export function exactKeys(keys: readonly (string | null)[]): readonly string[] {
  return keys.filter((key) => key !== null && isExactKey(key)) as readonly string[];
}

/** Those by which candidates of a scored rule are looked for. */
export function blockKeys(keys: readonly string[], rule: number): readonly string[] {
  const begin = blockKey(rule, "");
  return keys.filter((key) => key.startsWith(begin));
}

/** What a scored rule compares of a record; null: none of the rule's fields is present. */
export function profileOf(keys: readonly string[], rule: number): string | null {
  const begin = profileKey(rule, "");
  return keys.find((key) => key.startsWith(begin))?.slice(begin.length) ?? null;
}
