// Runs the tests against real systems (test/real): starts what a test file needs with the scripts in ../shared/real, or in
// SYNCLINE_REAL_DIR, runs the file, stops the systems again. Ends with one line: `N passed, N failed, N skipped`.
//
//   npm run test:real              everything
//   npm run test:real -- erp-shop  one suite, or several
//
// A suite that fails is tried once more with fresh records, and both tries are told: a system of somebody else's may have its bad
// moment on a busy machine, and a fault of ours shows again.
//
// What cannot be installed or started here (no network, no root, no such package) is skipped with a line that says why; a
// test that fails is a failure. Systems are installed under REAL_HOME and stay there for the next time; their records do not.
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const KIT = resolve(process.env["SYNCLINE_REAL_DIR"] ?? join(ROOT, "..", "shared", "real"));
const HOME = resolve(process.env["REAL_HOME"] ?? "/var/tmp/syncline-real");
/** Too short: a slow network skips what would have worked. Too long: a mirror that hangs holds everything up. */
const START_MINUTES = Number(process.env["SYNCLINE_REAL_MINUTES"] ?? "9");
/** Too short: a machine that others use fails what is right. */
const SUITE_MINUTES = 15;

interface SystemPart {
  /** Its script is NAME.sh, its folder REAL_HOME/NAME. */
  readonly name: string;
  /** Variables of the script that name a port; each gets a free one. */
  readonly ports: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What of its folder holds records: names, or beginnings of names that end in `*`. */
  readonly records: readonly string[];
  /** It posts to HOOK_URL. */
  readonly hooks?: string;
}

interface Suite {
  readonly name: string;
  readonly systems: readonly SystemPart[];
}

const SUITES: readonly Suite[] = [
  {
    name: "erp-shop",
    systems: [
      { name: "tryton", ports: ["TRYTON_PORT"], env: { TRYTON_SEED: "1" }, records: ["files"] },
      {
        name: "vendure",
        ports: ["VENDURE_PORT"],
        records: ["shop.sqlite*", ".sqlite-made"],
        hooks: "/hooks/vendure-shop?token=0123456789abcdef0123456789abcdef",
      },
    ],
  },
  {
    name: "erp-billing",
    systems: [
      { name: "pg", ports: ["PG_PORT"], records: ["data"] },
      { name: "tryton", ports: ["TRYTON_PORT"], env: { TRYTON_SEED: "1" }, records: ["files"] },
    ],
  },
  {
    name: "crm-sql",
    systems: [
      { name: "pg", ports: ["PG_PORT"], records: ["data"] },
      {
        name: "strapi",
        ports: ["STRAPI_PORT"],
        records: ["data.db*"],
        hooks: "/hooks/strapi-crm?token=0123456789abcdef0123456789abcdef",
      },
    ],
  },
  {
    name: "address-book",
    systems: [
      { name: "pg", ports: ["PG_PORT"], records: ["data"] },
      { name: "radicale", ports: ["RADICALE_PORT"], records: ["collections"] },
    ],
  },
  {
    name: "stock-files",
    systems: [
      { name: "sftp", ports: ["SFTP_PORT", "FTP_PORT"], env: { FTP_DATA_PORT: "26210" }, records: ["drop"] },
      { name: "mariadb", ports: ["MARIADB_PORT"], records: ["data"] },
    ],
  },
  {
    name: "helpdesk",
    systems: [
      { name: "pg", ports: ["PG_PORT"], records: ["data"] },
      { name: "znuny", ports: ["ZNUNY_PORT"], records: [] }, // its database is in the one above
    ],
  },
  // Last: what installs longest must not hold up the others.
  {
    name: "directus",
    systems: [
      { name: "pg", ports: ["PG_PORT"], records: ["data"] },
      {
        name: "directus",
        ports: ["DIRECTUS_PORT"],
        records: ["data.db*", ".bootstrapped", ".collection"],
      },
    ],
  },
];

type Figures = { passed: number; failed: number; skipped: number };
type Started =
  | { readonly ok: true; readonly ready: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly why: string };

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === "object" && address !== null) done(address.port);
        else failed(new Error("a listening socket has no port"));
      });
    });
  });
}

/** Runs a script of the kit in a process group of its own, which ends with it. */
function runScript(
  name: string,
  action: "start" | "stop",
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((done) => {
    const child = spawn(join(KIT, `${name}.sh`), [action], {
      env: { ...process.env, REAL_HOME: HOME, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const limit = setTimeout(() => {
      stderr += `\nnot ready after ${String(START_MINUTES)} minutes`;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    }, START_MINUTES * 60_000);
    child.once("error", (error) => {
      clearTimeout(limit);
      done({ code: 1, stdout, stderr: error.message });
    });
    child.once("close", (code) => {
      clearTimeout(limit);
      done({ code: code ?? 1, stdout, stderr });
    });
  });
}

function dropRecords({ name, records }: SystemPart): void {
  const folder = join(HOME, name);
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder)) {
    const old = records.some((record) =>
      record.endsWith("*") ? entry.startsWith(record.slice(0, -1)) : entry === record,
    );
    if (old) rmSync(join(folder, entry), { recursive: true });
  }
}

async function startSystem(part: SystemPart, hookPort: number): Promise<Started> {
  await runScript(part.name, "stop", {});
  dropRecords(part);
  const env: Record<string, string> = { ...part.env };
  for (const port of part.ports) env[port] = String(await freePort());
  if (part.hooks !== undefined) env["HOOK_URL"] = `http://127.0.0.1:${String(hookPort)}${part.hooks}`;
  const begun = performance.now();
  const { code, stdout, stderr } = await runScript(part.name, "start", env);
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  const line = stdout.trim().split("\n").at(-1) ?? "";
  if (code !== 0 || !line.startsWith("{")) {
    const why = stderr.trim().split("\n").slice(-6).join("\n    ");
    return { ok: false, why: `${part.name} could not be started here (${seconds} s):\n    ${why}` };
  }
  console.log(`${part.name} is up after ${seconds} s`);
  return { ok: true, ready: JSON.parse(line) as Record<string, string> };
}

type JestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numRuntimeErrorTestSuites: number;
};

