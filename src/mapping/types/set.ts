// set: several values of one type; neither order nor repetition counts.

import type { Value } from "../../core/value.ts";
import { defineType } from "./definition.ts";
import { itemsDocs, itemsForm, itemsOptions, itemsShort, itemsFileSchema } from "./items.ts";
import { itemKey } from "./list.ts";

export const setType = defineType({
  name: "set",
  docs: {
    summary: `Several values of one type, such as tags; neither their order nor a repetition counts, and a record keeps the order that it shows. ${itemsDocs}`,
    example:
      'tags: { crm: { at: labels, as: { set: { separator: "," } } }, billing: tags, as: { set: { of: { text: [trim, lower] } } } }',
  },
  options: itemsOptions,
  short: itemsShort,
  fileSchema: itemsFileSchema,
  build: ({ of, separator }, nested) => {
    const item = nested(of, "of");
    const keyOf = (value: Value): string => itemKey(item, value);
    return itemsForm("set", item, separator ?? null, {
      tidy: (values) => {
        const seen = new Set<string>();
        return values.filter((value) => seen.size < seen.add(keyOf(value)).size);
      },
      like: (values, shown) => inShownOrder(values, shown),
      key: (values) => JSON.stringify([...new Set(values.map(keyOf))].sort()),
    });

    /** What the record shows and still has comes first, as it is; the rest follows. */
    function inShownOrder(values: readonly Value[], shown: readonly Value[]): readonly Value[] {
      const left = new Map(values.map((value) => [keyOf(value), value]));
      const kept = shown.filter((raw) => {
        const reading = item.read(raw);
        return reading.ok && left.delete(keyOf(reading.value));
      });
      return [...kept, ...[...left.values()].map((value) => item.write(value, undefined))];
    }
  },
});
