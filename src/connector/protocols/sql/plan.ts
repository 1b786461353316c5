// One entry of `objects:` with protocol sql: what is read from where, how changes show, what a write does. Everything is derived
// from the table; statements of the file replace what they are given for.

import { gapsOf, type CapabilityGap } from "../../capability-gap.ts";
import type { Capabilities, WriteGuard } from "../../contract.ts";
import type { ConnectorFile } from "../../file.ts";
import type { ObjectPart } from "../../file/object.ts";
import { readFields } from "../../plan-object.ts";
import { ObjectReader } from "../../object-reader.ts";
import type { RecordField, RecordShape } from "../../record.ts";
import { didYouMean, problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import type { Value } from "../../../core/value.ts";
import type { TableName } from "./dialect.ts";
import { checkStatement, readStatement, type NamedStatement } from "./named.ts";
import type { ReplicationPart } from "./file.ts";
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

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const PAGE_DEFAULT = 1000;
const OVERLAP_DEFAULT = 1000;
const SETTLE_DEFAULT_MS = 60_000;
const BATCH = { read: 1000, create: 500, update: 200, delete: 500 } as const;
const DAY_MS = 86_400_000;

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

function identifierProblem(found: string, path: KeyPath, what: string): Problem {
  return problem("E_IDENTIFIER", path, `"${found.slice(0, 80)}" cannot be the name of ${what}`, {
    found: found.slice(0, 80),
    expected: "letters, digits and _, at most 63, not beginning with a digit",
    hint: "make a view with a plain name",
  });
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

interface Facts {
  readonly part: ObjectPart;
  readonly reader: ObjectReader;
  readonly table: TableName | null;
  readonly statements: {
    readonly insert: NamedStatement | null;
    readonly update: NamedStatement | null;
    readonly delete: NamedStatement | null;
  };
  readonly version: string | null;
  readonly deleted: string | null;
  readonly cursor: string | null;
  readonly fields: readonly RecordField[];
  readonly marker: string | null;
  readonly nested: boolean;
}

function capabilitiesOf(facts: Facts): Capabilities {
  const { part, reader, table, statements, version, deleted, cursor, marker, nested } = facts;
  const findBy = readFindBy(facts);
  const create = part.create;
  const effect = (typeof part.delete === "object" ? part.delete.effect : undefined) ?? "delete";
  const archives = effect === "archive" && statements.delete === null;
  if (archives && deleted === null) {
    reader.problems.push(
      problem("E_MISSING", [...reader.at, "delete", "effect"], "archiving sets a column, and this object names none", {
        found: "archive",
        hint: "add deleted: COLUMN",
      }),
    );
  }
  if (create?.repeat === "by-key" && marker === null) {
    reader.problems.push(
      problem(
        "E_VERIFY",
        [...reader.at, "create", "repeat"],
        "a database remembers a key only in a column of its own",
        { found: "by-key", hint: "add marker: COLUMN" },
      ),
    );
  }
  if (create?.verify === "marker" && marker === null) {
    reader.problems.push(
      problem("E_VERIFY", [...reader.at, "create", "verify"], "verify: marker needs `marker: COLUMN` on create", {
        hint: "name the column that op.key is written into",
      }),
    );
  }
  if (create?.verify === "find" && findBy.length === 0) {
    reader.problems.push(
      problem("E_VERIFY", [...reader.at, "create", "verify"], "verify: find needs keys to look up by", {
        hint: "add natural_keys: [...] or find: { by: [...] }",
      }),
    );
  }
  const settleMs = reader.duration(
    part.changes?.cursor.settle,
    ["changes", "cursor", "settle"],
    SETTLE_DEFAULT_MS,
    7 * DAY_MS,
  );
  const changes =
    part.replication !== undefined
      ? { settleMs: 0, cannotSeeDeletes: false }
      : cursor !== null
        ? { settleMs, cannotSeeDeletes: true }
        : null;
  return {
    list: true,
    get: true,
    findBy,
    findSettleMs: reader.duration(part.find?.settle, ["find", "settle"], 0, DAY_MS),
    changes,
    create:
      table === null && statements.insert === null
        ? null
        : {
            repeat: create?.repeat ?? (marker === null ? "unsafe" : "by-key"),
            verify: create?.verify ?? (marker !== null ? "marker" : findBy.length > 0 ? "find" : null),
            // The key stays in its column as long as the row does.
            keyLifeMs: 365 * DAY_MS,
          },
    update:
      table === null && statements.update === null
        ? null
        : {
            guard: guardOf(
              typeof part.update === "object" ? part.update.guard : undefined,
              "update",
              statements.update,
              version,
              reader,
            ),
            needsCurrent: nested || statements.update !== null,
          },
    delete:
      table === null && statements.delete === null
        ? null
        : {
            guard: guardOf(
              typeof part.delete === "object" ? part.delete.guard : undefined,
              "delete",
              statements.delete,
              version,
              reader,
            ),
            effect,
          },
    batch: {
      read: part.batch?.read?.max ?? BATCH.read,
      create: statements.insert === null ? (part.batch?.create?.max ?? BATCH.create) : 1,
      update: statements.update === null ? (part.batch?.update?.max ?? BATCH.update) : 1,
      delete: statements.delete === null ? (part.batch?.delete?.max ?? BATCH.delete) : 1,
    },
    versioned: version !== null,
    tellsModified: part.modified !== undefined,
    naturalKeys: part.natural_keys ?? [],
  };
}

function guardOf(
  said: WriteGuard | undefined,
  operation: "update" | "delete",
  statement: NamedStatement | null,
  version: string | null,
  reader: ObjectReader,
): WriteGuard {
  if (said === "if-match" && version === null) {
    reader.problems.push(
      problem(
        "E_GUARD",
        [...reader.at, operation, "guard"],
        "if-match compares the record's version, and this object has none",
        {
          found: "if-match",
          expected: "an object with `version:`",
          hint: "add version: COLUMN (postgres has version: xmin in every table), or use guard: read-compare",
        },
      ),
    );
  }
  if (said !== undefined) return said;
  if (version === null) return "read-compare";
  return statement === null || statement.names.includes("version") ? "if-match" : "read-compare";
}

function readFindBy({ part, reader, fields }: Facts): readonly (readonly string[])[] {
  const lists: (readonly string[])[] = [];
  const names: string[] = [];
  for (const entry of part.find?.by ?? []) {
    if (typeof entry === "string") names.push(entry);
    else lists.push(entry);
  }
  if (part.find === undefined && part.natural_keys !== undefined) names.push(...part.natural_keys);
  const all = names.length > 0 ? [names, ...lists] : lists;
  const path: KeyPath = [...reader.at, ...(part.find === undefined ? ["natural_keys"] : ["find", "by"])];
  for (const name of all.flat()) {
    const field = fields.find((each) => each.name === name);
    if (field !== undefined && field.at.length > 1) {
      reader.problems.push(
        problem("E_SQL_KEY", path, `"${name}" lies inside a column, where nothing is looked up`, {
          found: name,
          hint: "make it a column, or a view that has it",
        }),
      );
    } else if (field === undefined && !IDENTIFIER.test(name)) {
      const hint = didYouMean(
        name,
        fields.map((each) => each.name),
      );
      reader.problems.push(
        problem("E_SQL_KEY", path, `"${name}" is no column`, { found: name, ...(hint === undefined ? {} : { hint }) }),
      );
    }
  }
  return all;
}
