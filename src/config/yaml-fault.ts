// What the YAML parser finds, in words that help. Its own messages may quote the text, which may be a secret, so none is passed on.

import type { ErrorCode } from "yaml";

interface Words {
  readonly message: string;
  readonly hint: string;
}

const CLOSE = "close it, and check the indentation of the lines that follow";
const QUOTE = "quote the value";

const FAULTS: Readonly<Partial<Record<ErrorCode, Words>>> = {
  TAB_AS_INDENT: { message: "a tab indents this line", hint: "indent with spaces" },
  DUPLICATE_KEY: { message: "this key is here twice", hint: "keep one of the two" },
  MULTIPLE_DOCS: { message: "a second document begins here", hint: "remove the line `---`, or make two files of it" },
  BAD_ALIAS: { message: "a name of an anchor or alias that is none", hint: QUOTE },
  BAD_DQ_ESCAPE: {
    message: "a backslash in double quotes begins no escape that exists",
    hint: "write \\\\, or use single quotes",
  },
  BAD_SCALAR_START: { message: "a value cannot begin with this character unless it is quoted", hint: QUOTE },
  BLOCK_AS_IMPLICIT_KEY: {
    message: "a second `:` on one line",
    hint: 'quote the value, as in "a: b", or put the inner keys on lines of their own',
  },
  BAD_INDENT: { message: "the indentation does not fit what stands before, or a bracket is not closed", hint: CLOSE },
  BAD_COLLECTION_TYPE: { message: "a tag that does not fit its value", hint: "remove the tag" },
  TAG_RESOLVE_FAILED: { message: "a tag (!name), which means nothing here", hint: "remove it, or quote the value" },
  MISSING_CHAR: {
    message: "something is missing: a closing quote or bracket, a comma, or the `:` after a key",
    hint: CLOSE,
  },
  MULTILINE_IMPLICIT_KEY: { message: "a key that goes over several lines", hint: "a `:` or a quote may be missing" },
  KEY_OVER_1024_CHARS: { message: "a key of more than 1024 characters", hint: "a quote may be missing" },
  NON_STRING_KEY: { message: "a key has to be a word", hint: "write NAME: VALUE" },
  RESOURCE_EXHAUSTION: { message: "nested too deep", hint: "close the brackets before" },
};

const OTHERWISE: Words = {
  message: "this is not YAML",
  hint: "check the quotes, brackets and indentation around this place",
};

/** @param message The parser's own, told apart where one code stands for several faults; never shown. */
export function yamlFault(code: ErrorCode, message: string): Words {
  if (code === "MISSING_CHAR" && message.includes("quote"))
    return { message: "a quoted text that has no end", hint: "put the closing quote" };
  if (code === "BAD_INDENT" && message.includes("end with"))
    return { message: "a bracket that is not closed", hint: CLOSE };
  return FAULTS[code] ?? OTHERWISE;
}
