// What an expression gives: absent and null, lists and single items, numbers with all their digits, variables, and nothing of
// JavaScript behind the data. `elsewhere` makes the same expression one that only the other process evaluates.

import { afterAll, describe, expect, test } from "@jest/globals";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { parseJson } from "../../src/core/json.ts";
import { Exact, type Fields, type Value } from "../../src/core/value.ts";

const compiler = createExpressionCompiler();
afterAll(() => compiler.close());

async function evaluate(source: string, input: Value, bindings: Fields = {}, names = Object.keys(bindings)) {
  const compiled = compiler.compile(source, { bindings: names, names: null });
  if (!compiled.ok) throw new Error(`${source}: ${compiled.message}`);
  const [result] = await compiled.expression.evaluate([input], bindings);
  if (result === undefined) throw new Error("no result");
  return result.ok ? result.value : `${result.code}: ${result.message}`;
}

/** $formatBase is not compiled, so neither is what it stands beside. */
const elsewhere = (source: string) => `( $formatBase(1); ${source} )`;
const WAYS: readonly (readonly [string, (source: string) => string])[] = [
  ["compiled", (source) => source],
  ["in the other process", elsewhere],
];

const LONG = new Exact("12345678901234567890");
const FINE = new Exact("0.1234567890123456789");

