// What `:name` stands for in a statement of the file.

import type { Knex } from "knex";
import type { RemoteId } from "../../../core/ids.ts";
import type { Fields } from "../../../core/value.ts";
import { anyValue, boundColumns, type Source } from "./source.ts";
import type { SqlValue } from "./value.ts";

interface StatementValues {
  readonly record: Fields;
  readonly id: RemoteId | null;
  readonly version: string | null;
  readonly key: string;
  readonly settings: Fields;
}

export function statementValue(source: Source, name: string, values: StatementValues): SqlValue {
  const { plan, codec } = source;
  const value = values.record[name];
  if (value !== undefined) {
    const wire = codec.encode({ [name]: value }, null);
    const [column, shown] = Object.entries(wire)[0] ?? [name, value];
    const made = source.shape.columns.has(column) ? boundColumns(source, { [column]: shown }) : null;
    return made?.ok === true ? (made.values[column] ?? null) : anyValue(shown);
  }
  if (name === "id" && values.id !== null) return plain(source.compared(plan.id, values.id), values.id);
  if (name === "version")
    return values.version === null || plan.version === null
      ? null
      : plain(source.compared(plan.version, values.version), values.version);
  if (name === "key") return values.key;
  return anyValue(values.settings[name] ?? null);
}

/** Where a column is compared by an expression of ours, a statement of the file gets the text. */
function plain(compared: SqlValue | Knex.Raw | null, text: string): SqlValue {
  const bare =
    compared === null || typeof compared !== "object" || compared instanceof Uint8Array || Array.isArray(compared);
  return bare && compared !== null ? (compared as SqlValue) : text;
}
