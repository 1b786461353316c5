// `syncline demo`, which `npm start` runs: two sandbox systems of our own in processes of their own, and the daemon that
// keeps them in step. Everything it keeps lies in .syncline; deleting that starts afresh.

import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { startDaemon, type Daemon } from "../daemon/daemon.ts";
import { createLog } from "../daemon/log.ts";
import { daemonParts } from "../daemon/project-runtime.ts";
import type { RunReport } from "../engine/ports.ts";
import { EXIT, globalOptions, outputOf, type Output } from "./output.ts";
import { loadProject, redactorOf } from "./project.ts";
import { untilSignal } from "./signals.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export function register(program: Command): void {
  program
    .command("demo")
    .description("two sandbox systems and the daemon between them: what `npm start` runs")
    .option("--crm-port <port>", "port of the sandbox CRM", "8082")
    .option("--billing-port <port>", "port of the sandbox billing system", "8083")
    .option("--seed <number>", "seed of the demo's records", "1")
    .action(async (options: DemoOptions, command: Command) => {
      const given = globalOptions(command);
      const isDefault = command.optsWithGlobals()["config"] === "config/syncline.yaml";
      await demo(options, outputOf(isDefault ? { ...given, config: join(ROOT, "config/demo.yaml") } : given));
    });
}

interface DemoOptions {
  readonly crmPort: string;
  readonly billingPort: string;
  readonly seed: string;
}

async function demo(options: DemoOptions, output: Output): Promise<void> {
  const startedAt = Date.now();
  const folder = join(ROOT, ".syncline");
  const fresh = !existsSync(join(folder, "sandbox"));
  mkdirSync(folder, { recursive: true });
  const secrets = demoSecrets(join(folder, "secrets"));
  Object.assign(process.env, {
    SANDBOX_CRM_URL: `http://127.0.0.1:${options.crmPort}`,
    SANDBOX_BILLING_URL: `http://127.0.0.1:${options.billingPort}`,
  });

  const stop = untilSignal();
  const systems: Sandbox[] = [];
  let daemon: Daemon | null = null;
  let closeProject: () => Promise<void> = async () => undefined;
  try {
    const loaded = await loadProject(output, []);
    if (loaded === null) return;
    closeProject = loaded.close;
    const { project } = loaded;
    const hooks = project.config?.hooks.listen;
    const hookUrl =
      hooks === undefined ? [] : ["--webhook", `http://${hooks.host}:${String(hooks.port)}/hooks/sandbox-crm`];
    const data = (name: string): readonly string[] => ["--data", join(folder, "sandbox", name), "--seed", options.seed];
    systems.push(await startSandbox("crm", [...data("crm"), "--port", options.crmPort, ...hookUrl], secrets));
    systems.push(await startSandbox("billing", [...data("billing"), "--port", options.billingPort], secrets));

    const redactor = redactorOf(project);
    const log = createLog({ level: "warn", format: "pretty", redact: (text) => redactor.redact(text) });
    daemon = await startDaemon(daemonParts(project, log));
    const first = firstRun(daemon);
    say(await Promise.race([first, stop.asked.then(() => null)]), { fresh, startedAt, daemon, systems });
    await stop.asked;
    process.stdout.write("\nstopping\n");
    process.exitCode = stop.exitCode() ?? 0;
  } catch (error) {
    if (!(error instanceof SandboxFailure)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT.environment;
  } finally {
    stop.end();
    await daemon?.stop();
    for (const system of systems) system.stop();
    await closeProject();
  }
}

/** By the sandboxes' environment variables: the file that config/demo.yaml names, and how it is made up. */
const SECRETS: Readonly<Record<string, readonly [file: string, make: () => string]>> = {
  SANDBOX_CRM_TOKEN: ["crm-token", () => randomBytes(24).toString("base64url")],
  SANDBOX_CRM_WEBHOOK_SECRET: ["crm-webhook-secret", () => `whsec_${randomBytes(32).toString("base64")}`],
  SANDBOX_BILLING_USER: ["billing-user", () => "syncline"],
  SANDBOX_BILLING_PASSWORD: ["billing-password", () => randomBytes(24).toString("base64url")],
};

/** Made up at the first start and kept, so that a restart finds its systems again. */
function demoSecrets(folder: string): Readonly<Record<string, string>> {
  mkdirSync(folder, { recursive: true });
  return Object.fromEntries(
    Object.entries(SECRETS).map(([variable, [name, make]]) => {
      const file = join(folder, name);
      if (!existsSync(file)) writeFileSync(file, make(), { mode: 0o600 });
      return [variable, readFileSync(file, "utf8")];
    }),
  );
}

class SandboxFailure extends Error {
  override readonly name = "SandboxFailure";
}

interface Sandbox {
  readonly url: string;
  stop(): void;
}

/** Its stdin is held open by us: it ends when we do, however we end. */
function startSandbox(
  name: "crm" | "billing",
  more: readonly string[],
  secrets: Readonly<Record<string, string>>,
): Promise<Sandbox> {
  const file = join(ROOT, "src/sandbox", `${name}-main.ts`);
  const child: ChildProcess = spawn(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), file, "--with-parent", ...more],
    { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...secrets } },
  );
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (complaint = `${complaint}${text}`.slice(-2000)));
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new SandboxFailure(`the sandbox ${name} could not be started: ${error.message}`)),
    );
    child.once("exit", () => reject(new SandboxFailure(`the sandbox ${name} did not start: ${complaint.trim()}`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).once("line", (line) => {
      const told: unknown = JSON.parse(line);
      if (typeof told !== "object" || told === null || !("url" in told) || typeof told.url !== "string") return;
      resolve({ url: told.url, stop: () => void child.kill("SIGTERM") });
    });
  });
}

