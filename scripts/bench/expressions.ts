// Twelve `read` expressions, as the rules of a mapping have them: compiled, and as jsonata itself evaluates them. And the same as one
// expression that makes one object. Both give the same values, or the measurement is void.

import jsonata from "jsonata";
import { canonicalText, type Value } from "../../src/core/value.ts";
import type { Expression, ExpressionCompiler } from "../../src/core/expression.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { customers } from "./customers.ts";
import { bestSeconds, shortNumber, type Figures } from "./figures.ts";

const FIELDS: Readonly<Record<string, string>> = {
  email: "$lowercase(email)",
  name: 'firstname & " " & lastname',
  phone: '$contains(phone, "+") ? phone : "+" & phone',
  line1: "street",
  city: "$uppercase($substring(city, 0, 1)) & $substring(city, 1)",
  postcode: "$trim(zip)",
  country: 'country = "GB" ? "United Kingdom" : country = "AT" ? "Austria" : country',
  segment: 'stage = "lead" ? "PROSPECT" : "ACTIVE"',
  turnover: "$number(revenue)",
  vip: 'vip and stage != "lead"',
  tags: '$join(tags, ",")',
  owner: "owner.name",
};

/** Too few: the compiler is still warming up. Too many: the interpreter takes minutes. */
const RECORDS = 20_000;
const CHECKED = 1000;
const PAGE = 500;
const ROUNDS = 4;
/** What the product promises of a mapping. */
const WANTED = 20;

export async function measureExpressions(): Promise<Figures> {
  const records = customers(RECORDS) as unknown as readonly Value[]; // plain JSON, made above
  const compiler = createExpressionCompiler();
  try {
    const rules = await rates(Object.values(FIELDS), records, compiler);
    const whole = `{ ${Object.entries(FIELDS)
      .map(([name, source]) => `"${name}": ${source}`)
      .join(", ")} }`;
    const object = await rates([whole], records, compiler);
    return {
      title: "Expressions: a mapping of twelve fields",
      lines: [
        `twelve rules, compiled     ${shortNumber(rules.compiled)} records/s of processor time`,
        `twelve rules, jsonata      ${shortNumber(rules.interpreted)} records/s`,
        `one object, compiled       ${shortNumber(object.compiled)} records/s`,
        `one object, jsonata        ${shortNumber(object.interpreted)} records/s`,
      ],
      ratios: [
        { name: "twelve rules, compiled / jsonata", ratio: rules.compiled / rules.interpreted, atLeast: WANTED },
        { name: "one object, compiled / jsonata", ratio: object.compiled / object.interpreted, atLeast: null },
      ],
      values: {
        rulesCompiled: rules.compiled,
        rulesInterpreted: rules.interpreted,
        objectCompiled: object.compiled,
        objectInterpreted: object.interpreted,
      },
    };
  } finally {
    await compiler.close();
  }
}

/** Records in a second of processor time. */
async function rates(
  sources: readonly string[],
  records: readonly Value[],
  compiler: ExpressionCompiler,
): Promise<{ readonly compiled: number; readonly interpreted: number }> {
  const compiled = sources.map((source) => compile(source, compiler));
  const interpreted = sources.map((source) => jsonata(source));
  for (const [index, expression] of compiled.entries()) {
    const ours = await expression.evaluate(records.slice(0, CHECKED));
    for (const [at, record] of records.slice(0, CHECKED).entries()) {
      const theirs = JSON.parse(JSON.stringify(await interpreted[index]?.evaluate(record))) as Value;
      const own = ours[at];
      if (own?.ok !== true || canonicalText(own.value ?? null) !== canonicalText(theirs))
        throw new Error(`the two differ: ${expression.source}`);
    }
  }
  let ours = Number.POSITIVE_INFINITY;
  let theirs = Number.POSITIVE_INFINITY;
  // In turns, so that what else the machine does meets both.
  for (let round = 0; round < ROUNDS; round += 1) {
    ours = Math.min(
      ours,
      await bestSeconds(3, async () => {
        for (let at = 0; at < records.length; at += PAGE) {
          const page = records.slice(at, at + PAGE);
          for (const expression of compiled) await expression.evaluate(page);
        }
      }),
    );
    theirs = Math.min(
      theirs,
      await bestSeconds(1, async () => {
        for (const record of records) for (const expression of interpreted) await expression.evaluate(record);
      }),
    );
  }
  return { compiled: records.length / ours, interpreted: records.length / theirs };
}

function compile(source: string, compiler: ExpressionCompiler): Expression {
  const result = compiler.compile(source, { bindings: [], names: null });
  if (!result.ok) throw new Error(result.message);
  return result.expression;
}