/** Runs one test file; its output goes straight to the terminal. */
function runFile(suite: string, env: Readonly<Record<string, string>>, figures: Figures): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "syncline-real-"));
  const report = join(folder, "jest.json");
  const jest = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning", "node_modules/jest/bin/jest.js"];
  const args = [
    "--config",
    "test/real/jest.config.js",
    "--forceExit",
    "--json",
    "--outputFile",
    report,
    `test/real/${suite}\\.test`,
  ];
  return new Promise((done) => {
    const child = execFile(process.execPath, [...jest, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      timeout: SUITE_MINUTES * 60_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    // With --json the report stands on standard output too; people read the other one.
    child.stderr?.pipe(process.stderr);
    child.stdout?.resume();
    child.once("close", (code) => {
      let told: JestReport | null = null;
      if (existsSync(report)) told = JSON.parse(readFileSync(report, "utf8")) as JestReport;
      const failed = (told?.numFailedTests ?? 0) + (told?.numRuntimeErrorTestSuites ?? 0);
      figures.passed += told?.numPassedTests ?? 0;
      figures.skipped += told?.numPendingTests ?? 0;
      figures.failed += failed === 0 && code !== 0 ? 1 : failed;
      rmSync(folder, { recursive: true, force: true });
      done();
    });
  });
}

async function runSuite(suite: Suite, figures: Figures): Promise<void> {
  const first = await trySuite(suite);
  if (first.failed > 0) console.log(`\n${suite.name} failed; once more, with fresh records`);
  const counted = first.failed > 0 ? await trySuite(suite) : first;
  if (first.failed > 0 && counted.failed === 0) console.log(`${suite.name} passed at the second try`);
  figures.passed += counted.passed;
  figures.failed += counted.failed;
  figures.skipped += counted.skipped;
}

async function trySuite(suite: Suite): Promise<Figures> {
  const figures: Figures = { passed: 0, failed: 0, skipped: 0 };
  console.log(`\n== ${suite.name}: ${suite.systems.map(({ name }) => name).join(", ")} ==`);
  const hookPort = await freePort();
  const env: Record<string, string> = {
    SYNCLINE_REAL_DIR: KIT,
    SYNCLINE_REAL_HOOK_PORT: String(hookPort),
    SYNCLINE_TEST_BOUND_MS: process.env["SYNCLINE_TEST_BOUND_MS"] ?? "240000",
  };
  running = suite.systems;
  try {
    for (const part of suite.systems) {
      const started = await startSystem(part, hookPort);
      if (!started.ok) {
        console.log(`skipped ${suite.name}: ${started.why}`);
        figures.skipped += 1;
        return figures;
      }
      env[`SYNCLINE_REAL_${part.name.toUpperCase()}`] = JSON.stringify(started.ready);
    }
    await runFile(suite.name, env, figures);
    return figures;
  } finally {
    for (const part of suite.systems) await runScript(part.name, "stop", {});
  }
}

/** Systems of the suite under way: whoever ends us early must not leave them running. */
let running: readonly SystemPart[] = [];
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void Promise.all(running.map(({ name }) => runScript(name, "stop", {}))).then(() =>
      process.exit(signal === "SIGINT" ? 130 : 143),
    );
  });
}

const figures: Figures = { passed: 0, failed: 0, skipped: 0 };
const asked = process.argv.slice(2).filter((name) => name !== "--");
const unknown = asked.filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`no such suite: ${unknown.join(", ")}; there are ${SUITES.map(({ name }) => name).join(", ")}`);
  process.exitCode = 2;
} else {
  const chosen = SUITES.filter(({ name }) => asked.length === 0 || asked.includes(name));
  if (existsSync(join(KIT, "lib.sh"))) {
    mkdirSync(HOME, { recursive: true });
    for (const suite of chosen) await runSuite(suite, figures);
  } else {
    console.log(
      `skipped: the scripts that start real systems are not in ${KIT}; SYNCLINE_REAL_DIR may name their folder`,
    );
    figures.skipped += chosen.length;
  }
  process.exitCode = figures.failed > 0 ? 1 : 0;
  console.log(
    `\n${String(figures.passed)} passed, ${String(figures.failed)} failed, ${String(figures.skipped)} skipped`,
  );
}
