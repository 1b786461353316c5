// A corpus of rules as people write them: every unlawful one is found, none of the good ones is refused, and each of those is of
// the class it should be. Told by construction or by trying, whichever `check` does.

import { describe, expect, test } from "@jest/globals";

import { isError, type Problem } from "../../src/core/problem.ts";
import { checkLaws } from "../../src/mapping/law-check.ts";
import { classText } from "../../src/mapping/law-words.ts";
import { compileText, entityText } from "./compiled.ts";

interface Checked {
  readonly classes: readonly string[];
  readonly problems: readonly Problem[];
}

async function check(fields: string, more = ""): Promise<Checked> {
  const { rules, names, problems } = compileText(entityText(fields, more));
  if (names === null) throw new Error("no sides");
  const report = await checkLaws(rules, names);
  return {
    classes: report.findings.map((finding) => classText(finding.class)),
    problems: [...problems, ...report.problems],
  };
}

const both = (read: string, write: string, more = ""): string =>
  `n: { billing: { read: '${read}', write: { a: '${write}' } }${more} }`;

const UNLAWFUL: readonly (readonly [name: string, rule: string])[] = [
  ["an addition at every write", both("a", '$value & "!"')],
  ["a prefix that is never taken away", both("a", '"CRM-" & $value')],
  ["a prefix added by the read", both('"B-" & a', "$value")],
  ["an increment", both("a", "$value + 1", ", as: integer")],
  ["a factor one way only", both("a", "$value * 2", ", as: decimal")],
  ["the same factor both ways", both("a * 1.19", "$value * 1.19", ", as: decimal")],
  ["a wrong inverse", both("a / 100", "$value * 10", ", as: decimal")],
  ["a wrong inverse that is near", both("a / 1.19", "$value * 1.2", ", as: decimal")],
  ["net and gross rounded on one side only", both("a / 1.19", "$round($value * 1.2, 2)", ", as: decimal")],
  ["a rounding that drifts", both("$round(a / 1.19, 2)", "$round($value * 1.21, 2)", ", as: decimal")],
  ["a difference where a sum is due", both("a - 5", "$value - 5", ", as: decimal")],
  ["a sign that flips once", both("a", "-$value", ", as: decimal")],
  ["a sign lost on the way", both("a", "-$abs($value) - 1", ", as: decimal")],
  ["zero for nothing", both("a + 1", "$abs($value)", ", as: integer")],
  ["a reversal one way", both("a", '$join($reverse($split($value, "")))', ", as: text")],
  ["truncated with an ellipsis", both("a", '$substring($value, 0, 5) & "…"')],
  ["a first character cut at every write", both("a", "$substring($value, 1)")],
  ["a last character cut at every write", both("a", "$substring($value, 0, $length($value) - 1)")],
  ["padding that grows", both("a", '" " & $value & " "')],
  ["a comma for a point, one way", both("a", '$replace($value, ".", ",") & "0"')],
  ["the decimals of another locale", both('$number($replace(a, ".", ""))', '$string($value) & ".0"', ", as: decimal")],
  ["quotes that pile up", both("a", '"[" & $value & "]"')],
  ["escaped at every write", both("a", '$replace($value, "&", "&amp;")')],
  ["escaped as a URL at every write", both("a", "$encodeUrlComponent($value)")],
  ["base64 without the way back", both("a", "$base64encode($value)")],
  ["a case that swaps", both("a", "$value = $uppercase($value) ? $lowercase($value) : $uppercase($value)")],
  ["a negation one way", both("a", "$not($value)", ", as: boolean")],
  ["a table crossed in expressions", both('a = "x" ? "y" : "x"', "$value")],
  ["a circle of three words", both("a", '$value = "r" ? "g" : $value = "g" ? "b" : "r"')],
  ["a list that doubles", both("a", "$append($value, $value)", ", as: { list: text }")],
  ["a list that turns around", both("a", "$reverse($value)", ", as: { list: text }")],
  ["a date a day off", both("a", '$fromMillis($toMillis($value) + 86400000, "[Y0001]-[M01]-[D01]")', ", as: date")],
  [
    "a field of two that is not written",
    "n: { billing: { read: 'first & \" \" & last', write: { first: '$substringBefore($value, \" \")' } } }",
  ],
  [
    "a part that stays when the new value has none",
    `n: { billing: { read: 'first & (last ? " " & last : "")', write: { first: '$substringBefore($value, " ")', last: '$contains($value, " ") ? $substringAfter($value, " ")' } } }`,
  ],
  [
    "names put together the other way round",
    `n: { billing: { read: 'last & " " & first', write: { first: '$substringBefore($value, " ")', last: '$substringAfter($value, " ")' } } }`,
  ],
  ["a read of another field than is written", both("other", "$value")],
  ["seconds read as milliseconds", both("a / 1000", "$value", ", as: decimal")],
  ["a value that depends on what stood there", both("a", "a & $value")],
  [
    "expressions on both sides that disagree",
    `n: { crm: { read: 'x & "1"', write: { x: $value } }, billing: { read: a, write: { a: $value } } }`,
  ],
  ["a table with one word for two", "n: { as: { text: [lower] }, values: { A: x, a: y } }"],
  [
    "an addition at every write, inside lines",
    "n: { each: { key: k, fields: { k: {}, q: { billing: { read: a, write: { a: '$value & \"!\"' } } } } } }",
  ],
  [
    "a factor one way only, inside lines of a text key",
    "n: { each: { key: k, fields: { k: { as: text }, q: { as: decimal, crm: { read: a, write: { a: '$value * 2' } } } } } }",
  ],
  [
    "detail lost on both sides",
    both("$uppercase(a)", "$value", ', crm: { read: "$substring(b, 0, 3)", write: { b: $value } }'),
  ],
];

