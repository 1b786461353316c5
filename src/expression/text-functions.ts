// The built-in functions on text.

import { builtin, type Builtins } from "./builtin.ts";
import { HandOver, spend, spendText } from "./budget.ts";
import { toText } from "./coerce.ts";
import { failed } from "./failure.ts";
import { eachMatch, fillReplacement, type Match } from "./matching.ts";
import { isList, newSequence, type Item } from "./sequence.ts";
import { InlineFunction, Pattern, type Argument } from "./signature.ts";

export const textFunctions: Builtins = {
  // Called from $map it gets one argument, though it can take two.
  string: { ...builtin("x- b?", (item, pretty) => stringOf(item, pretty)), arity: 1 },
  length: builtin("s-", (text) => (typeof text === "string" ? characters(text).length : undefined)),
  substring: builtin("s- n n?", (text, start, length) => substring(text, start, length)),
  substringBefore: builtin("s- s", (text, mark) => beforeOrAfter(text, mark, (found, at) => found.slice(0, at))),
  substringAfter: builtin("s- s", (text, mark) =>
    beforeOrAfter(text, mark, (found, at, length) => found.slice(at + length)),
  ),
  lowercase: builtin("s-", (text) => mapText(text, (found) => found.toLowerCase())),
  uppercase: builtin("s-", (text) => mapText(text, (found) => found.toUpperCase())),
  trim: builtin("s-", (text) => mapText(text, trim)),
  pad: builtin("s- n s?", (text, width, fill) => pad(text, width, fill)),
  contains: builtin("s- (sf)", (text, part) => contains(text, part)),
  split: builtin("s- (sf) n?", (text, separator, limit) => split(text, separator, limit)),
  join: builtin("a<s> s?", (texts, separator) => join(texts, separator)),
  match: builtin("s- f n?", (text, pattern, limit) => match(text, pattern, limit)),
  replace: builtin("s- (sf) (sf) n?", (text, pattern, replacement, limit) =>
    replace(text, pattern, replacement, limit),
  ),
  encodeUrlComponent: builtin("s-", (text) => mapText(text, encodeURIComponent)),
  encodeUrl: builtin("s-", (text) => mapText(text, encodeURI)),
  decodeUrlComponent: builtin("s-", (text) => mapText(text, decodeURIComponent)),
  decodeUrl: builtin("s-", (text) => mapText(text, decodeURI)),
  base64encode: builtin("s-", (text) => mapText(text, (found) => Buffer.from(found, "latin1").toString("base64"))),
  base64decode: builtin("s-", (text) => mapText(text, (found) => Buffer.from(found, "base64").toString("latin1"))),
};

function mapText(text: Argument, change: (text: string) => string): Item {
  if (typeof text !== "string") return undefined;
  spendText(text.length);
  try {
    return change(text);
  } catch (cause) {
    if (cause instanceof URIError) throw failed("the text is not a well-formed part of a URL");
    throw cause;
  }
}

function stringOf(item: Argument, pretty: Argument): Item {
  if (pretty === true) throw new HandOver("text with line breaks");
  return toText(asItem(item));
}

/** Runs of white space become one blank; none is left at the ends. */
function trim(text: string): string {
  const even = isEven(text) ? text : text.replaceAll(/[ \t\n\r]+/g, " ");
  const start = even.startsWith(" ") ? 1 : 0;
  return even.slice(start, even.length > start && even.endsWith(" ") ? -1 : undefined);
}

const TAB = 9;
const LINE_FEED = 10;
const RETURN = 13;
const BLANK = 32;

/** Single blanks are all the white space it has. A loop, because most texts are short and a regular expression takes long to start. */
function isEven(text: string): boolean {
  let before = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === TAB || code === LINE_FEED || code === RETURN || (code === BLANK && before === BLANK)) return false;
    before = code;
  }
  return true;
}

/** A function never reaches a parameter of these kinds: check.ts lets functions stand only where one is wanted. */
export function asItem(argument: Argument): Item {
  if (argument instanceof InlineFunction || argument instanceof Pattern)
    throw new Error("a function in the place of a value");
  return argument;
}

/** By code points, so that an emoji is one character. */
function characters(text: string): string | string[] {
  spendText(text.length);
  if (!hasPairs(text)) return text;
  spend(text.length);
  return Array.from(text);
}

/** Whether it has the first half of a surrogate pair. */
function hasPairs(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if ((text.charCodeAt(index) & 0xfc00) === 0xd800) return true;
  return false;
}

function substring(text: Argument, start: Argument, length: Argument): Item {
  if (typeof text !== "string") return undefined;
  const all = characters(text);
  // An absent start slices from the beginning, and any comparison with it is false, as in the reference.
  let from = typeof start === "number" ? start : NaN;
  if (all.length + from < 0) from = 0;
  if (typeof length === "number" && length <= 0) return "";
  const to = typeof length === "number" ? (from >= 0 ? from : all.length + from) + length : undefined;
  return typeof all === "string" ? all.slice(from, to) : all.slice(from, to).join("");
}

