// Runs every check and then every test, and ends with one line of figures: `N passed, N failed, N skipped`.
// With --checks only the checks run. A check counts as one passed or one failed.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

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

type JestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
};

async function runTests(figures: Figures): Promise<void> {
  console.log("\n== Tests ==");
  const folder = mkdtempSync(join(tmpdir(), "syncline-test-"));
  try {
    const file = join(folder, "jest.json");
    const { code } = await npmRun("jest", ["--json", "--outputFile", file], true);
    let report: JestReport | undefined;
    try {
      report = JSON.parse(readFileSync(file, "utf8")) as JestReport;
    } catch {
      console.log("jest wrote no report");
    }
    const passed = report?.numPassedTests ?? 0;
    // A test file that could not be loaded has no tests to fail, so it counts as one itself.
    const failed = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
    figures.passed += passed;
    figures.failed += failed;
    figures.skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
    if (passed + failed === 0) {
      console.log("No test was executed.");
      figures.failed += 1;
    } else if (code !== 0 && failed === 0) {
      console.log(`Every test passed, yet jest ended with exit code ${code}.`);
      figures.failed += 1;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const figures: Figures = { passed: 0, failed: 0, skipped: 0 };
await runChecks(figures);
if (!process.argv.includes("--checks")) await runTests(figures);
process.exitCode = figures.failed > 0 ? 1 : 0;
console.log(`\n${figures.passed} passed, ${figures.failed} failed, ${figures.skipped} skipped`);
