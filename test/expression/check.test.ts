// What may be written: a table of refusals with code, place and hint, and what must not be refused.

import { afterAll, describe, expect, test } from "@jest/globals";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import type { ExpressionRules } from "../../src/core/expression.ts";

const compiler = createExpressionCompiler();
afterAll(() => compiler.close());

const ANY: ExpressionRules = { bindings: ["value", "settings"], names: null };
const REQUEST: ExpressionRules = { bindings: [], names: ["record", "changed", "cursor", "page"] };

function refusal(source: string, rules: ExpressionRules = ANY) {
  const compiled = compiler.compile(source, rules);
  return compiled.ok ? null : { code: compiled.code, position: compiled.position, hint: compiled.hint };
}

describe("what cannot be used", () => {
  test.each([
    // Functions that run text, or give another result each time
    ["$eval('1')", "E_EXPR_FORBIDDEN", 0],
    ["a & $random()", "E_EXPR_FORBIDDEN", 4],
    ["$now()", "E_EXPR_FORBIDDEN", 0],
    ["$millis()", "E_EXPR_FORBIDDEN", 0],
    ["$shuffle(a)", "E_EXPR_FORBIDDEN", 0],
    ["$map(a, $eval)", "E_EXPR_FORBIDDEN", 8],
    ["a{b: $eval('1')}", "E_EXPR_FORBIDDEN", 5],
    ["(a){$eval('1'): b}", "E_EXPR_FORBIDDEN", 4],
    ["a[$eval('1')]", "E_EXPR_FORBIDDEN", 2],
    ["(a)[$eval('1')]", "E_EXPR_FORBIDDEN", 4],
    ["a^(>$eval('1'))", "E_EXPR_FORBIDDEN", 4],
    ["a.b.{ 'c': [1, -$eval('1')] }", "E_EXPR_FORBIDDEN", 16],
    ["a ? b : $eval('1')", "E_EXPR_FORBIDDEN", 8],
    ["a ?? $eval('1')", "E_EXPR_FORBIDDEN", 5],
    ["[1..$eval('1')]", "E_EXPR_FORBIDDEN", 4],
    ["( $x := $eval('1'); 1 )", "E_EXPR_FORBIDDEN", 8],
    ["$map(a, function($v) { $eval($v) })", "E_EXPR_FORBIDDEN", 23],
    ["$map(a, function($v) { $v ? $eval($v) : 1 })", "E_EXPR_FORBIDDEN", 28],
    ["$map(a, $substring(?, $eval('1')))", "E_EXPR_FORBIDDEN", 22],
    ["a@$v.b[$eval('1')]", "E_EXPR_FORBIDDEN", 7],
    ["a ~> $eval", "E_EXPR_FORBIDDEN", 5],
    ["a ~> $eval()", "E_EXPR_FORBIDDEN", 5],
    // A wide text is made at once
    ['$pad("a", 2e8)', "E_EXPR_FORBIDDEN", 10],
    ['$pad("a", -20000)', "E_EXPR_FORBIDDEN", null],
    ['$pad("a", n)', "E_EXPR_FORBIDDEN", 10],
    ['"a" ~> $pad(n)', "E_EXPR_FORBIDDEN", 12],
    ["$map(a, $pad)", "E_EXPR_FORBIDDEN", 8],
    ["$map(a, $pad(?, n))", "E_EXPR_FORBIDDEN", 16],
    ["a.$pad(n)", "E_EXPR_FORBIDDEN", 7],
    // Functions that could call themselves
    ["( $f := function($x) { $f($x) }; $f(1) )", "E_EXPR_FORBIDDEN", 8],
    ["function($x) { $x }(1)", "E_EXPR_FORBIDDEN", 0],
    ["(function($f) { $f($f) })(function($f) { $f($f) })", "E_EXPR_FORBIDDEN", 0],
    ["$map([1], function($f) { $f(1) })", "E_EXPR_FORBIDDEN", 25],
    ["$map([1], $value)", "E_EXPR_FORBIDDEN", 10],
    ["$map([1], [$sum][0])", "E_EXPR_FORBIDDEN", 10],
    ["a ~> function($x) { $x }", "E_EXPR_FORBIDDEN", 5],
    ["$f := $sum(?, 1)", "E_EXPR_FORBIDDEN", 6],
    ["{ 'f': function($x) { $x } }", "E_EXPR_FORBIDDEN", 7],
    ["$settings(1)", "E_EXPR_FORBIDDEN", 0],
    ["( $sum := 1; $sum([1]) )", "E_EXPR_FORBIDDEN", 13],
    // What changes its input, or takes the place of it
    ["$ ~> |a|{'b': 1}|", "E_EXPR_FORBIDDEN", 5],
    ["( $$ := 1; a )", "E_EXPR_FORBIDDEN", null],
    // Regular expressions
    ["$match(a, /(a)\\1/)", "E_REGEX_UNSAFE", 10],
    ["$contains(a, /(?=x)/)", "E_REGEX_UNSAFE", 13],
    ["$replace(a, /(?<!x)y/, '')", "E_REGEX_UNSAFE", 12],
    ["$split(a, /x{2000}/)", "E_REGEX_UNSAFE", 10],
    ["( $r := /a/; $match(a, $r) )", "E_EXPR_FORBIDDEN", 8],
    ["a ~> /b/", "E_EXPR_FORBIDDEN", 5],
    ["$match(a, /b/) ?: 'none'", "E_EXPR_FORBIDDEN", null],
    // Names
    ["$sun(a)", "E_EXPR_NAME", 0],
    ["sum(a)", "E_EXPR_NAME", 0],
    ["a & $valeu", "E_EXPR_NAME", 4],
    ["$sum", "E_EXPR_NAME", 0],
    ["( $x := 1; $y )", "E_EXPR_NAME", 11],
    ["( ( $x := 1 ); $x )", "E_EXPR_NAME", 15],
    ["$map(a, function($x) { $x }) & $x", "E_EXPR_NAME", 31],
    // Syntax
    ["", "E_EXPR_SYNTAX", 0],
    ["a +", "E_EXPR_SYNTAX", 3],
    ["a b", "E_EXPR_SYNTAX", 2],
    ["(a", "E_EXPR_SYNTAX", 2],
    ["[1, 2", "E_EXPR_SYNTAX", 5],
    ["a = 'x", "E_EXPR_SYNTAX", 6],
    ["* * * )", "E_EXPR_SYNTAX", 6],
    ["a.1", "E_EXPR_SYNTAX", null],
    ["$match(a, /(/)", "E_EXPR_SYNTAX", null],
    ["a".repeat(20_001), "E_EXPR_SYNTAX", 20_000],
    ["(".repeat(9_000) + "a" + ")".repeat(9_000), "E_EXPR_SYNTAX", null],
    [`${"(".repeat(10)}a ${"?? 1)".repeat(10)}`, "E_EXPR_SYNTAX", null],
  ])("%s: %s at %s", (source, code, position) => {
    const found = refusal(source);

    expect(found?.code).toBe(code);
    if (position !== null) expect(found?.position).toBe(position);
  });

  test("a top-level name that the input has not is shown with the nearest one", () => {
    expect(refusal("recrod.email", REQUEST)).toEqual({
      code: "E_EXPR_NAME",
      position: 0,
      hint: 'did you mean "record"?',
    });
    expect(refusal("$$.recrod", REQUEST)?.code).toBe("E_EXPR_NAME");
    expect(refusal("$map(page, function($p) { curser })", REQUEST)?.hint).toBe('did you mean "cursor"?');
    expect(refusal("zzzzzz", REQUEST)?.hint).toBe("there is record, changed, cursor, page");
  });

  test("a missing function is shown with the nearest one, and a variable too", () => {
    expect(refusal("$upercase(a)")?.hint).toBe('did you mean "$uppercase"?');
    expect(refusal("uppercase(a)")?.hint).toBe('did you mean "$uppercase"?');
    expect(refusal("$setings.a")?.hint).toBe('did you mean "$settings"?');
  });

  test("the message is in words", () => {
    const message = (source: string) => {
      const compiled = compiler.compile(source, ANY);
      return compiled.ok ? null : compiled.message;
    };

    expect(message("a +")).toBe("the expression ends too early: something is missing at the end");
    expect(message("(a")).toBe('")" is missing at the end');
    expect(message("a b")).toBe('"b" is not expected here');
    expect(message("'x")).toBe("a text in quotes is not closed");
  });
});