function beforeOrAfter(
  text: Argument,
  mark: Argument,
  cut: (text: string, at: number, length: number) => string,
): Item {
  if (typeof text !== "string") return undefined;
  spendText(text.length);
  const part = typeof mark === "string" ? mark : "undefined";
  const at = text.indexOf(part);
  return at === -1 ? text : cut(text, at, part.length);
}

function pad(text: Argument, width: Argument, fill: Argument): Item {
  if (typeof text !== "string") return undefined;
  const wanted = typeof width === "number" ? Math.trunc(width) : NaN;
  const missing = Math.abs(wanted) - characters(text).length;
  if (!(missing > 0)) return text;
  spend(missing);
  const unit = typeof fill === "string" && fill !== "" ? Array.from(fill) : [" "];
  const padding = Array.from({ length: missing }, (_, index) => unit[index % unit.length]).join("");
  return wanted > 0 ? text + padding : padding + text;
}

function contains(text: Argument, part: Argument): Item {
  if (typeof text !== "string" || part === undefined) return undefined;
  if (typeof part === "string") {
    spendText(text.length);
    return text.includes(part);
  }
  for (const found of eachMatch(part, text)) return found !== null;
  return false;
}

function split(text: Argument, separator: Argument, limit: Argument): Item {
  if (typeof text !== "string") return undefined;
  const most = limitOf(limit, "$split");
  if (most === 0) return [];
  if (typeof separator === "string") {
    spend(text.length);
    return text.split(separator, most);
  }
  const parts: string[] = [];
  let start = 0;
  if (separator === undefined) throw failed("$split needs a separator");
  for (const found of eachMatch(separator, text)) {
    if (most !== undefined && parts.length >= most) return parts;
    parts.push(text.slice(start, found.start));
    start = found.end;
  }
  if (most === undefined || parts.length < most) parts.push(text.slice(start));
  return parts;
}

/** Undefined: no limit. A limit of 2.5 takes three, and one below zero is refused, as in the reference. */
function limitOf(limit: Argument, name: string): number | undefined {
  if (typeof limit !== "number") return undefined;
  if (limit < 0) throw failed(`the limit of ${name} is negative`);
  return limit > 0 ? limit : 0;
}

function join(texts: Argument, separator: Argument): Item {
  const list = texts === undefined ? undefined : asItem(texts);
  if (!isList(list)) return undefined;
  const between = typeof separator === "string" ? separator : "";
  let joined = "";
  for (let index = 0; index < list.length; index += 1) {
    const text = list[index];
    if (typeof text === "string") joined += index === 0 ? text : between + text;
  }
  spendText(joined.length);
  return joined;
}

function match(text: Argument, pattern: Argument, limit: Argument): Item {
  if (typeof text !== "string") return undefined;
  const most = limitOf(limit, "$match");
  const found = newSequence();
  if (most === 0) return found;
  for (const one of eachMatch(pattern, text)) {
    if (most !== undefined && found.length >= most) break;
    found.push({ match: one.match, index: one.start, groups: one.groups });
  }
  return found;
}

function replace(text: Argument, pattern: Argument, replacement: Argument, limit: Argument): Item {
  if (typeof text !== "string") return undefined;
  if (pattern === "") throw failed("the text to be replaced is empty");
  const most = limitOf(limit, "$replace");
  if (most === 0) return text;
  if (typeof pattern === "string") return replaceText(text, pattern, replacement, most);
  const parts: string[] = [];
  let position = 0;
  let count = 0;
  for (const found of eachMatch(pattern, text)) {
    if (most !== undefined && count >= most) break;
    parts.push(text.slice(position, found.start), replacementFor(found, replacement));
    position = found.end;
    count += 1;
  }
  return spent([...parts, text.slice(position)].join(""));
}

function replaceText(text: string, pattern: string, replacement: Argument, most: number | undefined): string {
  const parts: string[] = [];
  let position = 0;
  for (let at = text.indexOf(pattern); at !== -1; at = text.indexOf(pattern, position)) {
    if (most !== undefined && parts.length >= most) break;
    // The reference writes what it got as text: "undefined" for an absent one.
    if (typeof replacement !== "string") throw failed("$replace of a text needs a text to put in its place");
    spendText(at - position + replacement.length);
    spend(6);
    parts.push(text.slice(position, at) + replacement);
    position = at + pattern.length;
  }
  return spent(parts.join("") + text.slice(position));
}

function replacementFor(found: Match, replacement: Argument): string {
  if (typeof replacement === "string") return fillReplacement(replacement, found);
  if (!(replacement instanceof InlineFunction)) throw failed("$replace needs a text or a function to put in its place");
  const { match, start, end, groups } = found;
  const made = replacement.call([{ match, start, end, groups }]);
  if (typeof made !== "string") throw failed("the function of $replace gave something that is not a text");
  return made;
}

function spent(text: string): string {
  spendText(text.length);
  return text;
}
