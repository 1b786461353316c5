// Breaks the engine on purpose, one fault at a time, and looks whether anything notices: first the simulation, then the tests that
// are about the file. Ends with killed / total.
//   npm run mutants -- --runs 1500 --jobs 2
import { spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { MUTANTS, type Mutant } from "./mutants/mutants.ts";
import { replaced } from "./mutants/replace.ts";
import { testsOf } from "./mutants/tests.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "2000" },
    jobs: { type: "string", default: "2" },
    only: { type: "string", default: "" },
    /** A file that verdicts are added to; what stands there is not tried again, so that a series can be broken off. */
    verdicts: { type: "string", default: "" },
  },
});

/** Texts that the sources no longer have: the list follows the code. */
const missing = MUTANTS.filter((mutant) => replaced(readFileSync(join("src", mutant.file), "utf8"), mutant) === null);
for (const mutant of missing) console.log(`not found ${mutant.name} (${mutant.file})`);

type Verdict = { readonly mutant: Mutant; readonly kind: "killed" | "survived" | "not found"; readonly by: string };

/** A copy of the sources in which one place is broken at a time. */
function openCopy(): { readonly folder: string; tried(mutant: Mutant): Promise<Verdict>; close(): void } {
  const folder = mkdtempSync(join(tmpdir(), "syncline-mutants-"));
  for (const name of ["src", "scripts", "test", "package.json", "tsconfig.json", "jest.config.js"])
    cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  return {
    folder,
    async tried(mutant) {
      const path = join(folder, "src", mutant.file);
      const sound = readFileSync(path, "utf8");
      const broken = replaced(sound, mutant);
      if (broken === null) return { mutant, kind: "not found", by: "" };
      writeFileSync(path, broken);
      const found = (await simulated(folder)) || (await tested(folder, mutant));
      writeFileSync(path, sound);
      return { mutant, kind: found === "" ? "survived" : "killed", by: found };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Which of the tests about the file fail; "": none. */
function tested(folder: string, mutant: Mutant): Promise<string> {
  const files = testsOf(mutant.file);
  return new Promise((done) => {
    const jest = ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--bail", "--silent", ...files];
    const child = spawn(process.execPath, jest, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let output = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("close", (code) =>
      done(
        code === 0
          ? ""
          : (output
              .split("\n")
              .find((line) => line.includes("●"))
              ?.trim() ?? files.join(" ")),
      ),
    );
  });
}

/** The broken promise; "": none. A simulation that cannot even run has noticed too. */
function simulated(folder: string): Promise<string> {
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "scripts/simulate.ts", "--runs", values.runs, "--seed", "mutants", "--json", "--brief"],
      { cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
    );
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.on("close", () => {
      try {
        const { found } = JSON.parse(output) as {
          found: { broken: { promise: number; name: string }[]; seed: string } | null;
        };
        const [first] = found?.broken ?? [];
        done(first === undefined ? "" : `promise ${String(first.promise)}, ${first.name} (${found?.seed ?? ""})`);
      } catch {
        done(`the simulation broke: ${errors.split("\n").find((line) => line.includes("Error")) ?? "no answer"}`);
      }
    });
  });
}

const chosen = MUTANTS.filter((mutant) => mutant.name.includes(values.only));
const earlier = values.verdicts !== "" && existsSync(values.verdicts) ? readFileSync(values.verdicts, "utf8") : "";
const verdicts: Verdict[] = earlier
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as Verdict); // what this script wrote
const waiting = chosen.filter((mutant) => !verdicts.some((verdict) => verdict.mutant.name === mutant.name));

async function work(): Promise<void> {
  const copy = openCopy();
  try {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const verdict = await copy.tried(mutant);
      verdicts.push(verdict);
      if (values.verdicts !== "") appendFileSync(values.verdicts, `${JSON.stringify(verdict)}\n`);
      console.log(
        `${verdict.kind.padEnd(9)} ${mutant.name} (${mutant.file})${verdict.by === "" ? "" : `: ${verdict.by}`}`,
      );
    }
  } finally {
    copy.close();
  }
}

await Promise.all(Array.from({ length: Number(values.jobs) }, work));
const killed = verdicts.filter((verdict) => verdict.kind === "killed").length;
console.log(`\n${String(killed)} / ${String(chosen.length)} killed`);
process.exitCode = killed === chosen.length ? 0 : 1;
