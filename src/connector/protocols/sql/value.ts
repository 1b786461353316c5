// Values as they are bound, and cells as they come back.

import { textOf } from "../../template.ts";
import type { Value } from "../../../core/value.ts";

/** A bound value. Numbers travel as digits (text or bigint), never as a double. */
export type SqlValue = string | bigint | boolean | null | Uint8Array | readonly SqlValue[];

/** The text of one cell; empty where there is none. */
export function cellText(row: Readonly<Record<string, Value>> | undefined, column: string): string {
  return textOf(row?.[column] ?? null);
}
