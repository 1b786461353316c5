// Expressions that hang, or want more memory than there is: the input fails, this process goes on, the rest of the page is
// answered. A heartbeat counts the turns of the event loop meanwhile. Real processes throughout.

import { execFileSync, spawn } from "node:child_process";
import { afterAll, describe, expect, test } from "@jest/globals";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import type { ExpressionCompiler, ExpressionResult } from "../../src/core/expression.ts";
import type { Value } from "../../src/core/value.ts";

const compiler = createExpressionCompiler();
afterAll(() => compiler.close());

async function evaluate(source: string, inputs: readonly Value[], from: ExpressionCompiler = compiler) {
  const compiled = from.compile(source, { bindings: [], names: null });
  if (!compiled.ok) throw new Error(`${source}: ${compiled.message}`);
  return compiled.expression.evaluate(inputs);
}

async function withHeartbeat<T>(work: Promise<T>): Promise<{ readonly result: T; readonly beats: number }> {
  let beats = 0;
  const timer = setInterval(() => (beats += 1), 10);
  const result = await work;
  clearInterval(timer);
  return { result, beats };
}

function failureCode(result: ExpressionResult | undefined): string | null {
  return result === undefined || result.ok ? null : result.code;
}

/** `ps` of the evaluating processes whose parent is given. */
function evaluatingProcesses(parent: number): readonly number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=", "-o", "ppid=", "-o", "args="], { encoding: "utf8" }).split(
    "\n",
  );
  return lines
    .filter((line) => line.includes("evaluating-child.mjs"))
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parentPid]) => parentPid === parent)
    .map(([pid = 0]) => pid);
}

const THOUSAND = "[1..1000]";
const ENDLESS = `$map(${THOUSAND}, function($a) { $map(${THOUSAND}, function($b) { $map(${THOUSAND}, function($c) { $a + $b + $c }) }) })`;
const DOUBLED = (times: number) => `$reduce([1..${String(times)}], function($a, $b) { $a & $a }, "abc")`;
/** Ten thousand lists of ten thousand texts. */
const HOARD = '$map([1..10000], function($i) { $split($pad("x", 10000), "") })';
/** An object that is small here and has 2^40 leaves as text. */
const LACE = '$reduce([1..40], function($a, $b) { { "l": $a, "r": $a } }, "x")';

describe("an expression that goes beyond its limits", () => {
  test.each([
    // The last figure: 0 for what is refused at once, before any beat.
    ["loops within loops", ENDLESS, "E_EXPR_TIMEOUT", 5],
    ["a result of 100 MB", DOUBLED(25), "E_EXPR_RESOURCE", 0],
    ["a text longer than the engine can make", DOUBLED(30), "E_EXPR_RESOURCE", 0],
    ["more memory than the process has", HOARD, /E_EXPR_(TIMEOUT|RESOURCE)/, 5],
    ["a result that is large only when written out", LACE, "E_EXPR_RESOURCE", 0],
    ["a list that is too long", "$count([1..9999999])", "E_EXPR_RESOURCE", 0],
    ["a text made of what is large only when written out", `$length($string(${LACE}))`, /E_EXPR_(TIMEOUT|RESOURCE)/, 5],
    ["a comparison that never ends", `${LACE} = ${LACE}`, /E_EXPR_(TIMEOUT|RESOURCE)/, 5],
  ])("%s: fails, and the event loop goes on", async (_what, source, code, beatsMin) => {
    // A wildcard is not compiled, so the second goes to the process at once.
    const compiled = await evaluate(source, [{}]);
    const { result, beats } = await withHeartbeat(evaluate(`( *; ${source} )`, [{}]));

    expect(failureCode(compiled[0])).toMatch(code);
    expect(failureCode(result[0])).toMatch(code);
    expect(beats).toBeGreaterThanOrEqual(beatsMin);
  });

  test("an expression that hangs inside one step of jsonata is killed", async () => {
    // Each item is compared with each other, without jsonata's clock being looked at.
    const long = Array.from({ length: 120_000 }, (_, index) => ({ id: index }));

    const { result, beats } = await withHeartbeat(
      evaluate("( $formatBase(1); $count($distinct(long)) )", [{ long }, { long: [1, 1] }]),
    );

    expect(result.map(failureCode)).toEqual(["E_EXPR_TIMEOUT", null]);
    expect(beats).toBeGreaterThan(10);
  });

  test("a regular expression that would take for ever elsewhere is answered", async () => {
    const text = `${"a".repeat(50_000)}!`;

    expect(await evaluate("$contains(text, /(a+)+$/)", [{ text }])).toEqual([{ ok: true, value: false }]);
    expect(await evaluate("$contains($string(*), /(a+)+$/)", [{ text }])).toEqual([{ ok: true, value: false }]);
  });
});

