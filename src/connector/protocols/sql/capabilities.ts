// What an object of a database can do: nearly everything, from its table alone.

import type { Capabilities, WriteGuard } from "../../contract.ts";
import type { ObjectPart } from "../../file/object.ts";
import type { ObjectReader } from "../../object-reader.ts";
import type { RecordField } from "../../record.ts";
import { didYouMean, problem, type KeyPath } from "../../../core/problem.ts";
import type { TableName } from "./dialect.ts";
import { IDENTIFIER } from "./identifier.ts";
import type { NamedStatement } from "./named.ts";

const SETTLE_DEFAULT_MS = 60_000;
const BATCH = { read: 1000, create: 500, update: 200, delete: 500 } as const;
const DAY_MS = 86_400_000;

export interface SqlFacts {
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

export function capabilitiesOf(facts: SqlFacts): Capabilities {
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

function readFindBy({ part, reader, fields }: SqlFacts): readonly (readonly string[])[] {
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
