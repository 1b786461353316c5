// What a record costs on its way through the lenses: parsed, read, carried across, made canonical, hashed; and what of it a record
// costs that has not changed, which is only fingerprinted.

import { createHash } from "node:crypto";
import { parseJson } from "../../src/core/json.ts";
import { canonicalText, isList, type Fields } from "../../src/core/value.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { customers } from "./customers.ts";
import { bestSeconds, shortNumber, type Figures } from "./figures.ts";
import { benchMapping, PAGE } from "./pair-files.ts";

const RECORDS = 20_000;

export async function measureLenses(): Promise<Figures> {
  const pages: string[] = [];
  const records = customers(RECORDS);
  for (let at = 0; at < RECORDS; at += PAGE) pages.push(JSON.stringify(records.slice(at, at + PAGE)));
  const expressions = createExpressionCompiler();
  try {
    const [entity] = benchMapping(expressions).entities;
    if (entity === undefined) throw new Error("no entity");
    const parsed = (page: string): readonly Fields[] => {
      const value = parseJson(page);
      if (!isList(value)) throw new Error("not a list");
      return value as readonly Fields[]; // made above
    };
    const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

    const parse = await bestSeconds(3, () => {
      for (const page of pages) parsed(page);
    });
    const fingerprint = await bestSeconds(3, () => {
      for (const page of pages) for (const record of parsed(page)) digest(entity.fingerprintText("left", record));
    });
    const whole = await bestSeconds(3, async () => {
      for (const page of pages) {
        const readings = await entity.read("left", parsed(page));
        const carried = await entity.carry(
          "left",
          readings.map(({ fields }) => fields),
          () => null,
        );
        for (const each of carried) {
          const values = Object.entries(each).map(
            ([name, cell]) => [name, cell.kind === "value" ? cell.cell.value : null] as const,
          );
          digest(canonicalText(Object.fromEntries(values)));
        }
      }
    });
    const values = {
      parsePerSecond: RECORDS / parse,
      fingerprintPerSecond: RECORDS / fingerprint,
      wholePerSecond: RECORDS / whole,
    };
    return {
      title: "Lenses: twelve rules of types, tables and paths",
      lines: [
        `parse                                        ${shortNumber(values.parsePerSecond)} records/s`,
        `parse, fingerprint (a record without change)  ${shortNumber(values.fingerprintPerSecond)} records/s`,
        `parse, map, canonicalise, hash               ${shortNumber(values.wholePerSecond)} records/s`,
      ],
      ratios: [
        { name: "fingerprint / whole way", ratio: values.fingerprintPerSecond / values.wholePerSecond, atLeast: null },
      ],
      values,
    };
  } finally {
    await expressions.close();
  }
}
