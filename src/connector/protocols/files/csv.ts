// CSV. Every cell is text, exactly as it stands: leading zeros stay, formulas are text. An empty cell is null.
//
//   quotes that do not pair       the whole file is refused (E_CSV_ROW): what follows cannot be told apart
//   a row of another width        that row is broken (E_CSV_ROW); the last row of a cut file: the whole file (E_INCOMPLETE)
//   a header without a column     the whole file (E_CSV_HEADER), also for one that stands twice
//
// Rows count from 1 with the header, as a spreadsheet counts them.

import { Readable } from "node:stream";
import { parse, type Options } from "csv-parse";
import { stringify } from "csv-stringify/sync";
import { parse as parseSync } from "csv-parse/sync";
import { jsonText } from "../../../core/json.ts";
import { digitsOf, type Fields, type Value } from "../../../core/value.ts";
import { FileRefusal, ITEM_CHARACTERS_MAX, oneText, onlyItem, type FileFormat, type Piece } from "./refusal.ts";

export interface CsvOptions {
  readonly delimiter: string;
  readonly quote: string | null;
  readonly encoding: string | null;
  readonly header: boolean;
  /** Names of the columns: of a file without header, or of one that is written new. Null: not said. */
  readonly columns: readonly string[] | null;
  /** Columns that the connector file names; the header must have them. */
  readonly needed: readonly string[];
  readonly decimalComma: boolean;
  /** Columns of numbers, for the decimal comma. */
  readonly numbers: ReadonlySet<string>;
  readonly escapeFormulas: boolean;
  readonly newline: string;
  readonly trailer: { readonly row: string; readonly column: number } | null;
}

/** More columns than any table has. */
const COLUMNS_MAX = 10_000;
const FORMULA = /^[=+\-@\t\r]/;

interface Row {
  readonly record: readonly string[];
  readonly raw: string;
}

export function csvFormat(options: CsvOptions): FileFormat {
  return {
    encoding: options.encoding,
    read: (texts) => readCsv(texts, options),
    empty: (names) => ({
      head: options.header ? line(options.columns ?? names, options) : "",
      tail: options.trailer === null ? "" : trailerLine(options.trailer, 0, options),
    }),
    write: (item, { head }) => line(cellsOf(item, columnsOf(head, options), options), options),
    placed: (text) => (/[\r\n]$/.test(text) ? text : text + options.newline),
    async reread(head, text) {
      const trailer = options.trailer === null ? "" : trailerLine(options.trailer, 1, options);
      return onlyItem(readCsv(oneText(head + text + trailer), options));
    },
    tailFor: (tail, count) => (options.trailer === null ? tail : trailerLine(options.trailer, count, options)),
  };
}

async function* readCsv(texts: AsyncIterable<string>, options: CsvOptions): AsyncGenerator<Piece> {
  let columns = options.header ? null : options.columns;
  if (columns !== null) yield { kind: "head", text: "" };
  let row = 0;
  let items = 0;
  let last: Row | null = null;
  for await (const next of rowsOf(texts, options)) {
    const before = last;
    last = next;
    if (before === null) continue;
    row += 1;
    if (columns === null) {
      columns = headerOf(before, options);
      yield { kind: "head", text: withNewline(before.raw, options) };
      continue;
    }
    items += 1;
    yield pieceOf(before, columns, row, options);
  }
  if (last === null) {
    if (columns === null) throw new FileRefusal("E_CSV_HEADER", "the file is empty, where a header is due");
    if (options.trailer !== null) throw incomplete(options.trailer.row);
    yield { kind: "tail", text: "" };
    return;
  }
  row += 1;
  const cut = !/[\r\n]$/.test(last.raw);
  if (columns === null) {
    columns = headerOf(last, options);
    yield { kind: "head", text: withNewline(last.raw, options) };
    if (options.trailer !== null) throw incomplete(options.trailer.row);
    yield { kind: "tail", text: "" };
    return;
  }
  if (options.trailer !== null) {
    checkTrailer(last, options.trailer, items);
    yield { kind: "tail", text: last.raw };
    return;
  }
  if (cut && last.record.length < columns.length) {
    throw new FileRefusal("E_INCOMPLETE", `row ${String(row)} is cut off: the file ends within it`);
  }
  yield pieceOf(last, columns, row, options);
  yield { kind: "tail", text: "" };
}

function parserOptions(options: CsvOptions): Options {
  return {
    delimiter: options.delimiter,
    quote: options.quote,
    escape: options.quote ?? '"',
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: ITEM_CHARACTERS_MAX,
  };
}

async function* rowsOf(texts: AsyncIterable<string>, options: CsvOptions): AsyncGenerator<Row> {
  const parser = parse({ ...parserOptions(options), raw: true });
  const source = Readable.from(texts, { objectMode: true, highWaterMark: 1 });
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const next of parser as AsyncIterable<Row>) {
      if (next.record.length > COLUMNS_MAX) {
        throw new FileRefusal(
          "E_LIMIT",
          `a row of ${String(next.record.length)} columns; ${String(COLUMNS_MAX)} are allowed`,
        );
      }
      yield next;
    }
  } catch (error) {
    throw csvRefusal(error);
  } finally {
    source.destroy();
    parser.destroy();
  }
}