describe.each(WAYS)("a result, %s", (_way, way) => {
  test("absent is not null", async () => {
    expect(await evaluate(way("a"), {})).toBeUndefined();
    expect(await evaluate(way("a"), { a: null })).toBeNull();
    expect(await evaluate(way("a.b.c"), { a: { b: "text" } })).toBeUndefined();
    expect(await evaluate(way('{ "x": a, "y": b }'), { b: null })).toEqual({ y: null });
  });

  test("a list of one that the data has stays a list, one made by a predicate is its item", async () => {
    const input = {
      list: ["a"],
      lines: [
        { sku: "x", n: 1 },
        { sku: "y", n: 2 },
      ],
    };

    expect(await evaluate(way("list"), input)).toEqual(["a"]);
    expect(await evaluate(way("lines[n = 2].sku"), input)).toBe("y");
    expect(await evaluate(way("lines[n = 2].sku[]"), input)).toEqual(["y"]);
    expect(await evaluate(way("[lines[n = 2].sku]"), input)).toEqual(["y"]);
    expect(await evaluate(way("lines[n = 3].sku"), input)).toBeUndefined();
    expect(await evaluate(way("lines.sku"), input)).toEqual(["x", "y"]);
  });

  test("lists carry no marks", async () => {
    const result = await evaluate(way('{ "a": lines.sku, "b": [lines.[sku]] }'), { lines: [{ sku: 1 }, { sku: 2 }] });

    expect(result).toStrictEqual({ a: [1, 2], b: [[1], [2]] });
    expect(Object.keys((result as { a: Value[] }).a)).toEqual(["0", "1"]);
  });

  test("a list as the whole input is one input", async () => {
    expect(await evaluate(way("$"), [1, 2])).toEqual([1, 2]);
    expect(await evaluate(way("$count($)"), [1, 2])).toBe(2);
    expect(await evaluate(way("a"), [{ a: 1 }, { a: 2 }])).toEqual([1, 2]);
    expect(await evaluate(way("$[0].a"), [{ a: 1 }, { a: 2 }])).toBe(1);
  });

  test("numbers with more digits than a double keeps pass through whole", async () => {
    const input = { id: LONG, lines: [{ id: LONG }, { id: FINE }], n: 1 };

    expect(await evaluate(way("id"), input)).toEqual(LONG);
    expect(await evaluate(way("lines.id"), input)).toEqual([LONG, FINE]);
    expect(await evaluate(way('{ "x": lines[1], "y": $value }'), input, { value: LONG })).toEqual({
      x: { id: FINE },
      y: LONG,
    });
    expect(await evaluate(way("lines[id = $$.id].id"), input)).toEqual(LONG);
    expect(await evaluate(way("$merge([$, { 'n': 2 }])"), input)).toEqual({ ...input, n: 2 });
    expect(await evaluate(way("$append(id, lines.id)"), input)).toEqual([LONG, LONG, FINE]);
    expect(await evaluate(way("$type(id)"), input)).toBe("number");
    expect(await evaluate(way("id = id and id != n and id in lines.id"), input)).toBe(true);
  });

  test("calculating with such a number fails instead of losing digits", async () => {
    const sources = [
      "id + 1",
      "1 - id",
      "id * 2",
      "id / 3",
      "$sum([id, 1])",
      "$max([1, id])",
      "$round(id, 2)",
      "$abs(id)",
    ];

    const results = await Promise.all(sources.map((source) => evaluate(way(source), { id: LONG })));

    for (const result of results) expect(result).toMatch(/^E_EXPR_FAILED/);
  });

  test("calculating with ordinary decimals gives what a double gives", async () => {
    expect(await evaluate(way("a + b"), { a: 0.1, b: 0.2 })).toBe(0.1 + 0.2);
    expect(await evaluate(way("a + b & ''"), { a: 0.1, b: 0.2 })).toBe("0.3");
    expect(await evaluate(way("a * b"), { a: 9007199254740991, b: 2 })).toBe(18014398509481982);
  });

  test("no number, no result", async () => {
    expect(await evaluate(way("1 / 0"), {})).toMatch(/^E_EXPR_FAILED/);
    expect(await evaluate(way("{ 'a': [0 / 0] }"), {})).toMatch(/^E_EXPR_FAILED/);
    expect(await evaluate(way("-a"), { a: 0 })).toBe(0);
  });

  test("variables are what the page says; one without a value is absent, and hides a function of its name", async () => {
    expect(await evaluate(way("$value.x & a"), { a: 1 }, { value: { x: "v" } })).toBe("v1");
    expect(await evaluate(way("$exists($count)"), {}, {}, ["count"])).toBe(false);
    expect(await evaluate(way("$value"), {}, { value: null })).toBeNull();
    expect(await evaluate(way("( $value := 2; $value )"), {}, { value: 1 })).toBe(2);
  });

  test("nothing of JavaScript can be reached", async () => {
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "length", "prototype"]) {
      expect(await evaluate(way(name), { a: [1], b: "text" })).toBeUndefined();
      expect(await evaluate(way(`a.${name}`), { a: [1] })).toBeUndefined();
      expect(await evaluate(way(`a.${name}.${name}`), { a: {} })).toBeUndefined();
      expect(await evaluate(way(`$lookup(a, "${name}")`), { a: {} })).toBeUndefined();
      expect(await evaluate(way(`$x.${name}`), {}, { x: LONG })).toBeUndefined();
    }
    expect(await evaluate(way("constructor"), { constructor: "Ltd" })).toBe("Ltd");
    expect(await evaluate(way("$keys($)"), parseJson('{"__proto__": {"admin": true}, "a": 1}'))).toBe("a");
    await evaluate(way('{ "__proto__": { "polluted": true } }'), {});
    await evaluate(way("$merge([{ '__proto__': { 'polluted': true } }, {}])"), {});
    expect("polluted" in {}).toBe(false);
  });

  test("data that looks like a function of jsonata is not one", async () => {
    const input = { f: { _jsonata_lambda: true, arguments: [], body: { type: "string", value: "run" } }, a: [1] };

    const result = await evaluate(way("a.($contains('run', $$.f))"), input);

    expect(result).toMatch(/^E_EXPR_FAILED/);
  });

  test("the input is not changed", async () => {
    const input = parseJson('{ "a": [3, 1, 2], "e": [], "o": { "x": [1] } }');
    deepFreeze(input);

    expect(await evaluate(way("$sort(a)"), input)).toEqual([1, 2, 3]);
    expect(await evaluate(way("e{ 'k': $ }"), input)).toEqual({});
    expect(await evaluate(way("o.x[]"), input)).toEqual([1]);
    expect(input).toEqual({ a: [3, 1, 2], e: [], o: { x: [1] } });
  });

  test("regular expressions are RE2's", async () => {
    expect(await evaluate(way("$match(a, /(\\w)(\\d)?/)"), { a: "a1 b" })).toEqual([
      { match: "a1", index: 0, groups: ["a", "1"] },
      { match: "b", index: 3, groups: ["b", null] },
    ]);
    expect(await evaluate(way("$replace(a, /(\\w+) (\\w+)/, '$2, $1')"), { a: "Ada Lovelace" })).toBe("Lovelace, Ada");
    expect(await evaluate(way("$split(a, /, */)"), { a: "x, y,z" })).toEqual(["x", "y", "z"]);
    expect(await evaluate(way("$contains(a, /^ada$/i)"), { a: "ADA" })).toBe(true);
    expect(await evaluate(way("$match(a, /^\\w/m).match"), { a: "a b\nc" })).toEqual(["a", "c"]);
    expect(await evaluate(way("$replace(a, /./, '-')"), { a: "😀!" })).toBe("--");
    expect(await evaluate(way("$replace(a, /x?/, '-')"), { a: "ab" })).toMatch(/^E_EXPR_FAILED/);
  });

  test("a failure says what went wrong", async () => {
    expect(await evaluate(way("$error('no such stage')"), {})).toBe("E_EXPR_FAILED: no such stage");
    expect(await evaluate(way("$assert(a = 1, 'a must be 1')"), { a: 2 })).toBe("E_EXPR_FAILED: a must be 1");
    expect(await evaluate(way("$fromMillis(1e18)"), {})).toMatch(/^E_EXPR_FAILED/);
  });
});

