// Expressions without quotes inside YAML's own braces, as spec examples and people write them.

import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { shieldExpressions, unshieldExpressions } from "../../src/config/expression-braces.ts";

test.each([
  [
    "delete: { request: DELETE /x/{{ id }}, effect: archive }",
    { delete: { request: "DELETE /x/{{ id }}", effect: "archive" } },
  ],
  [
    "query: { after: {{ page.token }}, ids: {{ items[0].id }} }",
    { query: { after: "{{ page.token }}", ids: "{{ items[0].id }}" } },
  ],
  ['body: { a: "{{ x }}", b: {{ y ? "1, 2" : 3 }} }', { body: { a: "{{ x }}", b: '{{ y ? "1, 2" : 3 }}' } }],
  ["body: { a: '{{ x, y }}' }", { body: { a: "{{ x, y }}" } }],
])("%s", (text, expected) => {
  const shielded = shieldExpressions(text);

  expect(shielded).toHaveLength(text.length);
  expect(unshieldExpressions(parse(shielded))).toEqual(expected);
});
