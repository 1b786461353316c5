// Characters of XML: written so that they come back the same, read without any entity but XML's own five.

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([A-Za-z_][\w.-]*));|&/g;
// A carriage return and, in attributes, tabs and line ends would otherwise be normalised by the reader.
const IN_TEXT = /[&<>\r]/g;
const IN_ATTRIBUTE = /[&<>"\r\n\t]/g;
/** What is not a character of XML 1.0: control characters, halves of surrogate pairs, U+FFFE and U+FFFF. */
const ILLEGAL = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
  "\n": "&#10;",
  "\t": "&#9;",
};

export function escapeText(text: string): string {
  return text.replace(IN_TEXT, (character) => ESCAPES[character] ?? character);
}

export function escapeAttribute(text: string): string {
  return text.replace(IN_ATTRIBUTE, (character) => ESCAPES[character] ?? character);
}

/** The first character that no XML document can hold, not even escaped; null: there is none. */
export function illegalCharacter(text: string): string | null {
  const match = ILLEGAL.exec(text);
  if (match === null) return null;
  return `U+${(match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Text with its references resolved; null when one of them is not XML's own or not a character. */
export function unescapeText(text: string): string | null {
  if (!text.includes("&")) return text;
  let valid = true;
  const plain = text.replace(REFERENCE, (_, decimal?: string, hex?: string, name?: string) => {
    const character = name === undefined ? characterOf(decimal, hex) : NAMED[name];
    if (character === undefined) valid = false;
    return character ?? "";
  });
  return valid ? plain : null;
}

function characterOf(decimal: string | undefined, hex: string | undefined): string | undefined {
  if (decimal === undefined && hex === undefined) return undefined;
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  if (code > 0x10_ff_ff) return undefined;
  const character = String.fromCodePoint(code);
  return illegalCharacter(character) === null ? character : undefined;
}