describe("what can be used", () => {
  test.each([
    "record.nested.anything[unknown = 1].more",
    "record.(recrod)",
    "cursor ?? page.token",
    "$map(record.lines, function($l, $i) { $l.sku & $i })",
    "$reduce(record.lines.qty, function($a, $b) { $a + $b }, 0)",
    "$map(record.names, $uppercase)",
    "$map(record.names, $substring(?, 0, 3))",
    "record.name ~> $uppercase() ~> $trim",
    "$replace(record.name, /(\\w+) (\\w+)/, '$2 $1')",
    "$replace(record.name, /\\w+/, function($m) { $uppercase($m.match) })",
    "$pad(record.id, -8, '0')",
    "record.id.$pad(8)",
    "( $sum := 1; $x := record.a; { 'sum': $sum, 'x': $x } )",
    "record.lines@$l.tags@$t.{ 'sku': $l.sku, 'tag': $t }",
    "record.lines#$i.{ 'n': $i }",
    "record.lines.%.id",
    "record.name.$contains(/x/)",
    "record.name.$replace(/x/, 'y')",
    "record.name ~> $split(/,/)",
    "record.$each(function($v, $k) { $k })",
    "$sort(record.lines, function($a, $b) { $a.qty > $b.qty })",
    "$error('no') ",
    "$assert(record.a, 'no a')",
    "$formatNumber(record.total, '#,##0.00')",
    "$fromMillis(record.at, '[D].[M].[Y]')",
    "record.`a b`",
  ])("%s", (source) => {
    expect(refusal(source, REQUEST)).toBeNull();
  });
});

describe("reads", () => {
  test.each([
    ["a.b & c", ["a", "c"]],
    ["$.b + $$.a.c", ["a", "b"]],
    ["a[b = c].d", ["a"]],
    ["a[$$.b = c]", ["a", "b"]],
    ["( $x := b; a.( $x & c ) )", ["a", "b"]],
    ["$map(a, function($v) { $v.x & b })", ["a", "b"]],
    ["a@$l.b", ["a", "b"]],
    ["$value.x & $uppercase(a)", ["a"]],
    ["{ 'x': a, b: [c, 1] }", ["a", "b", "c"]],
    ["a.$string() & a.*", ["a"]],
    ["'text'", []],
    ["$", null],
    ["$$", null],
    ["*", null],
    ["**.a", null],
    ["a.%", null],
    ["$string()", null],
    ["$keys() ~> $count()", null],
    ["$lookup('a')", null],
    ["$merge([$, { 'a': 1 }])", null],
    ["$sift(function($v) { $v })", null],
  ])("%s reads %j", (source, names) => {
    const compiled = compiler.compile(source, ANY);

    expect(compiled.ok && compiled.expression.reads).toEqual(names);
  });
});
