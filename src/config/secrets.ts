// Secrets are named in a config, never written there: { env: NAME } or { file: PATH }. No message here holds a value.

import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";

import { problem, type KeyPath, type Problem } from "../core/problem.ts";
import { Secret } from "../connector/secret.ts";
import { isNotThere } from "./absence.ts";
import type { Environment } from "./environment.ts";
import type { SecretPart } from "./file.ts";

/** What reading a secret needs. */
export interface SecretPlace {
  readonly environment: Environment;
  /** Folder of the config file. */
  readonly folder: string;
  /** What a secret that is not there is: an error for a run; a warning for `check`, which works without them. */
  readonly absence: "error" | "warning";
}

export interface SecretRead {
  /** Null: it is not there. */
  readonly secret: Secret | null;
  readonly problems: readonly Problem[];
}

/** Larger is no secret, but the wrong file. */
const BYTES_MAX = 65_536;

/** @param name What the secret is called in messages. */
export function readSecret(part: SecretPart, name: string, path: KeyPath, place: SecretPlace): SecretRead {
  if (typeof part === "string") {
    const message = `the secret ${name} is written into the file, where everybody reads it who reads the file`;
    const hint = "put it into the environment or a file, and write { env: NAME } or { file: PATH }";
    return { secret: new Secret(part), problems: [problem("W_INLINE_SECRET", path, message, { hint })] };
  }
  if ("env" in part) {
    const value = place.environment[part.env];
    if (value !== undefined && value !== "") return { secret: new Secret(value), problems: [] };
    const state = value === undefined ? "not set" : "empty";
    const message = `the secret ${name} is missing: the environment variable ${part.env} is ${state}`;
    return absent([...path, "env"], message, `set ${part.env} before the start`, place);
  }
  return readSecretFile(part.file, name, [...path, "file"], place);
}

function readSecretFile(file: string, name: string, path: KeyPath, place: SecretPlace): SecretRead {
  const at = resolve(place.folder, file);
  let text: string;
  let mode: number;
  try {
    const stats = statSync(at);
    if (!stats.isFile() || stats.size > BYTES_MAX) {
      const message = `the secret ${name} is missing: ${file} is not a file that holds a secret and nothing else`;
      return absent(path, message, "name a file with the secret in it", place);
    }
    mode = stats.mode;
    text = readFileSync(at, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    const why = isNotThere(error) ? "is not there" : "cannot be read";
    const message = `the secret ${name} is missing: the file ${file} ${why}`;
    return absent(path, message, "the path starts at the folder of this config file", place);
  }
  if (text === "") return absent(path, `the secret ${name} is missing: the file ${file} is empty`, "fill it", place);
  // Windows has no such bits; Node shows made-up ones there.
  const open = process.platform !== "win32" && (mode & 0o004) !== 0;
  const message = `every user of this machine can read the secret file ${file}`;
  const problems = open ? [problem("W_PERM", path, message, { hint: `chmod o-r ${file}` })] : [];
  return { secret: new Secret(text), problems };
}

function absent(path: KeyPath, message: string, hint: string, { absence }: SecretPlace): SecretRead {
  const code = absence === "error" ? "E_SECRET_MISSING" : "W_SECRET_MISSING";
  return { secret: null, problems: [problem(code, path, message, { hint })] };
}

/** Classes of characters and how many there are of each. */
const ALPHABETS: readonly (readonly [RegExp, number])[] = [
  [/^[0-9]+$/, 10],
  [/^[0-9a-f]+$/i, 16],
  [/^[a-z0-9]+$/, 36],
  [/^[A-Za-z0-9_+/=-]+$/, 64],
];

/** Fewer different characters than this in a long text are a word said over and over, not chance. */
const DISTINCT_MIN = 8;

/** Bits of a text whose characters were drawn by chance from the smallest usual alphabet that has them all. */
export function secretBits(secret: Secret): number {
  const text = secret.reveal();
  const size = ALPHABETS.find(([pattern]) => pattern.test(text))?.[1] ?? 94;
  return new Set(text).size < DISTINCT_MIN ? 0 : Math.floor(text.length * Math.log2(size));
}