describe("an unlawful rule is found", () => {
  test.each(UNLAWFUL)("%s", async (_name, rule) => {
    const { problems } = await check(rule);
    const errors = problems.filter(isError);

    expect(errors.map(({ code }) => code)).toEqual(["E_LAW_VIOLATION"]);
  });
});

const iso = (...rules: readonly string[]): readonly (readonly [string, string])[] => rules.map((rule) => [rule, "iso"]);
const keepsLeft = (...rules: readonly string[]): readonly (readonly [string, string])[] =>
  rules.map((rule) => [rule, "lossy left > right"]);

const GOOD: readonly (readonly [rule: string, wanted: string])[] = [
  ...iso(
    "n: {}",
    "n: { crm: deep.n }",
    "n: { as: text }",
    "n: { as: email }",
    "n: { as: { phone: GB } }",
    "n: { as: url }",
    "n: { as: integer }",
    "n: { as: decimal }",
    "n: { as: { decimal: 2 } }",
    "n: { as: { money: EUR } }",
    "n: { billing: { as: { money: minor } }, as: { money: USD } }",
    "n: { as: percent }",
    "n: { as: boolean }",
    "n: { as: date }",
    'n: { billing: { as: { date: "DD.MM.YYYY" } }, as: date }',
    "n: { as: datetime }",
    "n: { as: duration }",
    "n: { billing: { as: { country: alpha3 } }, as: { country: alpha2 } }",
    "n: { as: currency }",
    "n: { as: language }",
    "n: { as: postal_code }",
    "n: { crm: [first, last], billing: name, as: person_name }",
    "n: { as: uuid }",
    "n: { as: sku }",
    "n: { as: json }",
    "n: { billing: { as: { json: text } }, as: json }",
    "n: { as: { list: text } }",
    "n: { as: { set: text } }",
    "n: { ref: thing }",
    "n: { values: { a: x, b: y } }",
    "n: { values: { a: x, b: y }, merge: max }",
    "n: { as: integer, merge: counter }",
    "n: { as: integer, merge: max }",
    "n: { merge: lines }",
    "n: { each: { key: k, fields: { k: {}, q: { as: integer } } } }",
    'n: { billing: { as: { decimal: { times: "100" } } }, as: decimal }',
    both("a", "$value"),
    both("x.y", '{"y": $value}').replace("write: { a:", "write: { x:"),
    both('$substringAfter(a, "CRM-")', '"CRM-" & $value'),
    both("-a", "-$value", ", as: decimal"),
    both("a / 2", "$value * 2", ", as: decimal"),
    both("a + 1", "$value - 1", ", as: integer"),
    both("$round(a / 100, 2)", "$round($value * 100)", ", as: { decimal: 2 }, crm: { at: n, as: { decimal: 2 } }"),
    both("$not(a)", "$not($value)", ", as: boolean"),
    both('a = "yes"', '$value ? "yes" : "no"', ", as: boolean"),
    both("a = 1", "$value ? 1 : 0", ", as: boolean"),
    both("$number(a)", "$string($value)", ", as: integer"),
    both("$reverse(a)", "$reverse($value)", ", as: { list: text }"),
    both('$split(a, "|")', '$join($value, "|")', ", as: { list: text }, domain: { one_of: [[x], [x, y], [a, b, c]] }"),
    both("$base64decode(a)", "$base64encode($value)", ", domain: { one_of: [Ada, Bob] }"),
    both('labels[lang = "en"].text', '[{"lang": "en", "text": $value}]').replace("write: { a:", "write: { labels:"),
    both('labels[lang = "en"].text', '$append(labels[lang != "en"], [{"lang": "en", "text": $value}])').replace(
      "write: { a:",
      "write: { labels:",
    ),
    both('a = "r" ? "red" : "green"', '$value = "red" ? "r" : "g"', ", values: { hot: red, cold: green }"),
    `n: { crm: { read: a, write: { a: $value } }, billing: { read: b.c, write: { b: '{"c": $value}' } } }`,
    `n: { billing: { read: 'price * rate', write: { price: '$value / rate' } }, as: decimal }`,
    `n: { billing: { read: 'first & " " & last', write: { first: '$substringBefore($value, " ")', last: '$substringAfter($value, " ")' } }, domain: { one_of: [Ada Lovelace, Bob Smith] } }`,
    `n: { billing: { read: 'last ? first & " " & last : first', write: { first: '$contains($value, " ") ? $substringBefore($value, " ") : $value', last: '$contains($value, " ") ? $substringAfter($value, " ") : null' } }, domain: { one_of: [Ada Lovelace, Ludwig van Beethoven, Madonna] } }`,
  ),
  ...keepsLeft(
    "n: { billing: { as: { decimal: 2 } }, as: decimal }",
    "n: { billing: { as: { text: { cut: 20 } } }, as: text }",
    "n: { values: { lead: prospect, visitor: prospect, customer: active } }",
    "n: { each: { key: k, fields: { k: {}, q: { billing: { as: { decimal: 2 } }, as: decimal } } } }",
    both("a", "$trim($value)"),
    both("a", "$uppercase($value)"),
    both("$lowercase(a)", "$value"),
    both("a", "$substring($value, 0, 10)"),
    both("a", "$round($value, 2)", ", as: decimal"),
    both("$abs(a)", "$value", ", as: decimal"),
    both("a", "$floor($value)", ", as: decimal"),
    both("a", '$substringBefore($value, "T")', ", domain: { one_of: [2026-01-01T10:00, 2026-01-02T11:00] }"),
    both("$distinct(a)", "$value", ", as: { list: text }"),
    both("a", '$replace($value, /[^0-9]/, "")', ", as: text"),
    both("$string(a)", "$value", ", domain: { min: 0, max: 10 }"),
  ),
  [
    'n: { billing: { at: gross, as: { decimal: { scale: 2, times: "1.19" } } }, as: { decimal: 2 } }',
    "lossy right > left",
  ],
  ["n: { crm: { as: { decimal: 2 } }, as: decimal }", "lossy right > left"],
  ...iso(
    "n: { each: { key: k, fields: { k: {}, q: { billing: { read: a, write: { a: $value } } } } } }",
    `n: { each: { key: k, fields: { k: { as: text, billing: { read: '$substringAfter(a, "P-")', write: { a: '"P-" & $value' } } } } } }`,
    "n: { each: { key: k, fields: { k: {}, q: { as: decimal, crm: { read: 'a * 2' }, direction: crm -> billing } } } }",
    "n: { each: { key: k, fields: { k: {}, q: { value: '1', direction: crm -> billing } } } }",
  ),
  ...keepsLeft(
    "n: { each: { key: k, fields: { k: {}, q: { billing: { read: a, write: { a: $uppercase($value) } } } } } }",
  ),
  ["n: { billing: { read: '$sum(amounts)' }, direction: billing -> crm }", "forward"],
  ["n: { value: '1', direction: crm -> billing }", "forward"],
  ["n: { direction: crm -> billing }", "forward"],
  [
    both(
      "$uppercase(a)",
      "$value",
      ', crm: { read: "$substring(b, 0, 3)", write: { b: $value } }, law: lossy, conflict: crm, domain: { one_of: [Ada, Lovelace, abc] }',
    ),
    "lossy both",
  ],
];

describe("a good rule is not refused", () => {
  test.each(GOOD)("%s is %s", async (rule, wanted) => {
    const { classes, problems } = await check(rule);

    expect(problems.filter((each) => each.code !== "W_ENUM_NOT_INJECTIVE")).toEqual([]);
    expect(classes[0]).toBe(wanted);
  });
});
