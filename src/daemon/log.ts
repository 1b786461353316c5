// Structured logs through winston: one static message, facts beside it, on standard error. No field values are logged; a
// secret that slips into a message all the same is struck out by value.

import { Writable } from "node:stream";
import winston from "winston";
import type { Log } from "../engine/ports/world.ts";

export interface LogOptions {
  readonly level: "error" | "warn" | "info" | "debug";
  readonly format: "json" | "pretty";
  /** Strikes out every known secret. */
  readonly redact: (text: string) => string;
}

export function createLog(options: LogOptions): Log {
  const line = winston.format.printf(({ level, message, timestamp, ...facts }) => {
    if (options.format === "json") return JSON.stringify({ time: timestamp, level, message, ...facts });
    return `${String(timestamp).slice(11, 19)} ${level.padEnd(5)} ${String(message)}${factsText(facts)}`;
  });
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      process.stderr.write(options.redact(String(chunk)));
      done();
    },
  });
  const logger = winston.createLogger({
    level: options.level,
    format: winston.format.combine(winston.format.timestamp(), line),
    transports: [new winston.transports.Stream({ stream })],
  });
  const write =
    (level: LogOptions["level"]) =>
    (message: string, facts?: Readonly<Record<string, unknown>>): void =>
      void logger.log(level, message, facts ?? {});
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

function factsText(facts: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(facts).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return parts.length === 0 ? "" : `  ${parts.join(" ")}`;
}
