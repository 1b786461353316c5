// How a sandbox runs as a process of its own. On standard output it says one line, {"url": "http://127.0.0.1:8082"}, when it
// can be called. SIGTERM and SIGINT end it cleanly; with --with-parent the end of its standard input does too, so that it does
// not outlive a parent that was killed.

import type { FastifyInstance } from "fastify";

export interface Arguments {
  /** 0: any free one. */
  readonly port: number;
  readonly data: string;
  readonly webhook: string | null;
  readonly seed: number | null;
  readonly withParent: boolean;
}

const USAGE = "usage: --data FOLDER [--port NUMBER] [--webhook URL] [--seed [NUMBER]] [--with-parent]";

/** @throws when they cannot be meant; the message says how they are used. */
function readArguments(given: readonly string[]): Arguments {
  const values = new Map<string, string>();
  let name: string | null = null;
  for (const word of given) {
    if (word.startsWith("--")) {
      const [key = "", value] = word.slice(2).split(/=(.*)/s);
      if (!["port", "data", "webhook", "seed", "with-parent"].includes(key))
        throw new Error(`there is no --${key}; ${USAGE}`);
      values.set(key, value ?? "");
      name = value === undefined ? key : null;
    } else if (name === null) {
      throw new Error(`"${word}" belongs to nothing; ${USAGE}`);
    } else {
      values.set(name, word);
      name = null;
    }
  }
  const data = values.get("data") ?? "";
  if (data === "") throw new Error(USAGE);
  const webhook = values.get("webhook") ?? "";
  const seed = values.get("seed");
  return {
    port: wholeNumber("port", values.get("port") ?? "0"),
    data,
    webhook: webhook === "" ? null : webhook,
    seed: seed === undefined ? null : wholeNumber("seed", seed === "" ? "1" : seed),
    withParent: values.has("with-parent"),
  };
}

/** A secret of this sandbox, from the environment. */
export function requiredVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`set the environment variable ${name}`);
  return value;
}

export async function runProcess(start: (given: Arguments) => Promise<FastifyInstance>): Promise<void> {
  try {
    const given = readArguments(process.argv.slice(2));
    const server = await start(given);
    const stop = (): void => {
      server.close().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      );
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    if (given.withParent) process.stdin.once("end", stop).once("error", stop).resume();
    const url = await server.listen({ host: "127.0.0.1", port: given.port });
    process.stdout.write(`${JSON.stringify({ url })}\n`);
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a number, not "${text}"`);
  return Number(text);
}
