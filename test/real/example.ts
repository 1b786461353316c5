// A project made of an example that the repository ships: its config, its mappings and its connectors as they are, with other
// addresses, a state of its own, and less patience.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "../e2e/eventually.ts";
import { run, start, type Finished, type Running } from "../e2e/command.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Example {
  /** The daemon, ready to work. */
  daemon(): Promise<Running>;
  run(...args: readonly string[]): Promise<Finished>;
  /** A sweep of the pair, once no other run of it is under way; its report as JSON. */
  sweep(): Promise<Finished>;
  /** How often `changes` are read from the next start of the daemon on. */
  look(every: string): void;
  close(): void;
}

export interface ExampleParts {
  /** Of config/NAME.yaml and mappings/NAME.yaml. */
  readonly name: string;
  readonly hookPort: number;
  readonly env: Readonly<Record<string, string>>;
}

export function openExample({ name, hookPort, env }: ExampleParts): Example {
  const folder = mkdtempSync(join(tmpdir(), `syncline-${name}-`));
  chmodSync(folder, 0o755); // the embedded database runs as another user when we are root
  const config = join(folder, "syncline.yaml");
  const text = readFileSync(join(ROOT, "config", `${name}.yaml`), "utf8")
    .replace(/^data_dir:.*$/m, `data_dir: ${join(folder, "state")}`)
    .replace(/^mappings:.*$/m, `mappings: ${join(folder, "mapping.yaml")}`)
    .replace(/^admin:.*$/m, "admin: { listen: 127.0.0.1:0 }")
    .replace(/^hooks:.*$/m, `hooks: { listen: 127.0.0.1:${String(hookPort)} }`)
    .replaceAll("../connectors/", `${join(ROOT, "connectors")}/`);
  writeFileSync(config, text);
  const mapping = readFileSync(join(ROOT, "mappings", `${name}.yaml`), "utf8");
  const options = { folder, env };
  const look = (every: string): void => {
    writeFileSync(join(folder, "mapping.yaml"), mapping.replace(/^ {2}changes:.*$/m, `  changes: every ${every}`));
  };
  look("2s");
  return {
    async daemon() {
      const daemon = start(["--config", config, "start"], options);
      await daemon.says("started");
      return daemon;
    },
    run: (...args) => run(["--config", config, ...args], options),
    async sweep() {
      let swept: Finished | null = null;
      await eventually("no other run is under way", async () => {
        swept = await run(["--config", config, "run", name, "--sweep", "--json"], options);
        return !swept.stdout.includes("another run of this pair is under way");
      });
      return swept ?? Promise.reject(new Error("no sweep was made"));
    },
    look,
    close: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
