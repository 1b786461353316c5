// `npm run bench`: what Syncline does in a second, against what it is measured by, in one run.
//
//   --check          fail when a judged ratio is missed
//   --json           one JSON document
//   --records N      records of the engine's part; default 10,000
//   --only PART      expressions, lenses, files or pair
//   --judge-engine   also judge the engine's ratios, which a busy machine disturbs

import { parseArgs } from "node:util";
import { measureExpressions } from "./expressions.ts";
import { measureFiles } from "./files.ts";
import { figuresText, missed, type Figures } from "./figures.ts";
import { measureLenses } from "./lenses.ts";
import { measurePair } from "./pair.ts";

const { values: options } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    records: { type: "string", default: "10000" },
    only: { type: "string" },
    "judge-engine": { type: "boolean", default: false },
  },
});

const PARTS: Readonly<Record<string, () => Promise<Figures>>> = {
  expressions: measureExpressions,
  lenses: measureLenses,
  files: measureFiles,
  pair: () => measurePair(Number(options.records), options["judge-engine"]),
};

const figures: Figures[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (options.only !== undefined && options.only !== name) continue;
  const measured = await measure();
  figures.push(measured);
  if (!options.json) console.log(`${figuresText(measured)}\n`);
}
if (figures.length === 0)
  throw new Error(`there is no part "${options.only ?? ""}"; there are ${Object.keys(PARTS).join(", ")}`);
if (options.json) console.log(JSON.stringify(figures, null, 2));
if (options.check && missed(figures).length > 0) process.exitCode = 1;
