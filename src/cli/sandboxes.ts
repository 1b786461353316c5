// The demo's two systems: processes of their own, and the secrets they share with the daemon.

import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../sandbox/", import.meta.url));

/** By the sandboxes' environment variables: the file that config/demo.yaml names, and how it is made up. */
const SECRETS: Readonly<Record<string, readonly [file: string, make: () => string]>> = {
  SANDBOX_CRM_TOKEN: ["crm-token", () => randomBytes(24).toString("base64url")],
  SANDBOX_CRM_WEBHOOK_SECRET: ["crm-webhook-secret", () => `whsec_${randomBytes(32).toString("base64")}`],
  SANDBOX_BILLING_USER: ["billing-user", () => `demo-${randomBytes(4).toString("hex")}`],
  SANDBOX_BILLING_PASSWORD: ["billing-password", () => randomBytes(24).toString("base64url")],
};

/** Made up at the first start and kept, so that a restart finds its systems again. */
export function demoSecrets(folder: string): Readonly<Record<string, string>> {
  mkdirSync(folder, { recursive: true });
  return Object.fromEntries(
    Object.entries(SECRETS).map(([variable, [name, make]]) => {
      const file = join(folder, name);
      if (!existsSync(file)) writeFileSync(file, make(), { mode: 0o600 });
      return [variable, readFileSync(file, "utf8")];
    }),
  );
}

export class SandboxFailure extends Error {
  override readonly name = "SandboxFailure";
}

export interface Sandbox {
  readonly url: string;
  stop(): void;
}

/** Its stdin is held open by us: it ends when we do, however we end. */
export function startSandbox(
  name: "crm" | "billing",
  more: readonly string[],
  secrets: Readonly<Record<string, string>>,
): Promise<Sandbox> {
  const file = join(MAIN, `${name}-main.ts`);
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
    child.once("close", () => reject(new SandboxFailure(`the sandbox ${name} did not start: ${complaint.trim()}`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).once("line", (line) => {
      const told: unknown = JSON.parse(line);
      if (typeof told !== "object" || told === null || !("url" in told) || typeof told.url !== "string") return;
      resolve({ url: told.url, stop: () => void child.kill("SIGTERM") });
    });
  });
}
