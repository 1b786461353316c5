// Values under keys the user names. The schema of the file takes any value there, so that a misspelt key is told as an unknown
// key and not as a wrong value; editors still get the real shape, from the JSON Schema.

import { z } from "zod";

/** Takes any value; its JSON Schema is that of `schema`. The reader of the file parses with `schema` itself. */
export function dynamicKeys(schema: z.ZodType): z.ZodUnknown {
  const { $schema: _, ...shape } = z.toJSONSchema(schema, { target: "draft-7", unrepresentable: "any" });
  return z.unknown().meta(shape);
}
