// Keys of an object that only the files protocol has.

import { z } from "zod";
import { about, duration, path } from "../../file/text.ts";

const encoding = about(
  z.string().min(1).optional(),
  "Encoding of the file; default: by its byte order mark, else UTF-8. Bytes that do not fit are refused.",
  "windows-1252",
);

const csvSchema = z.strictObject({
  delimiter: about(z.string().min(1).max(4).optional(), "Between cells; default a comma.", ";"),
  quote: about(z.string().length(1).nullable().optional(), "Around cells; null: none. Default a double quote.", '"'),
  header: about(
    z.boolean().optional(),
    "False: the first row is a record already; then `columns` names the cells.",
    true,
  ),
  columns: about(
    z.array(z.string().min(1)).min(1).optional(),
    "Names of the columns of a file without header, or of one that is written new.",
    ["id", "name"],
  ),
  encoding,
  decimal: about(z.enum([".", ","]).optional(), "Before the fraction of fields of type decimal; default a point.", ","),
  newline: about(z.enum(["\n", "\r\n"]).optional(), "At the end of rows that are written; default \\n.", "\r\n"),
  escape_formulas: about(
    z.boolean().optional(),
    "write_only: puts ' before cells that a spreadsheet would take for a formula.",
    true,
  ),
});

const jsonlSchema = z.strictObject({ encoding });

const jsonSchema = z.strictObject({
  items: about(path.optional(), "Path of the list of items in the document; default $.", "data.customers"),
  encoding,
});

const xmlSchema = z.strictObject({
  item: about(z.string().min(1), "Names from the root to the repeated element, dots between.", "customers.customer"),
  namespace: about(z.string().min(1).optional(), "URI that items are in; left out: any.", "urn:example:customers"),
  lists: about(z.array(z.string().min(1)).optional(), "Elements that are lists even when there is one.", ["line"]),
  encoding,
});

export type CsvPart = z.output<typeof csvSchema>;

const formatSchema = z.strictObject({
  csv: about(csvSchema.optional(), "Rows of cells.", { delimiter: ";" }),
  jsonl: about(jsonlSchema.optional(), "A JSON object a line.", {}),
  json: about(jsonSchema.optional(), "One JSON document with a list in it.", { items: "data.customers" }),
  xml: about(xmlSchema.optional(), "One XML document with a repeated element.", { item: "customers.customer" }),
});

const readySchema = z.strictObject({
  marker: about(
    z.string().min(1).optional(),
    "The file is complete once this one is there; * stands for its name, with or without extension.",
    "*.done",
  ),
  settled: about(
    duration.optional(),
    "The file is complete once size and time have stayed the same for so long.",
    "10s",
  ),
  count: about(
    z
      .strictObject({
        row: about(z.string().min(1).optional(), "csv: what the last row begins with.", "TRAILER"),
        column: about(
          z.number().int().min(2).max(1000).optional(),
          "csv: the cell of it that holds the count; default 2.",
          2,
        ),
        at: about(path.optional(), "json, xml, jsonl (in the last line): path of the count.", "count"),
      })
      .optional(),
    "The file tells how many records it has; another number: it is not complete.",
    { row: "TRAILER", column: 2 },
  ),
});

export type ReadyPart = z.output<typeof readySchema>;

/** Spread into the schema of an object. */
export const filesObjectPart = {
  at: about(
    z.string().min(1).optional(),
    "files: the folder. Relative to base_url where the file has one, else to the connector file; or sftp://HOST/PATH. {{ settings.NAME }} may stand in it.",
    "sftp://files.example.com/out",
  ),
  glob: about(z.string().min(1).optional(), "files: which files, * and ? for what differs; default all.", "*.csv"),
  format: about(formatSchema.optional(), "files: csv, jsonl, json or xml.", { csv: {} }),
  means: about(
    z.enum(["snapshot", "changes"]).optional(),
    "files: snapshot: a file holds every record; changes: each file holds what changed, read in order of names. Default snapshot.",
    "snapshot",
  ),
  take: about(
    z.enum(["newest", "all"]).optional(),
    "files: the newest file is the snapshot (default), or all of them together are.",
    "newest",
  ),
  ready_when: about(readySchema.optional(), "files: when a file is complete. All that is said must hold.", {
    marker: "*.done",
  }),
  after: about(
    z.strictObject({ move_to: about(z.string().min(1), "Folder, relative to `at`.", "done") }).optional(),
    "files: what becomes of files that were read (changes), or that a newer one replaced (snapshot).",
    { move_to: "done" },
  ),
  write_to: about(
    z.string().min(1).optional(),
    "files: name of the file that new records go to; * stands for the key of the write. Default: by the glob.",
    "orders-*.csv",
  ),
  write_only: about(
    z.boolean().optional(),
    "files: true: one new file a record, never read back, for a partner who takes them away.",
    true,
  ),
  settle: about(duration.optional(), "files: short for ready_when: { settled }.", "10s"),
} as const;

/** Keys of an object that only the files protocol has. */
export const FILES_KEYS = Object.keys(filesObjectPart) as readonly (keyof typeof filesObjectPart)[];
