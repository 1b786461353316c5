// list: several values of one type, in order.

import { defineType } from "./definition.ts";
import { itemsDocs, itemsForm, itemsOptions, itemsShort, itemsFileSchema } from "./items.ts";
import type { KnownType } from "./type.ts";
import type { Value } from "../../core/value.ts";

export const listType = defineType({
  name: "list",
  docs: {
    summary: `Several values of one type; their order counts. ${itemsDocs}`,
    example:
      'emails: { crm: { at: email_list, as: { list: { of: email, separator: ";" } } }, billing: emails, as: { list: email } }',
  },
  options: itemsOptions,
  short: itemsShort,
  fileSchema: itemsFileSchema,
  build: ({ of, separator }, nested) => {
    const item = nested(of, "of");
    return itemsForm("list", item, separator ?? null, {
      tidy: (values) => values,
      like: (values, shown) => values.map((value, index) => item.write(value, shown[index])),
      key: (values) => JSON.stringify(values.map((value) => itemKey(item, value))),
    });
  },
});

export function itemKey(item: KnownType, value: Value): string {
  return value === null ? "null" : item.key(value);
}
