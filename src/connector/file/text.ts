// Texts that many keys of a connector file share. The schema checks their outer form; compile.ts says what is wrong with
// what they hold, because it can name the place and the mend.

import { z } from "zod";

/** One sentence on a key, and an example of its value, for editors and for the generated reference. */
export function about<T extends z.ZodType>(type: T, description: string, ...examples: unknown[]): T {
  return type.meta(examples.length === 0 ? { description } : { description, examples });
}

export const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, "a name: letters, digits, _ and -");

/** A dotted path, `$` for the whole. */
export const path = z.string().min(1);

export const duration = z
  .string()
  .regex(/^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/, "a duration such as 500ms, 30s, 5m, 2h or 7d");

export const rate = z.string().regex(/^\d+\/\d*(?:ms|s|m|h|d)$/, "a rate such as 190/10s or 400000/d");

/** JSONata without braces. */
export const expression = z.string().min(1);

/** Text with `{{ expression }}` in it. */
export const template = z.string();

/** A value with templates anywhere inside. */
export const templates = z.unknown();