function csvRefusal(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "CSV_MAX_RECORD_SIZE") return new FileRefusal("E_LIMIT", "a row is longer than a record can be");
  if (typeof code !== "string" || !code.startsWith("CSV_")) return error;
  const at = error instanceof Error && "lines" in error ? ` near line ${String(error.lines)}` : "";
  const what = code === "CSV_QUOTE_NOT_CLOSED" ? "a quote is never closed" : "quotes do not pair";
  return new FileRefusal("E_CSV_ROW", `${what}${at}: is the file cut, or are delimiter and quote others?`);
}

function headerOf({ record }: Row, options: CsvOptions): readonly string[] {
  const names = record.map((name) => name.trim());
  const twice = names.find((name, index) => name !== "" && names.indexOf(name) !== index);
  if (twice !== undefined) throw new FileRefusal("E_CSV_HEADER", `the header has the column "${twice}" twice`);
  const missing = options.needed.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new FileRefusal(
      "E_CSV_HEADER",
      `the header has no column "${missing}"; it has ${String(names.length)} columns`,
    );
  }
  return names;
}

function pieceOf({ record, raw }: Row, columns: readonly string[], row: number, options: CsvOptions): Piece {
  if (record.length !== columns.length) {
    const message = `row ${String(row)} has ${String(record.length)} cells, the header ${String(columns.length)}`;
    return { kind: "broken", row, text: raw, code: "E_CSV_ROW", message };
  }
  const item: Record<string, Value> = {};
  columns.forEach((name, index) => {
    const cell = record[index] ?? "";
    if (name !== "")
      item[name] = cell === "" ? null : options.decimalComma && options.numbers.has(name) ? withPoint(cell) : cell;
  });
  return { kind: "item", row, text: raw, item };
}

/** `1.234,50` is `1234.50`; what is no such number stays as it is. */
function withPoint(cell: string): string {
  const text = cell.trim();
  if (!/^[+-]?(?:\d{1,3}(?:[.\u00a0' ]\d{3})+|\d+)(?:,\d+)?$/.test(text)) return cell;
  return text
    .replace(/[.\u00a0' ]/g, "")
    .replace(",", ".")
    .replace(/^\+/, "");
}

function columnsOf(head: string, options: CsvOptions): readonly string[] {
  if (!options.header) return options.columns ?? [];
  const [names = []] = parseSync(head, parserOptions(options));
  return names.map((name) => name.trim());
}

function cellsOf(item: Fields, columns: readonly string[], options: CsvOptions): readonly string[] {
  const unknown = Object.keys(item).find((name) => !columns.includes(name) && item[name] !== null);
  if (unknown !== undefined) throw new FileRefusal("E_CSV_HEADER", `the file has no column "${unknown}"`);
  return columns.map((name) => {
    const cell = cellOf(item[name] ?? null);
    if (options.decimalComma && options.numbers.has(name)) return cell.replace(".", ",");
    return options.escapeFormulas && FORMULA.test(cell) ? `'${cell}` : cell;
  });
}

function cellOf(value: Value): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  return digitsOf(value) ?? jsonText(value);
}

function line(cells: readonly string[], options: CsvOptions): string {
  if (options.quote === null) {
    if (cells.some((cell) => cell.includes(options.delimiter) || /[\r\n]/.test(cell)))
      throw new FileRefusal("E_CSV_ROW", "a value has the delimiter or a line end in it, and this file has no quotes");
    return cells.join(options.delimiter) + options.newline;
  }
  return stringify([[...cells]], {
    delimiter: options.delimiter,
    quote: options.quote,
    escape: options.quote,
    record_delimiter: options.newline,
    // A row of one empty cell would be an empty line, which is skipped when it is read.
    quoted_empty: cells.length === 1,
    quoted_match: /[\r\n]/,
  });
}

function withNewline(raw: string, options: CsvOptions): string {
  return /[\r\n]$/.test(raw) ? raw : raw + options.newline;
}

function trailerLine(
  trailer: { readonly row: string; readonly column: number },
  count: number,
  options: CsvOptions,
): string {
  const cells = Array.from({ length: trailer.column }, () => "");
  cells[0] = trailer.row;
  cells[trailer.column - 1] = String(count);
  return line(cells, options);
}

function incomplete(row: string): FileRefusal {
  return new FileRefusal("E_INCOMPLETE", `the last row does not begin with "${row}": the file is not complete`);
}

function checkTrailer(
  { record }: Row,
  trailer: { readonly row: string; readonly column: number },
  items: number,
): void {
  if ((record[0] ?? "").trim() !== trailer.row) throw incomplete(trailer.row);
  const said = (record[trailer.column - 1] ?? "").trim();
  if (said.replace(/^0+(?=\d)/, "") === String(items)) return;
  throw new FileRefusal(
    "E_INCOMPLETE",
    `the last row counts ${said || "nothing"}, and there are ${String(items)} rows`,
  );
}
