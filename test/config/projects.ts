// Projects on disk for tests: the good one of test/config/project, whole or with a file replaced.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Instant } from "../../src/core/ids.ts";
import type { LocatedProblem } from "../../src/core/problem.ts";
import type { Environment } from "../../src/config/environment.ts";
import { readProject, type Project, type ProjectTools } from "../../src/config/project.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";

const GOOD = fileURLToPath(new URL("./project", import.meta.url));

export const CANARY = "canary-0123456789-secret";

/** Every secret has the canary in it, but for the token that must be strong. */
export const ENVIRONMENT: Environment = {
  TEST_ADMIN_TOKEN: "7c4a8d09ca3762af61e59520943dc264",
  TEST_CRM_TOKEN: `crm-${CANARY}`,
  TEST_BILLING_TOKEN: `billing-${CANARY}`,
  TEST_HOOK: CANARY,
  TEST_WEAK: "canary-01234",
  TEST_NOT_A_DATABASE: `mysql://me:${CANARY}@db/x`,
};

/** 1 July 2026. */
const TODAY = 1_782_864_000_000 as Instant;

/** @param files Text by path in the project; null: as it is. */
export async function projectWith(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: { readonly environment?: Environment; readonly missingSecrets?: ProjectTools["missingSecrets"] } = {},
): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "syncline-config-"));
  const expressions = createExpressionCompiler();
  try {
    cpSync(GOOD, folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const { environment = ENVIRONMENT, missingSecrets = "warning" } = options;
    return await readProject(join(folder, "config/syncline.yaml"), environment, TODAY, { expressions, missingSecrets });
  } finally {
    await expressions.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `E_TYPE 3:12`, in order of their places. */
export function told(problems: readonly LocatedProblem[]): readonly string[] {
  return problems.map(({ code, line, column }) => `${code} ${String(line)}:${String(column)}`);
}
