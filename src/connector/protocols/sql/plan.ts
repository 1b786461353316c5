// One entry of `objects:` with protocol sql: what is read from where, how changes show, what a write does. Everything is derived
// from the table; statements of the file replace what they are given for.

import { gapsOf, type CapabilityGap } from "../../capability-gap.ts";
import type { Capabilities } from "../../contract.ts";
import type { ConnectorFile } from "../../file.ts";
import type { ObjectPart } from "../../file/object.ts";
import { readFields } from "../../plan-object.ts";
import { ObjectReader } from "../../object-reader.ts";
import type { RecordField, RecordShape } from "../../record.ts";
import { problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import type { Value } from "../../../core/value.ts";
import type { TableName } from "./dialect.ts";
import { checkStatement, readStatement, type NamedStatement } from "./named.ts";
import type { ReplicationPart } from "./file.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { IDENTIFIER, identifierProblem } from "./identifier.ts";
import { misplacedKeys } from "./misplaced.ts";
import type { DialectName } from "./place.ts";

export interface SqlObjectPlan {
  readonly name: string;
  readonly shape: RecordShape;
  readonly capabilities: Capabilities;
  /** What is written to, and whose columns are known; null: records come from `select` alone. */
  readonly table: TableName | null;
  /** Where records are read; null: the table. */
  readonly select: NamedStatement | null;
  readonly insert: NamedStatement | null;
  readonly update: NamedStatement | null;
  readonly delete: NamedStatement | null;
  readonly id: string;
  readonly version: string | null;
  readonly modified: string | null;
  readonly deleted: string | null;
  /** Value that archiving sets; null: by the column's kind. */
  readonly archivedAs: Value;
  /** Column that changes are read by; null: none. */
  readonly cursor: string | null;
  readonly overlap: number;
  readonly replication: ReplicationPart | null;
  readonly marker: string | null;
  readonly touch: Readonly<Record<string, "now" | "next">>;
  readonly pageSize: number;
  /** Columns that the file names, each with where: they must be there. */
  readonly named: readonly { readonly column: string; readonly at: string }[];
}

const PAGE_DEFAULT = 1000;
const OVERLAP_DEFAULT = 1000;

export interface PlannedSqlObject {
  readonly plan: SqlObjectPlan;
  readonly problems: readonly Problem[];
  readonly gaps: readonly CapabilityGap[];
}

export function planSqlObject(
  name: string,
  part: ObjectPart,
  file: ConnectorFile,
  dialect: DialectName,
): PlannedSqlObject {
  const reader = new ObjectReader(["objects", name]);
  const columns = new ColumnReader(reader, dialect);
  const table = readTable(part.table, reader);
  if (part.table === undefined && part.select === undefined) {
    reader.problems.push(
      problem("E_MISSING", reader.at, "this object names no table", {
        on: "key",
        hint: "add table: NAME, or select: with a statement",
      }),
    );
  }
  reader.problems.push(...misplacedKeys(part, reader.at));
  const id = columns.read(part.id ?? "id", ["id"]);
  const version = part.version === undefined ? null : columns.read(part.version, ["version"]);
  const modified = part.modified === undefined ? null : columns.read(part.modified, ["modified"]);
  const deleted = part.deleted === undefined ? null : columns.read(part.deleted, ["deleted"]);
  const deletedIs = part.deleted_is === undefined ? null : [part.deleted_is].flat();
  const fields = readFields(part, reader);
  for (const { name: field, at } of fields) {
    const [column] = at;
    columns.read(typeof column === "string" ? column : "", [
      "fields",
      field,
      ...(part.fields?.[field]?.at === undefined ? [] : ["at"]),
    ]);
  }
  const nested = fields.some((field) => field.at.length > 1);
  const update = typeof part.update === "string" ? part.update : null;
  const remove = typeof part.delete === "string" ? part.delete : null;
  const marker = part.create?.marker === undefined ? null : columnOf(fields, part.create.marker);
  if (marker !== null) columns.read(marker, ["create", "marker"]);
  for (const column of Object.keys(part.touch ?? {})) columns.read(column, ["touch", column]);
  const cursor =
    part.changes === undefined ? modified : columns.read(part.changes.cursor.at ?? "", ["changes", "cursor", "at"]);
  if (part.replication !== undefined && dialect !== "postgres") {
    reader.problems.push(
      problem(
        "E_COMBINATION",
        [...reader.at, "replication"],
        `replication slots are read of postgres, and this file says ${dialect}`,
        { on: "key", hint: "remove it" },
      ),
    );
  }
  // These two stand in statements as text.
  for (const key of ["slot", "publication"] as const) {
    const found = part.replication?.[key];
    if (found !== undefined && !IDENTIFIER.test(found))
      reader.problems.push(identifierProblem(found, [...reader.at, "replication", key], `a ${key}`));
  }
  if (part.replication !== undefined && part.changes !== undefined) {
    reader.problems.push(
      problem("E_COMBINATION", [...reader.at, "changes"], "changes are read from the replication slot", {
        on: "key",
        hint: "remove changes, or replication",
      }),
    );
  }
  const settings = Object.keys(file.settings ?? {});
  const values = [
    ...new Set([
      ...fields.map((field) => field.name),
      ...(part.natural_keys ?? []),
      ...(marker === null ? [] : [part.create?.marker ?? marker]),
    ]),
  ];
  const statement = (text: string | undefined | null, key: string, known: readonly string[]): NamedStatement | null => {
    if (text === undefined || text === null) return null;
    reader.problems.push(...checkStatement(text, [...reader.at, key], [...new Set([...known, ...settings])]));
    return readStatement(text);
  };
  const select = statement(part.select, "select", []);
  const statements = {
    insert: statement(part.insert, "insert", [...values, id, "key"]),
    update: statement(update, "update", [...values, "id", "version", "key"]),
    delete: statement(remove, "delete", ["id", "version", "key"]),
  };
  const capabilities = capabilitiesOf({
    part,
    reader,
    table,
    statements,
    version,
    deleted,
    cursor,
    fields,
    marker,
    nested,
  });
  const plan: SqlObjectPlan = {
    name,
    shape: {
      id: [id],
      version: version === null ? null : [version],
      modified: modified === null ? null : [modified],
      deleted: deleted === null ? null : [deleted],
      deletedIs,
      fields,
      keepsItems: nested || fields.some((field) => field.type !== null),
    },
    capabilities,
    table,
    select,
    ...statements,
    id,
    version,
    modified,
    deleted,
    archivedAs: deletedIs?.[0] ?? null,
    cursor: part.replication === undefined ? cursor : null,
    overlap: part.overlap ?? OVERLAP_DEFAULT,
    replication: part.replication ?? null,
    marker,
    touch: part.touch ?? {},
    pageSize: part.list?.page?.size ?? PAGE_DEFAULT,
    named: columns.named,
  };
  return { plan, problems: reader.problems, gaps: gapsOf(plan, part) };
}

/** Names of columns, checked and remembered. */
class ColumnReader {
  readonly named: { readonly column: string; readonly at: string }[] = [];
  readonly #reader: ObjectReader;
  readonly #dialect: DialectName;

  constructor(reader: ObjectReader, dialect: DialectName) {
    this.#reader = reader;
    this.#dialect = dialect;
  }

  read(column: string, key: KeyPath): string {
    if (IDENTIFIER.test(column)) {
      // Every Postgres row has its own version, which no catalogue lists.
      if (!(column === "xmin" && this.#dialect === "postgres")) this.named.push({ column, at: key.join(".") });
      return column;
    }
    this.#reader.problems.push(identifierProblem(column, [...this.#reader.at, ...key], "a column"));
    return "id";
  }
}

function readTable(text: string | undefined, reader: ObjectReader): TableName | null {
  if (text === undefined) return null;
  const parts = text.split(".");
  if (parts.length > 2 || !parts.every((part) => IDENTIFIER.test(part))) {
    reader.problems.push(identifierProblem(text, [...reader.at, "table"], "a table"));
    return null;
  }
  const [first = "", second] = parts;
  return second === undefined ? { schema: null, table: first } : { schema: first, table: second };
}

/** Column of a decoded name. */
export function columnOf(fields: readonly RecordField[], name: string): string {
  const first = fields.find((field) => field.name === name)?.at[0];
  return typeof first === "string" ? first : name;
}