describe("a page", () => {
  test("only the inputs that go beyond the limits fail", async () => {
    const source = `$type(*) = "number" and n > 5 ? ${HOARD} : n`;

    const results = await evaluate(source, [{ n: 1 }, { n: 9 }, { n: 2 }, { n: 3 }, { n: 8 }, { n: 4 }]);

    expect(results.map((result) => (result.ok ? result.value : "failed"))).toEqual([1, "failed", 2, 3, "failed", 4]);
  });

  test("an expression that fails on every input is given up", async () => {
    const inputs = Array.from({ length: 30 }, () => ({ n: 1 }));
    const from = createExpressionCompiler({ timeoutMs: 200 });

    const results = await evaluate(`( *; ${ENDLESS} )`, inputs, from);
    await from.close();

    expect(results).toHaveLength(30);
    expect(new Set(results.slice(0, 5).map(failureCode))).toEqual(new Set(["E_EXPR_TIMEOUT"]));
    expect(results[29]).toEqual({
      ok: false,
      code: "E_EXPR_RESOURCE",
      message: "not tried: it went beyond its limits on 5 inputs in a row",
    });
  });

  test("pages that are asked for at the same time are answered each with its own results", async () => {
    const pages = await Promise.all(
      Array.from({ length: 20 }, (_, page) =>
        evaluate("$sum(*)", [
          { a: page, b: 1 },
          { a: page, b: 2 },
        ]),
      ),
    );

    expect(pages.map((results) => results.map((result) => (result.ok ? result.value : null)))).toEqual(
      Array.from({ length: 20 }, (_, page) => [page + 1, page + 2]),
    );
  });

  test("a page that is larger than one message arrives whole", async () => {
    const inputs = Array.from({ length: 40 }, (_, index) => ({ index, text: "x".repeat(100_000) }));

    const results = await evaluate("$filter(*, function($v) { $type($v) = 'number' })", inputs);

    expect(results.map((result) => (result.ok ? result.value : null))).toEqual(inputs.map(({ index }) => index));
  });
});

describe("the evaluating process", () => {
  test("does not start for what is compiled, starts again after it died, and is gone after close", async () => {
    // With so much time it dies of its memory, however busy the machine is.
    const from = createExpressionCompiler({ timeoutMs: 60_000 });
    const before = evaluatingProcesses(process.pid);
    const started = () => evaluatingProcesses(process.pid).filter((pid) => !before.includes(pid));

    await evaluate("a.b", [{}], from);
    expect(started()).toEqual([]);
    await evaluate("*", [{ a: 1 }], from);
    const [first] = started();
    await evaluate(`$count(*) ? ${HOARD}`, [{ a: 1 }], from);
    expect(await evaluate("*", [{ a: 1 }], from)).toEqual([{ ok: true, value: 1 }]);
    const [second, ...others] = started();
    await from.close();

    expect(first).not.toBe(second);
    expect(others).toEqual([]);
    expect(started()).toEqual([]);
    await expect(evaluate("*", [{ a: 1 }], from)).rejects.toThrow("closed");
  });

  test("closing while a page is being evaluated rejects the page and ends the process", async () => {
    const from = createExpressionCompiler();
    await evaluate("*", [{ a: 1 }], from);
    const before = evaluatingProcesses(process.pid);

    const page = evaluate(`$count(*) ? ${ENDLESS}`, [{ a: 1 }], from);
    page.catch(() => undefined);
    await from.close();

    await expect(page).rejects.toThrow("closed");
    expect(evaluatingProcesses(process.pid).length).toBeLessThan(before.length);
  });

  test("an evaluating process that somebody else ends meanwhile is replaced, and no input fails", async () => {
    const from = createExpressionCompiler();
    const before = evaluatingProcesses(process.pid);
    await evaluate("*", [{ a: 1 }], from);

    for (const pid of evaluatingProcesses(process.pid)) if (!before.includes(pid)) process.kill(pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(await evaluate("*", [{ a: 2 }], from)).toEqual([{ ok: true, value: 2 }]);
    await from.close();
  });

  test("ends when its parent is killed", async () => {
    const compilerUrl = new URL("../../src/expression/compiler.ts", import.meta.url).href;
    const script = `
      const { createExpressionCompiler } = await import(${JSON.stringify(compilerUrl)});
      const compiled = createExpressionCompiler().compile("*", { bindings: [], names: null });
      await compiled.expression.evaluate([{ a: 1 }]);
      console.log("ready");
      setInterval(() => undefined, 1000);
    `;
    const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => parent.stdout.once("data", resolve));
    const [pid = 0] = evaluatingProcesses(parent.pid ?? 0);

    parent.kill("SIGKILL");

    expect(pid).toBeGreaterThan(0);
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test("does not keep a program alive that has nothing else to do", async () => {
    const compilerUrl = new URL("../../src/expression/compiler.ts", import.meta.url).href;
    const script = `
      const { createExpressionCompiler } = await import(${JSON.stringify(compilerUrl)});
      const compiled = createExpressionCompiler().compile("*", { bindings: [], names: null });
      console.log(JSON.stringify(await compiled.expression.evaluate([{ a: 1 }])));
    `;

    const output = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], {
      encoding: "utf8",
    });

    expect(output.trim()).toBe('[{"ok":true,"value":1}]');
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.each(["a & $value", "( *; a & $value )", "a = 3 ? $sum([1..9000000]) : a & $value"])(
  "each input may have variables of its own: %s",
  async (source) => {
    const compiled = compiler.compile(source, { bindings: ["value"], names: null });
    if (!compiled.ok) throw new Error(compiled.message);
    const values = [1, 2, 3, 4];

    const results = await compiled.expression.evaluate(
      values.map((a) => ({ a })),
      values.map((value) => ({ value: `-${String(value)}` })),
    );

    const texts = results.map((result) => (result.ok ? result.value : result.code));
    const third = source.startsWith("a = 3") ? "E_EXPR_RESOURCE" : "3-3";
    expect(texts).toEqual(["1-1", "2-2", third, "4-4"]);
  },
);
