// Runs every check and then every test, and ends with one line of figures: `N passed, N failed, N skipped`.
// With --checks only the checks run. A check counts as one passed or one failed.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const checks = ["types", "lint", "rooms", "unused", "format", "schema", "docs"];

/** Runs an npm script; with `show` its output goes straight to the terminal. */
function npmRun(script: string, args: string[], show: boolean): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    // Through a shell, because npm is a .cmd file on Windows; nothing here needs quoting but the arguments.
    const command = ["npm", "run", "--silent", script, "--", ...args.map((arg) => JSON.stringify(arg))].join(" ");
    const child = spawn(command, {
      shell: true,
      stdio: show ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", (error) => resolve({ code: 1, output: error.message }));
    // No exit code means a signal ended it, which is never a success.
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

type Figures = { passed: number; failed: number; skipped: number };

async function runChecks(figures: Figures): Promise<void> {
  console.log("== Checks ==");
  for (const check of checks) {
    const start = performance.now();
    const { code, output } = await npmRun(`check:${check}`, [], false);
    const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(5);
    console.log(`${code === 0 ? "ok    " : "FAILED"} ${check.padEnd(8)} ${seconds} s`);
    if (code !== 0) console.log(`${output.trimEnd().replaceAll(/^/gm, "    ")}\n`);
    figures[code === 0 ? "passed" : "failed"] += 1;
  }
}

type FileReport = {
  name: string;
  /** `focused`: passed, with some tests skipped. */
  status: "passed" | "focused" | "failed";
  assertionResults: { fullName: string; status: string }[];
};

/** More failing files than this are no accident: they are not run again. */
const AGAIN_MAX = 5;

/** Test files by name, with how their tests ended; null: jest wrote no report. */
async function jest(folder: string, args: string[]): Promise<{ code: number; files: Map<string, FileReport> | null }> {
  const file = join(folder, "jest.json");
  rmSync(file, { force: true });
  const { code } = await npmRun("jest", ["--json", "--outputFile", file, ...args], true);
  try {
    const { testResults } = JSON.parse(readFileSync(file, "utf8")) as { testResults: FileReport[] };
    return { code, files: new Map(testResults.map((result) => [result.name, result])) };
  } catch {
    return { code, files: null };
  }
}

/**
 * What failed is run once more by itself, on a machine that does nothing else. What then passes counts as passed, and is told by
 * name with its first failure above: a defect that shows now and then is one all the same.
 */
async function runTests(figures: Figures): Promise<void> {
  console.log("\n== Tests ==");
  const folder = mkdtempSync(join(tmpdir(), "syncline-test-"));
  try {
    const { code, files } = await jest(folder, []);
    if (files === null) {
      console.log(`jest wrote no report, and ended with exit code ${code}`);
      figures.failed += 1;
      return;
    }
    const failing = [...files.values()].filter(({ status }) => status === "failed");
    if (failing.length > 0 && failing.length <= AGAIN_MAX) {
      console.log("\n== Once more, what failed ==");
      const names = failing.map(({ name }) => name);
      const again = await jest(folder, ["--runInBand", "--runTestsByPath", ...names]);
      for (const before of failing) {
        const after = again.files?.get(before.name);
        if (after === undefined) continue;
        files.set(before.name, after);
        if (after.status !== "failed") tellUnsteady(before);
      }
    }
    const before = figures.failed;
    for (const file of files.values()) count(file, figures);
    const executed = [...files.values()].some(({ assertionResults }) => assertionResults.length > 0);
    if (!executed) {
      console.log("No test was executed.");
      figures.failed += 1;
    } else if (code !== 0 && failing.length === 0 && figures.failed === before) {
      console.log(`Every test passed, yet jest ended with exit code ${code}.`);
      figures.failed += 1;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tellUnsteady({ name, assertionResults }: FileReport): void {
  const tests = assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => `\n    ${fullName}`);
  console.log(`UNSTEADY: failed once, passed alone: ${relative(".", name)}${tests.join("")}`);
}

function count({ status, assertionResults }: FileReport, figures: Figures): void {
  const withStatus = (wanted: string): number => assertionResults.filter((each) => each.status === wanted).length;
  const failed = withStatus("failed");
  figures.passed += withStatus("passed");
  // A test file that could not be loaded has no tests to fail, so it counts as one itself.
  figures.failed += status === "failed" && failed === 0 ? 1 : failed;
  figures.skipped += assertionResults.length - withStatus("passed") - failed;
}

const figures: Figures = { passed: 0, failed: 0, skipped: 0 };
await runChecks(figures);
if (!process.argv.includes("--checks")) await runTests(figures);
process.exitCode = figures.failed > 0 ? 1 : 0;
console.log(`\n${figures.passed} passed, ${figures.failed} failed, ${figures.skipped} skipped`);
