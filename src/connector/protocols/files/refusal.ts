// Why a whole file is not believed, and the pieces a file is read as. A refusal is thrown inside this protocol only.

import type { Fields } from "../../../core/value.ts";

export class FileRefusal extends Error {
  override readonly name = "FileRefusal";
  /** E_ENCODING, E_CSV_HEADER, E_CSV_ROW, E_MALFORMED, E_XML_DOCTYPE, E_XML_MALFORMED, E_LIMIT, E_INCOMPLETE */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A file in order: what stands before the items, the items, what stands after them. */
export type Piece =
  | { readonly kind: "head"; readonly text: string }
  /** `text`: as it stands in the file, with what separates it from the item before. `row` counts from 1 as people count. */
  | { readonly kind: "item"; readonly row: number; readonly text: string; readonly item: Fields }
  | {
      readonly kind: "broken";
      readonly row: number;
      readonly text: string;
      readonly code: string;
      readonly message: string;
    }
  | { readonly kind: "tail"; readonly text: string };

/** How one format is read and written, with its options. */
export interface FileFormat {
  /** Null: by its marks, else UTF-8. */
  readonly encoding: string | null;
  /** Exactly one head, then items, then one tail. @throws FileRefusal */
  read(texts: AsyncIterable<string>): AsyncGenerator<Piece>;
  /** Head and tail of a file that is not there yet. @param names Top-level names that records have. */
  empty(names: readonly string[]): { readonly head: string; readonly tail: string };
  /**
   * The item's text, ready to stand after another, or, `first`, after the head.
   * @throws FileRefusal when the format has no place for it.
   */
  write(item: Fields, place: { readonly first: boolean; readonly head: string }): string;
  /** An item's text moved to another place: the separators belong to the place. */
  placed(text: string, first: boolean): string;
  /** What a written item will read as: numbers of CSV are text again. */
  reread(head: string, text: string): Promise<Fields>;
  /** The tail for this many items, where it holds their count. */
  tailFor(tail: string, count: number): string;
}

/** More in one item than any record has: one of them could fill the memory. */
export const ITEM_CHARACTERS_MAX = 16_777_216;

export async function* oneText(text: string): AsyncGenerator<string> {
  yield text;
}

/** @throws FileRefusal when what was written is not read as one item. */
export async function onlyItem(pieces: AsyncIterable<Piece> | Iterable<Piece>): Promise<Fields> {
  for await (const piece of pieces) {
    if (piece.kind === "item") return piece.item;
    if (piece.kind === "broken") throw new FileRefusal(piece.code, piece.message);
  }
  throw new FileRefusal("E_MALFORMED", "what was to be written would not be read as a record");
}
