// json: any JSON value as a whole.

import { z } from "zod";

import { canonicalText, type Value } from "../../core/value.ts";
import { JsonError, jsonText, parseJson } from "../../core/json.ts";
import { defineType } from "./definition.ts";
import { invalid, NULL_READING, valid } from "./reading.ts";
import { JSON_EDGES, sampleJson } from "./json-domain.ts";

const formSchema = z
  .enum(["value", "text"])
  .describe("value: JSON as such (unless said). text: this side keeps it as text in a field.");

export const jsonType = defineType({
  name: "json",
  docs: {
    summary:
      "Any JSON value, carried and compared as a whole: the order of an object's keys makes no difference, that of a list does, and numbers are exact. " +
      "`{ json: text }` is for a side that keeps JSON as text in a field.",
    example: "settings: { crm: { at: settings_json, as: { json: text } }, as: json }",
  },
  options: z.strictObject({ form: formSchema.optional() }),
  short: { schema: formSchema, toOptions: (given) => (typeof given === "string" ? { form: given } : null) },
  build: ({ form = "value" }) => ({
    name: "json",
    lossless: true,
    read: (raw) => {
      if (form === "value") return valid(raw);
      if (raw === null) return NULL_READING;
      const value = typeof raw === "string" ? parsed(raw) : undefined;
      return value === undefined ? invalid(raw, "JSON in a text") : valid(value);
    },
    write: (value) => (form === "value" || value === null ? value : jsonText(value)),
    key: canonicalText,
    sample: (random) => (form === "value" ? sampleJson(random) : jsonText(sampleJson(random))),
    edges: form === "value" ? JSON_EDGES : [...JSON_EDGES.map(jsonText), ' { "b" : 1.50 } '],
  }),
});

/** Undefined when the text is not JSON. */
function parsed(text: string): Value | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
