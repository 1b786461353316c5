// What every command that works on the state needs: the project read and checked, the runtime opened and closed again, and
// whatever goes wrong told in words with the right exit code.

import { userInfo } from "node:os";
import type { Side } from "../core/ids.ts";
import { openRuntime, type PairRuntime, type Runtime } from "../daemon/runtime.ts";
import { runtimeParts } from "../daemon/project-runtime.ts";
import type { Project } from "../config/project.ts";
import type { Output } from "./output.ts";
import { loadProject, openLog } from "./project.ts";
import { refuseUnknown, unknownName } from "./unknown-name.ts";
import { UsageError } from "./usage-error.ts";

export { UsageError };

export interface Session {
  readonly runtime: Runtime;
  readonly project: Project;
}

/**
 * @param pairs Pairs that must be free of errors in their files; empty: whatever is usable; null: not known yet.
 * @param work Returns the exit code.
 */
export async function inSession(
  output: Output,
  pairs: readonly string[] | null,
  work: (session: Session) => Promise<number>,
): Promise<void> {
  const loaded = await loadProject(output, pairs ?? []);
  if (loaded === null) return;
  const { project, close } = loaded;
  const log = openLog(project, output);
  try {
    // Before a database is started for a slip of the pen.
    refuseUnknown(
      "pair",
      pairs ?? [],
      project.pairs.map(({ pair }) => pair),
    );
    const runtime = await openRuntime({ ...runtimeParts(project, log), calls: null });
    try {
      const code = await work({ runtime, project });
      process.exitCode = code;
    } finally {
      await runtime.close();
    }
  } finally {
    await close();
  }
}

export function pairOf(runtime: Runtime, name: string): PairRuntime {
  const pair = runtime.pairs.get(name);
  if (pair !== undefined) return pair;
  const known = [...runtime.pairs.keys()];
  throw unknownName("pair", name, known);
}

/** A side by its name in the mapping file, or as left or right. */
export function sideOf(pair: PairRuntime, name: string): Side {
  const { left, right } = pair.mapping.sides;
  if (name === left.name || name === "left") return "left";
  if (name === right.name || name === "right") return "right";
  throw unknownName("side", name, [left.name, right.name], `pair ${pair.mapping.pair}`);
}

/** Who is at the terminal, for the audit. */
export function personName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