describe("numbers, compiled", () => {
  test("text keeps its digits when it becomes a number", async () => {
    expect(await evaluate("$number(a)", { a: "12345678901234567890" })).toEqual(LONG);
    expect(await evaluate("$number(a)", { a: "00123.50" })).toBe(123.5);
    expect(await evaluate(elsewhere("$number(a)"), { a: "12345678901234567890" })).toMatch(/^E_EXPR_FAILED/);
    expect(await evaluate(elsewhere("$number(a)"), { a: "12345678901234560000" })).toBe(12345678901234560000);
  });

  test("a long number becomes text with its own digits, and is compared by them", async () => {
    const input = { id: LONG, other: new Exact("12345678901234567891"), n: 5, m: new Exact("-12345678901234567890") };

    expect(await evaluate("'#' & id", input)).toBe("#12345678901234567890");
    expect(await evaluate("$string({ 'id': [id] })", input)).toBe('{"id":[12345678901234567890]}');
    expect(await evaluate("[id < other, id > other, n < id, m < n, id = other, -id = m]", input)).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
    ]);
    expect(await evaluate("$sort([other, n, id, m])", input)).toEqual([input.m, 5, LONG, input.other]);
    expect(await evaluate("id ? 'yes' : 'no'", input)).toBe("yes");
  });

  test("a number written in an expression keeps its digits, or the expression is refused", async () => {
    expect(await evaluate("12345678901234567890", {})).toEqual(LONG);
    expect(await evaluate("id = 12345678901234567890", { id: LONG })).toBe(true);
    expect(compiler.compile(elsewhere("12345678901234567890"), { bindings: [], names: null })).toMatchObject({
      ok: false,
      code: "E_EXPR_FORBIDDEN",
      position: 18,
    });
  });
});

describe("a page", () => {
  test("has one result for each input in order, failed ones among them", async () => {
    const compiled = compiler.compile("a + $value", { bindings: ["value"], names: ["a"] });
    if (!compiled.ok) throw new Error(compiled.message);

    const results = await compiled.expression.evaluate([{ a: 1 }, { a: "x" }, {}, { a: 2 }], { value: 10 });

    expect(results.map((result) => (result.ok ? result.value : result.code))).toEqual([
      11,
      "E_EXPR_FAILED",
      undefined,
      12,
    ]);
    expect(await compiled.expression.evaluate([])).toEqual([]);
  });

  test("an input that is too much work here is evaluated elsewhere, in its place", async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => ({ n: index % 50 }));
    const compiled = compiler.compile("$count($distinct(lines.($string(n) & $join($$.lines.$string(n)))))", {
      bindings: [],
      names: null,
    });
    if (!compiled.ok) throw new Error(compiled.message);

    const results = await compiled.expression.evaluate([{ lines: lines.slice(0, 3) }, { lines }, {}]);

    expect(results[0]).toEqual({ ok: true, value: 3 });
    expect(results[1]).toMatchObject({ ok: false });
    expect(results[2]).toMatchObject({ ok: true });
  });

  test("an input nested too deeply for the other process fails alone", async () => {
    let deep: Value = 1;
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    const compiled = compiler.compile("$count(*)", { bindings: [], names: null });
    if (!compiled.ok) throw new Error(compiled.message);

    const results = await compiled.expression.evaluate([{ deep }, { a: 1 }]);

    expect(results).toMatchObject([
      { ok: false, code: "E_EXPR_RESOURCE" },
      { ok: true, value: 1 },
    ]);
  });
});

function deepFreeze(value: Value): void {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
}
