// JSON Lines: a record a line. A line that is no JSON object is broken; the last line, when it is cut off, is the whole file.

import { JsonError, jsonText, parseJson } from "../../../core/json.ts";
import { valueAt, withValueAt, type Path } from "../../../core/path.ts";
import { digitsOf, isFields, type Fields, type Value } from "../../../core/value.ts";
import { FileRefusal, ITEM_CHARACTERS_MAX, onlyItem, type FileFormat, type Piece } from "./refusal.ts";

export interface JsonlOptions {
  readonly encoding: string | null;
  /** Where the last line tells how many there are before it; null: it does not. */
  readonly count: Path | null;
}

export function jsonlFormat(options: JsonlOptions): FileFormat {
  return {
    encoding: options.encoding,
    read: (texts) => readJsonl(texts, options),
    empty: () => ({ head: "", tail: options.count === null ? "" : countLine(options.count, 0) }),
    write: (item) => `${jsonText(item)}\n`,
    placed: (text) => (text.endsWith("\n") ? text : `${text}\n`),
    reread: (_, text) => onlyItem([pieceOf(text, 1)]),
    tailFor: (tail, count) => (options.count === null ? tail : countLine(options.count, count)),
  };
}

function countLine(at: Path, count: number): string {
  return `${jsonText(withValueAt({}, at, count))}\n`;
}

async function* readJsonl(texts: AsyncIterable<string>, { count }: JsonlOptions): AsyncGenerator<Piece> {
  yield { kind: "head", text: "" };
  let row = 0;
  let items = 0;
  let last: string | null = null;
  for await (const next of linesOf(texts)) {
    row += 1;
    if (next.trim() === "") continue;
    if (last !== null) {
      items += 1;
      yield pieceOf(last, row - 1);
    }
    last = next;
  }
  if (count !== null) {
    const trailer = last === null ? undefined : parsed(last);
    const said = valueAt(trailer ?? undefined, count);
    if (said === undefined)
      throw new FileRefusal("E_INCOMPLETE", "the last line tells no count: the file is not complete");
    if ((typeof said === "string" ? said : digitsOf(said)) !== String(items))
      throw new FileRefusal(
        "E_INCOMPLETE",
        `the last line counts ${jsonText(said)}, and there are ${String(items)} lines`,
      );
    yield { kind: "tail", text: last ?? "" };
    return;
  }
  if (last !== null) {
    const piece = pieceOf(last, row);
    if (piece.kind === "broken" && !last.endsWith("\n"))
      throw new FileRefusal("E_INCOMPLETE", `row ${String(row)} is cut off: the file ends within it`);
    yield piece;
  }
  yield { kind: "tail", text: "" };
}

async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of texts) {
    rest += text;
    let from = 0;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", from)) {
      yield rest.slice(from, end + 1);
      from = end + 1;
    }
    rest = rest.slice(from);
    if (rest.length > ITEM_CHARACTERS_MAX) throw new FileRefusal("E_LIMIT", "a line is longer than a record can be");
  }
  if (rest !== "") yield rest;
}

function parsed(line: string): Value | null {
  try {
    return parseJson(line);
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}

function pieceOf(text: string, row: number): Piece {
  const item: Value | Fields | null = parsed(text);
  if (isFields(item)) return { kind: "item", row, text, item };
  return { kind: "broken", row, text, code: "E_MALFORMED", message: `row ${String(row)} is no JSON object` };
}
