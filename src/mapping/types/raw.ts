// The type of a rule that names none: any JSON value, compared exactly.

import { canonicalText } from "../../core/value.ts";
import type { KnownType } from "./type.ts";
import { valid } from "./reading.ts";
import { JSON_EDGES, sampleJson } from "./json-domain.ts";

export const rawType: KnownType = {
  name: "raw",
  lossless: true,
  read: valid,
  write: (value) => value,
  key: canonicalText,
  sample: sampleJson,
  edges: JSON_EDGES,
};
