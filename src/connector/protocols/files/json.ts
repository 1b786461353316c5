// One JSON document with a list of items somewhere in it, read an item at a time: only the item at hand is in memory. What
// stands around the list is kept and parsed in the end, so that a document that is cut or mis-nested is refused.

import { JsonError, jsonText, parseJson } from "../../../core/json.ts";
import { valueAt, withValueAt, type Path } from "../../../core/path.ts";
import { digitsOf, isFields, type Value } from "../../../core/value.ts";
import { FileRefusal, ITEM_CHARACTERS_MAX, onlyItem, type FileFormat, type Piece } from "./refusal.ts";

export interface JsonOptions {
  readonly encoding: string | null;
  /** Where the list stands; empty: the document is the list. */
  readonly items: Path;
  /** Where the document tells how many there are; null: nowhere. */
  readonly count: Path | null;
}

/** What stands around the list is not a record: more of it is not what was meant. */
const AROUND_MAX = 1_048_576;

export function jsonFormat(options: JsonOptions): FileFormat {
  return {
    encoding: options.encoding,
    read: (texts) => readJson(texts, options),
    empty() {
      const text = jsonText(withValueAt(undefined, options.items, []));
      const at = text.indexOf("[") + 1;
      return { head: text.slice(0, at), tail: `\n${text.slice(at)}\n` };
    },
    write: (item, { first }) => `${first ? "" : ","}\n  ${jsonText(item)}`,
    placed: (text, first) => (first ? text.replace(/^\s*,/, "") : /^\s*,/.test(text) ? text : `,${text}`),
    reread: (_, text) => onlyItem([itemOf(text, 1)]),
    tailFor: (tail) => tail,
  };
}

async function* readJson(texts: AsyncIterable<string>, options: JsonOptions): AsyncGenerator<Piece> {
  const scanner = new JsonScanner(options.items);
  let head = "";
  let tail = "";
  let row = 0;
  for await (const text of texts) {
    for (const part of scanner.take(text)) {
      if (part.kind === "head") {
        head = part.text;
        yield { kind: "head", text: head };
      } else if (part.kind === "tail") tail += part.text;
      else {
        row += 1;
        yield itemOf(part.text, row);
      }
    }
    if (tail.length > AROUND_MAX) throw new FileRefusal("E_LIMIT", "more than 1 MiB stands after the list of items");
  }
  if (!scanner.ended)
    throw new FileRefusal(
      "E_MALFORMED",
      scanner.began ? "the document ends within its list" : `there is no list at the path of the items`,
    );
  const around = parsed(head + tail);
  if (around === undefined) throw new FileRefusal("E_MALFORMED", "the document is cut or is no JSON");
  if (options.count !== null) {
    const said = valueAt(around, options.count);
    if (said === undefined) throw new FileRefusal("E_INCOMPLETE", "the document tells no count: it is not complete");
    if ((typeof said === "string" ? said : digitsOf(said)) !== String(row))
      throw new FileRefusal(
        "E_INCOMPLETE",
        `the document counts ${jsonText(said)}, and there are ${String(row)} items`,
      );
  }
  yield { kind: "tail", text: tail };
}

function parsed(text: string): Value | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

function itemOf(text: string, row: number): Piece {
  const item = parsed(text.replace(/^\s*,/, ""));
  if (item !== undefined && isFields(item)) return { kind: "item", row, text, item };
  if (item === undefined) throw new FileRefusal("E_MALFORMED", `item ${String(row)} is no JSON`);
  return { kind: "broken", row, text, code: "E_SCHEMA", message: `item ${String(row)} is no object` };
}

type Part = { readonly kind: "head" | "item" | "tail"; readonly text: string };

/** Finds the list and cuts it into items; an item's text begins with the comma before it. */
class JsonScanner {
  readonly #wanted: readonly string[];
  /** Keys (or positions) from the top down to the open containers; null: an array. */
  readonly #open: { readonly array: boolean; key: string }[] = [];
  #held = "";
  #state: "head" | "items" | "tail" = "head";
  #inString = false;
  #escaped = false;
  #string = "";
  #stringFrom = 0;

  constructor(items: Path) {
    this.#wanted = items.map(String);
  }

  get began(): boolean {
    return this.#state !== "head";
  }

  get ended(): boolean {
    return this.#state === "tail";
  }

  take(text: string): readonly Part[] {
    if (this.#state === "tail") return [{ kind: "tail", text }];
    const parts: Part[] = [];
    const from = this.#held.length;
    const all = this.#held + text;
    let cut = 0;
    for (let at = from; at < all.length; at += 1) {
      const character = all.charCodeAt(at);
      if (this.#inString) {
        this.#inside(character, all, at);
        continue;
      }
      if (character === 34) {
        this.#inString = true;
        this.#stringFrom = at + 1;
        continue;
      }
      if (this.#state === "items" && this.#open.length === this.#wanted.length + 1) {
        if (character === 44 && all.slice(cut, at).replace(/^\s*,/, "").trim() !== "") {
          parts.push({ kind: "item", text: all.slice(cut, at) });
          cut = at;
        } else if (character === 93) {
          const rest = all.slice(cut, at);
          if (rest.trim() !== "") parts.push({ kind: "item", text: rest.trimEnd() });
          this.#state = "tail";
          parts.push({
            kind: "tail",
            text: (rest.trim() === "" ? rest : rest.slice(rest.trimEnd().length)) + all.slice(at),
          });
          this.#held = "";
          return parts;
        }
      }
      if (this.#structure(character)) {
        parts.push({ kind: "head", text: all.slice(0, at + 1) });
        cut = at + 1;
        this.#state = "items";
      }
    }
    this.#stringFrom -= cut;
    this.#held = all.slice(cut);
    const max = this.#state === "head" ? AROUND_MAX : ITEM_CHARACTERS_MAX;
    if (this.#held.length > max)
      throw new FileRefusal("E_LIMIT", "an item, or what stands before the list, is too long");
    return parts;
  }

  #inside(character: number, all: string, at: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (character === 92) this.#escaped = true;
    else if (character === 34) {
      this.#inString = false;
      // Only keys before the list matter; what an item holds is parsed as a whole.
      if (this.#state === "head") this.#string = all.slice(this.#stringFrom, at);
    }
  }

  /** True: the wanted list has just been opened. */
  #structure(character: number): boolean {
    const top = this.#open.at(-1);
    switch (character) {
      case 58: // :
        if (top !== undefined && !top.array && this.#state === "head") top.key = keyOf(this.#string);
        return false;
      case 123: // {
        this.#open.push({ array: false, key: "" });
        return false;
      case 91: {
        const here = this.#open.every((each, index) => !each.array && each.key === this.#wanted[index]);
        const found = this.#state === "head" && here && this.#open.length === this.#wanted.length;
        this.#open.push({ array: true, key: "" });
        return found;
      }
      case 125: // }
      case 93: // ]
        this.#open.pop();
        return false;
      default:
        return false;
    }
  }
}

function keyOf(raw: string): string {
  const key = parsed(`"${raw}"`);
  return typeof key === "string" ? key : raw;
}
