// `syncline demo`, which `npm start` runs: two sandbox systems of our own in processes of their own, and the daemon that
// keeps them in step. Everything it keeps lies in .syncline; deleting that starts afresh.

import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { startDaemon, type Daemon } from "../daemon/daemon.ts";
import { createLog } from "../daemon/log.ts";
import { daemonParts } from "../daemon/project-runtime.ts";
import { redactorOf } from "../daemon/redaction.ts";
import type { RunReport } from "../engine/ports/run.ts";
import { demoText } from "./demo-text.ts";
import { EXIT, globalOptions, outputOf, type Output } from "./output.ts";
import { loadProject } from "./project.ts";
import { demoSecrets, SandboxFailure, startSandbox, type Sandbox } from "./sandboxes.ts";
import { untilSignal } from "./signals.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export function register(program: Command): void {
  program
    .command("demo")
    .description("two sandbox systems and the daemon between them: what `npm start` runs")
    .option("--crm-port <port>", "port of the sandbox CRM", "8082")
    .option("--billing-port <port>", "port of the sandbox billing system", "8083")
    .option("--seed <number>", "seed of the demo's records", "1")
    .option("--folder <dir>", "where the sandboxes and their secrets are kept", join(ROOT, ".syncline"))
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
  readonly folder: string;
}

async function demo(options: DemoOptions, output: Output): Promise<void> {
  const startedAt = Date.now();
  const folder = resolve(options.folder);
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
    const report = await Promise.race([firstRun(daemon), stop.asked.then(() => null)]);
    if (report !== null) {
      const seconds = (Date.now() - startedAt) / 1000;
      const [crm, billing] = systems.map((system) => system.url);
      output.result(report, demoText(report, { fresh, seconds, admin: daemon.adminUrl, crm, billing }));
    }
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
