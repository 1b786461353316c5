// Plays many histories of the simulated family and says how many promises were broken.
//   npm run simulate -- --runs 10000 --seed day --jobs 2
import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { familyCast } from "../src/simulation/family-cast.ts";
import { simulate, type Simulated } from "../src/simulation/simulate.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    /** The number of the first history: a long series can be played in parts. */
    from: { type: "string", default: "0" },
    /** Processes at work beside each other. */
    jobs: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    /** Say which promise broke, without making the history smaller. */
    brief: { type: "boolean", default: false },
  },
});

type Figures = Omit<Simulated, "found">;

async function alone(runs: number, seed: string): Promise<Simulated> {
  const shown = process.stderr.isTTY;
  return simulate({
    runs,
    seed,
    from: Number(values.from),
    brief: values.brief,
    cast: familyCast,
    idle: () => new Promise((resolve) => setImmediate(resolve)),
    progress: (played) => {
      if (shown && played % 100 === 0) process.stderr.write(`\r${String(played)} histories`);
      return true;
    },
  });
}

/** The same script in another process, with its own part of the seeds. */
function beside(runs: number, seed: string): Promise<Simulated> {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1] ?? "", ["--runs", String(runs), "--seed", seed, "--json"], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", reject);
    child.on("close", () => resolve(JSON.parse(output) as Simulated)); // what the same script printed
  });
}

function sum(parts: readonly Simulated[]): Simulated {
  const keys: readonly (keyof Figures)[] = ["histories", "steps", "faults", "crashes", "edits", "writes", "checked"];
  const total = Object.fromEntries(keys.map((key) => [key, parts.reduce((all, part) => all + part[key], 0)]));
  return { ...(total as Figures), found: parts.find((part) => part.found !== null)?.found ?? null }; // exactly the keys above
}

const runs = Number(values.runs);
const jobs = Math.max(1, Number(values.jobs));
const start = performance.now();
const parts =
  jobs === 1
    ? [await alone(runs, values.seed)]
    : await Promise.all(
        Array.from({ length: jobs }, (_, job) => beside(Math.ceil(runs / jobs), `${values.seed}-${String(job)}`)),
      );
const total = sum(parts);

if (values.json) process.stdout.write(JSON.stringify(total));
else {
  const seconds = (performance.now() - start) / 1000;
  if (total.found !== null) console.log(`\n${total.found.story}\n`);
  console.log(
    `${total.histories.toLocaleString("en")} histories, ${total.found === null ? "0" : "1"} broken promises ` +
      `(${total.edits.toLocaleString("en")} edits, ${total.writes.toLocaleString("en")} writes, ${total.faults.toLocaleString("en")} faults, ` +
      `${total.crashes.toLocaleString("en")} crashes, ${total.steps.toLocaleString("en")} steps, ${total.checked.toLocaleString("en")} checks, ${seconds.toFixed(0)} s)`,
  );
}
process.exitCode = total.found === null ? 0 : 1;
