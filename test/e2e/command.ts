// The program as a person starts it: a process of its own, its two outputs, its exit code.

import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.ts";

export const BIN = fileURLToPath(new URL("../../bin/syncline.js", import.meta.url));

export interface CommandOptions {
  /** The project's folder: commands find config/syncline.yaml below it. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another program that stands for `node bin/syncline.js`. */
  readonly program?: readonly string[];
  /** Runs as this account. */
  readonly uid?: number;
}

export interface Finished {
  /** 128 and the signal's number where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as the one JSON document that it has to be. */
  json(): unknown;
}

export interface Running {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  send(signal: NodeJS.Signals): void;
  /** Resolves once standard output or error holds the text; throws when the process ends without it. */
  says(text: string): Promise<void>;
  readonly ended: Promise<Finished>;
}

const running = new Set<ChildProcess>();

/** What a failed test left behind would outlive it. */
export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

export function start(args: readonly string[], { folder, env = {}, program = [BIN], uid }: CommandOptions): Running {
  const child = spawn(process.execPath, [...program, ...args], {
    cwd: folder,
    // Nothing of the tests' own environment but what a login shell has.
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  running.add(child);
  let stdout = "";
  let stderr = "";
  let over = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      running.delete(child);
      over = true;
      resolve({ code, stdout, stderr, json: () => oneDocument(stdout, stderr) });
    });
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    send: (signal) => void child.kill(signal),
    ended,
    says: (text) =>
      eventually(`the process says "${text}"`, () => {
        const said = stdout.includes(text) || stderr.includes(text);
        if (!said && over) throw new Error(`it ended without saying "${text}":\n${stdout}\n${stderr}`);
        return said;
      }),
  };
}

function oneDocument(stdout: string, stderr: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`standard output is not one JSON document:\n${stdout}\nstandard error:\n${stderr}`);
  }
}

export function run(args: readonly string[], options: CommandOptions): Promise<Finished> {
  return start(args, options).ended;
}
