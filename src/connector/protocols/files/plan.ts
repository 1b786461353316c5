// One object of a files connector, read and checked: which files, how they are read, what can be written.

import { didYouMean, problem, type KeyPath } from "../../../core/problem.ts";
import { parsePath, type Path } from "../../../core/path.ts";
import type { Capabilities } from "../../contract.ts";
import type { ObjectPart } from "../../file/object.ts";
import { ObjectReader } from "../../object-reader.ts";
import { readFields } from "../../plan-object.ts";
import type { RecordShape } from "../../record.ts";
import { csvFormat } from "./csv.ts";
import { isEncoding } from "./encoding.ts";
import type { CsvPart, ReadyPart } from "./file.ts";
import { globOf, hasWildcard } from "./glob.ts";
import { jsonFormat } from "./json.ts";
import { jsonlFormat } from "./jsonl.ts";
import type { FileFormat } from "./refusal.ts";
import { xmlFormat } from "./xml.ts";

export interface FilesPlan {
  readonly name: string;
  readonly at: string;
  readonly matches: (name: string) => boolean;
  /** The glob as written. */
  readonly glob: string;
  readonly format: FileFormat;
  readonly isXml: boolean;
  readonly encoding: string | null;
  readonly means: "snapshot" | "changes";
  readonly take: "newest" | "all";
  readonly marker: string | null;
  readonly settledMs: number | null;
  readonly moveTo: string | null;
  /** Name of the file that a new record goes to, `*` for the key of the write; null: the newest one there is. */
  readonly writeTo: string | null;
  readonly writeOnly: boolean;
  readonly shape: RecordShape;
  readonly naturalKeys: readonly string[];
  /** Top-level names of a record in the file, for one that is made new. */
  readonly names: readonly string[];
  readonly capabilities: Capabilities;
}

const SETTLED_MAX_MS = 3_600_000;
/** Two changes within a tick of the folder's clock look alike: whole seconds over SFTP. */
const CLOCK_TICK_MS = 2000;
const YEAR_MS = 365 * 86_400_000;
const FORMATS = ["csv", "jsonl", "json", "xml"] as const;
const OPERATIONS = ["list", "get", "find", "changes", "create", "update", "delete", "batch"] as const;

