// Systems that scripts/test-real.ts has started for a test file: their addresses and credentials, and its own folder of a project.

import { describe } from "@jest/globals";

/** The ready line of a system's script; null: it was not started, so the tests that need it are skipped. */
function realSystem(name: string): Readonly<Record<string, string>> | null {
  const line = process.env[`SYNCLINE_REAL_${name.toUpperCase()}`];
  if (line === undefined) return null;
  const told: unknown = JSON.parse(line);
  if (typeof told !== "object" || told === null) throw new Error(`the ready line of ${name} is no object: ${line}`);
  return Object.fromEntries(Object.entries(told).map(([key, value]) => [key, String(value)]));
}

/** The port that webhooks of a started system are sent to. */
export function hookPort(): number {
  return Number(process.env["SYNCLINE_REAL_HOOK_PORT"] ?? "0");
}

/** Declares tests that need these systems: with their ready lines when all run, else as skipped. */
export function withSystems<T extends string>(
  names: readonly T[],
  title: string,
  declare: (systems: Readonly<Record<T, Readonly<Record<string, string>>>>) => void,
): void {
  const ready = names.map((name) => [name, realSystem(name)] as const);
  const empty = Object.fromEntries(ready.map(([name, line]) => [name, line ?? {}]));
  const systems = empty as Record<T, Readonly<Record<string, string>>>; // one entry a name, made one line above
  const block = ready.every(([, line]) => line !== null) ? describe : describe.skip;
  block(title, () => {
    declare(systems);
  });
}
