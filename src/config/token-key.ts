// SYNCLINE_KEY: what tokens are sealed with in the state database.

import { Secret } from "../connector/secret.ts";
import { problem, type Problem } from "../core/problem.ts";
import type { Environment } from "./environment.ts";

const BYTES = 32;

/** 64 hexadecimal digits, or base64 of 32 bytes; null: it is neither. */
export function readTokenKey(text: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, "hex");
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return null;
  const key = Buffer.from(text, "base64");
  return key.length === BYTES ? key : null;
}

/** @returns Null: none is given, and the key file in data_dir is used. */
export function keyFromEnvironment(environment: Environment, report: (problem: Problem) => void): Secret | null {
  const text = environment["SYNCLINE_KEY"]?.trim();
  if (text === undefined || text === "") return null;
  if (readTokenKey(text) === null) {
    report(
      problem("E_ENV", [], "the environment variable SYNCLINE_KEY is not a key", {
        on: "key",
        expected: "64 hexadecimal digits, or 32 bytes as base64",
        hint: "openssl rand -hex 32",
      }),
    );
  }
  return new Secret(text);
}