/** Null: something is wrong; the reader holds what. */
export function planFiles(
  name: string,
  part: ObjectPart,
): { readonly plan: FilesPlan | null; readonly problems: ObjectReader["problems"] } {
  const reader = new ObjectReader(["objects", name]);
  const at = (...key: KeyPath): KeyPath => [...reader.at, ...key];
  const report = (code: string, path: KeyPath, message: string, hint: string, on: "key" | "value" = "value"): void => {
    reader.problems.push(problem(code, path, message, { hint, on }));
  };
  for (const key of OPERATIONS) {
    if (part[key] !== undefined)
      report(
        "E_UNKNOWN_KEY",
        at(key),
        `"${key}" is no key of protocol files: what can be done follows from the files`,
        "remove it",
        "key",
      );
  }
  if (part.at === undefined)
    report("E_MISSING", at(), "an object of files needs its folder", "add at: ./FOLDER or at: sftp://HOST/PATH", "key");
  const id = reader.path(part.id, ["id"], ["id"]);
  const fields = readFields(part, reader);
  const glob = part.glob ?? "*";
  if (glob.includes("/"))
    report("E_GLOB", at("glob"), "a glob names files of the folder itself", "put folders into `at`");
  const means = part.means ?? "snapshot";
  const writeOnly = part.write_only ?? false;
  const ready: ReadyPart = part.ready_when ?? {};
  const shape: RecordShape = {
    id,
    version: null,
    modified: reader.maybePath(part.modified, ["modified"]),
    deleted: reader.maybePath(part.deleted, ["deleted"]),
    deletedIs: part.deleted_is === undefined ? null : [part.deleted_is].flat(),
    fields,
    keepsItems: true,
  };
  if (part.version !== undefined)
    report(
      "E_COMBINATION",
      at("version"),
      "the version of a record in a file is the hash of it",
      "leave version out",
      "key",
    );
  if (part.take !== undefined && means === "changes")
    report("E_COMBINATION", at("take"), "files of changes are read one after the other", "leave take out", "key");
  if (writeOnly && means === "snapshot")
    report(
      "E_COMBINATION",
      at("write_only"),
      "a snapshot is rewritten as a whole, so it has to be read",
      "say means: changes",
      "key",
    );
  const csv = part.format?.csv;
  if (csv?.escape_formulas === true && !writeOnly)
    report(
      "E_COMBINATION",
      at("format", "csv", "escape_formulas"),
      "escaped cells would be read back as other values",
      "leave it out, or say write_only: true",
      "key",
    );
  const settledMs = reader.duration(
    ready.settled ?? part.settle,
    ready.settled === undefined ? ["settle"] : ["ready_when", "settled"],
    0,
    SETTLED_MAX_MS,
  );
  const count = ready.count === undefined ? null : countPath(ready, part, reader);
  const columnsOf = (path: Path): string => String(path[0]);
  const needed = [id, shape.modified, shape.deleted, ...fields.map((field) => field.at)].filter(
    (path) => path !== null,
  );
  const names = [...new Set(needed.map(columnsOf))];
  const format =
    part.format === undefined
      ? null
      : formatOf(part.format, { ready, count, shape, names: [...names], reader, report, at });
  if (part.format === undefined)
    report("E_MISSING", at(), "an object of files needs its format", "add format: { csv: {} }", "key");
  const writeTo = part.write_to ?? (hasWildcard(glob) ? (means === "changes" ? glob : null) : glob);
  if (part.write_to !== undefined && !writeOnly && !globOf(glob)(part.write_to.replaceAll("*", "x")))
    report(
      "E_GLOB",
      at("write_to"),
      "the glob does not match this name, so it would never be read back",
      "choose a name that the glob matches",
    );
  if (means === "changes" && writeTo?.includes("*") === false)
    report(
      "E_GLOB",
      at(part.write_to === undefined ? "glob" : "write_to"),
      "each write is a file of its own, so the name needs a *",
      "as in orders-*.csv",
    );
  // A count inside a document stands where rewriting passes by before the number is known.
  const counted = count !== null && part.format?.jsonl === undefined;
  const deletes = means === "snapshot" || shape.deleted !== null;
  const capabilities = capabilitiesOf({ means, writeOnly, shape, part, deletes, writable: !counted || writeOnly });
  if (format === null || part.at === undefined || reader.problems.length > 0)
    return { plan: null, problems: reader.problems };
  return {
    problems: reader.problems,
    plan: {
      name,
      at: part.at,
      matches: globOf(glob),
      glob,
      format,
      isXml: part.format?.xml !== undefined,
      encoding: format.encoding,
      means,
      take: part.take ?? "newest",
      marker: ready.marker ?? null,
      settledMs: settledMs === 0 ? null : settledMs,
      moveTo: part.after?.move_to ?? null,
      writeTo,
      writeOnly,
      shape,
      naturalKeys: part.natural_keys ?? [],
      names,
      capabilities,
    },
  };
}

function capabilitiesOf(facts: {
  readonly means: "snapshot" | "changes";
  readonly writeOnly: boolean;
  readonly shape: RecordShape;
  readonly part: ObjectPart;
  /** A file can say that a record is gone. */
  readonly deletes: boolean;
  readonly writable: boolean;
}): Capabilities {
  const { means, writeOnly, shape, part, deletes, writable } = facts;
  const naturalKeys = part.natural_keys ?? [];
  const verify = naturalKeys.length > 0 ? "find" : shape.id.length === 1 && shape.id[0] === "id" ? "get" : null;
  return {
    list: !writeOnly,
    get: !writeOnly,
    findBy: writeOnly ? [] : naturalKeys.map((key) => [key]),
    findSettleMs: 0,
    changes: writeOnly
      ? null
      : {
          settleMs: means === "snapshot" ? CLOCK_TICK_MS : 0,
          cannotSeeDeletes: means === "snapshot" || shape.deleted === null,
        },
    // The id is in the record or comes from the key, so a repeat meets what the first attempt wrote.
    create: !writable ? null : { repeat: "safe", verify: writeOnly ? null : verify, keyLifeMs: YEAR_MS },
    update: writeOnly || !writable ? null : { guard: "if-match", needsCurrent: means === "changes" },
    delete: writeOnly || !writable || !deletes ? null : { guard: "if-match", effect: "delete" },
    batch: { read: 1000, create: 1000, update: 1000, delete: 1000 },
    versioned: !writeOnly,
    tellsModified: shape.modified !== null,
    naturalKeys,
  };
}

interface FormatFacts {
  readonly ready: ReadyPart;
  readonly count: Path | null;
  readonly shape: RecordShape;
  readonly names: readonly string[];
  readonly reader: ObjectReader;
  readonly report: (code: string, path: KeyPath, message: string, hint: string, on?: "key" | "value") => void;
  readonly at: (...key: KeyPath) => KeyPath;
}

