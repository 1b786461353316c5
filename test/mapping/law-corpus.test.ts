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
  ["net and gross in floats", both("a / 1.19", "$value * 1.19", ", as: decimal")],
  ["a rounding that drifts", both("$round(a / 1.19, 2)", "$round($value * 1.21, 2)", ", as: decimal")],
  ["a difference where a sum is due", both("a - 5", "$value - 5", ", as: decimal")],
  ["a sign that flips once", both("a", "-$value", ", as: decimal")],
  ["a sign lost on the way back", both("-$abs(a)", "-$value", ", as: decimal")],
  ["zero for nothing", both("a + 1", "$abs($value)", ", as: integer")],
  ["a reversal one way", both("a", '$join($reverse($split($value, "")))', ", as: text")],
  ["truncated with an ellipsis", both("a", '$substring($value, 0, 5) & "…"')],
  ["a first character cut at every write", both("a", "$substring($value, 1)")],
  ["a last character cut at every write", both("a", "$substring($value, 0, $length($value) - 1)")],
  ["padding that grows", both("a", '" " & $value & " "')],
  ["a comma for a point, one way", both("a", '$replace($value, ".", ",") & "0"')],
  ["the thousands of another locale", both('$number($replace(a, ".", ""))', "$string($value)", ", as: decimal")],
  ["quotes that pile up", both("a", "\"[\" & $value & \"]\"")],
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
  ["a field of two that is not written", "n: { billing: { read: 'first & \" \" & last', write: { first: '$substringBefore($value, \" \")' } } }"],
  ["a part that stays when the new value has none", `n: { billing: { read: 'first & (last ? " " & last : "")', write: { first: '$substringBefore($value, " ")', last: '$contains($value, " ") ? $substringAfter($value, " ")' } } }`],
  ["names put together the other way round", `n: { billing: { read: 'last & " " & first', write: { first: '$substringBefore($value, " ")', last: '$substringAfter($value, " ")' } } }`],
  ["seconds read as milliseconds", both("a / 1000", "$value", ", as: decimal")],
  ["a value that depends on what stood there", both("a", "a & $value")],
  ["expressions on both sides that disagree", `n: { crm: { read: 'x & "1"', write: { x: $value } }, billing: { read: a, write: { a: $value } } }`],
  ["a table with one word for two", "n: { as: { text: [lower] }, values: { A: x, a: y } }"],
  ["detail lost on both sides", both("$uppercase(a)", "$value", ', crm: { read: "$substring(b, 0, 3)", write: { b: $value } }')],
];

describe("an unlawful rule is found", () => {
  test.each(UNLAWFUL)("%s", async (_name, rule) => {
    const { problems } = await check(rule);
    const errors = problems.filter(isError);

    expect(errors.map(({ code }) => code)).toEqual(["E_LAW_VIOLATION"]);
  });
});

const GOOD: readonly (readonly [rule: string, wanted: string])[] = [
  ["n: {}", "iso"],
];

describe("a good rule is not refused", () => {
  test.each(GOOD)("%s is %s", async (rule, wanted) => {
    const { classes, problems } = await check(rule);

    expect(problems.filter((each) => each.code !== "W_ENUM_NOT_INJECTIVE")).toEqual([]);
    expect(classes[0]).toBe(wanted);
  });
});
