// The regular expressions of expressions: RE2, whose matching takes time in proportion to the text, in the shape of RegExp that
// jsonata asks for. Plain JavaScript because the evaluating process, which Node starts as it is, uses it too.

import { RE2JS } from "re2js";

/** @type {Map<string, RE2JS>} */
const compiled = new Map();
/** Patterns come from files, not from records, so there are few; this only bounds a mistake. */
const COMPILED_MAX = 1000;

/**
 * @param {string} pattern As written between the slashes.
 * @param {string} flags
 * @returns {RE2JS}
 * @throws when RE2 does not know the pattern (look-around, references to groups) or it is too large.
 */
function compile(pattern, flags) {
  const key = `${flags}/${pattern}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  let options = 0;
  if (flags.includes("i")) options |= RE2JS.CASE_INSENSITIVE;
  if (flags.includes("m")) options |= RE2JS.MULTILINE;
  const made = RE2JS.compile(RE2JS.translateRegExp(pattern), options);
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(key, made);
  return made;
}

/**
 * @param {{ source: string, flags: string }} regex
 * @returns {string | null} Why it cannot be used; null: it can.
 */
export function whyUnsafe(regex) {
  try {
    compile(regex.source, regex.flags);
    return null;
  } catch (cause) {
    return cause instanceof Error ? cause.message.replace(/^error parsing regexp: /, "") : String(cause);
  }
}

/** A match as RegExp gives it: the text, the groups, and where it starts. */
export class SafeRegex {
  /** @param {{ source: string, flags: string }} regex */
  constructor(regex) {
    this.engine = compile(regex.source, regex.flags);
    /** Where the next `exec` starts, as with the flag `g`. */
    this.lastIndex = 0;
  }

  /**
   * @param {string} text
   * @returns {((string | undefined)[] & { index: number }) | null}
   */
  exec(text) {
    const matcher = this.engine.matcher(text);
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    /** @type {(string | undefined)[]} */
    const groups = [];
    for (let group = 0; group <= matcher.groupCount(); group += 1) groups.push(matcher.group(group) ?? undefined);
    this.lastIndex = matcher.end();
    return Object.assign(groups, { index: matcher.start() });
  }
}