function formatOf(part: NonNullable<ObjectPart["format"]>, facts: FormatFacts): FileFormat | null {
  const { report, at, count } = facts;
  const said = FORMATS.filter((kind) => part[kind] !== undefined);
  const [kind] = said;
  if (kind === undefined || said.length > 1) {
    report("E_COMBINATION", at("format"), "a file has one format", `say one of ${FORMATS.join(", ")}`, "key");
    return null;
  }
  const encoding = part[kind]?.encoding ?? null;
  if (encoding !== null && !isEncoding(encoding))
    report(
      "E_ENCODING",
      at("format", kind, "encoding"),
      `the encoding "${encoding}" is not known`,
      didYouMean(encoding, KNOWN) ?? "as in utf-16le, windows-1252, iso-8859-1",
    );
  switch (kind) {
    case "csv":
      return csv(part.csv ?? {}, encoding, facts);
    case "jsonl":
      return jsonlFormat({ encoding, count });
    case "json":
      return jsonFormat({
        encoding,
        count,
        items: facts.reader.path(part.json?.items, ["format", "json", "items"], []),
      });
    case "xml": {
      const item = (part.xml?.item ?? "").split(".");
      if (item.length < 2 || item.some((name) => !/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name)))
        report("E_PATH", at("format", "xml", "item"), "the item's path begins at the root", "as in customers.customer");
      return xmlFormat({
        encoding,
        count,
        item,
        namespace: part.xml?.namespace ?? null,
        lists: new Set(part.xml?.lists),
      });
    }
  }
}

const KNOWN = [
  "utf-8",
  "utf-16le",
  "utf-16be",
  "windows-1252",
  "iso-8859-1",
  "iso-8859-15",
  "windows-1250",
  "windows-1251",
  "shift_jis",
  "gb18030",
];

function csv(part: CsvPart, encoding: string | null, facts: FormatFacts): FileFormat {
  const { ready, shape, names, report, at } = facts;
  const header = part.header ?? true;
  const delimiter = part.delimiter ?? ",";
  const quote = part.quote === undefined ? '"' : part.quote;
  if (!header && part.columns === undefined)
    report(
      "E_MISSING",
      at("format", "csv"),
      "a file without header needs the names of its columns",
      "add columns: [...]",
      "key",
    );
  const twice = part.columns?.find((name, index) => part.columns?.indexOf(name) !== index);
  if (twice !== undefined)
    report("E_CSV_HEADER", at("format", "csv", "columns"), `the column "${twice}" stands twice`, "name each once");
  const missing = part.columns === undefined ? undefined : names.find((name) => part.columns?.includes(name) === false);
  if (missing !== undefined)
    report("E_CSV_HEADER", at("format", "csv", "columns"), `there is no column "${missing}"`, "add it to the columns");
  if (delimiter === quote || /[\r\n]/.test(delimiter))
    report(
      "E_COMBINATION",
      at("format", "csv", "delimiter"),
      "this cannot stand between cells",
      "choose another delimiter",
    );
  const deep = [shape.id, ...shape.fields.map((field) => field.at)].find((path) => path.length > 1);
  if (deep !== undefined)
    report(
      "E_PATH",
      at("fields"),
      `a row has no place "${deep.join(".")}"`,
      `a column with a dot in its name is quoted: '"${deep.join(".")}"'`,
    );
  return csvFormat({
    delimiter,
    quote,
    encoding,
    header,
    columns: part.columns ?? null,
    needed: names,
    decimalComma: part.decimal === ",",
    numbers: new Set(
      shape.fields.filter(({ type }) => type === "decimal" || type === "integer").map((field) => String(field.at[0])),
    ),
    escapeFormulas: part.escape_formulas ?? false,
    newline: part.newline ?? "\n",
    trailer: ready.count?.row === undefined ? null : { row: ready.count.row, column: ready.count.column ?? 2 },
  });
}

/** Where json, jsonl and xml tell their count; csv has a row of its own. */
function countPath({ count }: ReadyPart, part: ObjectPart, reader: ObjectReader): Path | null {
  const isCsv = part.format?.csv !== undefined;
  const wrong = isCsv
    ? count?.row === undefined || count.at !== undefined
    : count?.at === undefined || count.row !== undefined;
  if (wrong) {
    reader.problems.push(
      problem(
        "E_COMBINATION",
        [...reader.at, "ready_when", "count"],
        isCsv ? "csv counts in its last row" : "this format counts at a path",
        {
          hint: isCsv ? "count: { row: TRAILER, column: 2 }" : "count: { at: PATH }",
        },
      ),
    );
    return null;
  }
  return count?.at === undefined ? null : parsePath(count.at);
}