/** The report of the first run that ends. */
function firstRun(daemon: Daemon): Promise<RunReport> {
  return new Promise((resolve) => {
    const end = daemon.events.subscribe(({ event, data }) => {
      if (event !== "run" || typeof data !== "object" || data === null || !("entities" in data)) return;
      end();
      resolve(data as unknown as RunReport);
    });
  });
}

interface Told {
  readonly fresh: boolean;
  readonly startedAt: number;
  readonly daemon: Daemon;
  readonly systems: readonly Sandbox[];
}

/** What happened, in a dozen lines. */
function say(report: RunReport | null, { fresh, startedAt, daemon, systems }: Told): void {
  if (report === null) return;
  const lines = [
    `Syncline keeps a CRM and a billing system in step (${fresh ? "first start" : "continued"}, ${((Date.now() - startedAt) / 1000).toFixed(1)} s)`,
    "",
  ];
  for (const [entity, found] of Object.entries(report.entities)) {
    const read = Object.entries(found.read).map(([side, count]) => `${String(count)} in ${side}`);
    const matched = found.situations.matched ?? 0;
    const effects = Object.entries(found.effects).flatMap(([side, { create, update, delete: removed }]) => [
      ...(create > 0 ? [`${String(create)} created in ${side}`] : []),
      ...(update > 0 ? [`${String(update)} updated in ${side}`] : []),
      ...(removed > 0 ? [`${String(removed)} deleted in ${side}`] : []),
    ]);
    lines.push(
      `  ${entity.padEnd(9)} read ${read.join(", ")}; ${[`${String(matched)} matched`, ...effects].join(", ")}`,
    );
    const waits = [
      ...(found.cases > 0 ? [`${String(found.cases)} cases wait for a person`] : []),
      ...(found.parked > 0 ? [`${String(found.parked)} wait for their parent`] : []),
      ...(found.quarantined > 0 ? [`${String(found.quarantined)} in quarantine`] : []),
    ];
    if (waits.length > 0) lines.push(`  ${"".padEnd(9)} ${waits.join(", ")}`);
  }
  if (report.outcome !== "ok") lines.push(`  ${report.outcome}: ${report.message ?? report.reason ?? ""}`);
  const [crm, billing] = systems;
  lines.push(
    "",
    `  what it did, and what waits   ${daemon.adminUrl}`,
    `  the CRM, to edit by hand      ${crm?.url ?? ""}`,
    `  billing, to edit by hand      ${billing?.url ?? ""}`,
    "",
    "Change a customer on either page and watch the other. Ctrl-C stops; deleting .syncline starts afresh.",
  );
  process.stdout.write(`${lines.join("\n")}\n`);
}
