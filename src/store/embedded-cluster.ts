// Makes the cluster: initdb into a folder beside, then one rename. A crash leaves nothing half made, and of two processes
// that begin at once the second finds the first one's.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { program, type Binaries } from "./embedded-binaries.ts";
import { privateFolder, type Place } from "./embedded-place.ts";
import { environment } from "./embedded-postmaster.ts";
import { errorCode, StateError } from "./state-error.ts";

export const USER = "syncline";

/** @param password Null: whoever can open the socket is let in. @throws StateError. */
export async function ensureCluster(binaries: Binaries, place: Place, password: string | null): Promise<void> {
  if (existsSync(join(place.cluster, "PG_VERSION"))) {
    checkVersion(binaries, place);
    return;
  }
  forgetDrafts(place);
  const draft = `${place.cluster}.new-${randomBytes(4).toString("hex")}`;
  privateFolder(draft, place.account);
  try {
    await initialize(binaries, place, { draft, password });
    renameSync(draft, place.cluster);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (
      ["ENOTEMPTY", "EEXIST", "EPERM"].includes(errorCode(error) ?? "") &&
      existsSync(join(place.cluster, "PG_VERSION"))
    )
      return;
    throw error;
  }
}

function checkVersion(binaries: Binaries, place: Place): void {
  const stored = readFileSync(join(place.cluster, "PG_VERSION"), "utf8").trim();
  const [installed = ""] = binaries.version.split(".");
  if (stored === installed) return;
  throw new StateError(
    `the state in ${place.cluster} was written by Postgres ${stored}, and Postgres ${installed} is installed`,
    `install the version of syncline that wrote it, or dump and load it with the tools of Postgres`,
  );
}

/** What a process left that died in initdb; one that is at work is younger. */
function forgetDrafts(place: Place): void {
  for (const name of readdirSync(place.folder)) {
    const path = join(place.folder, name);
    if (name.startsWith("postgres.new-") && Date.now() - statSync(path).mtimeMs > 600_000)
      rmSync(path, { recursive: true, force: true });
  }
}

async function initialize(
  binaries: Binaries,
  place: Place,
  { draft, password }: { readonly draft: string; readonly password: string | null },
): Promise<void> {
  const passwordFile = `${draft}.password`;
  if (password !== null) {
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (place.account !== null) chownSync(passwordFile, place.account.uid, place.account.gid);
  }
  const authentication = password === null ? ["--auth=trust"] : ["--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  try {
    const { code, output } = await finished(
      program(binaries, "initdb"),
      ["-D", draft, "-U", USER, ...authentication, "--encoding=UTF8", "--locale=C", "--no-instructions"],
      { ...place.account, cwd: draft, env: environment(binaries) },
    );
    if (code !== 0) throw initdbFailure(output, place);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function finished(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string>; readonly uid?: number; readonly gid?: number },
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, windowsHide: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

function initdbFailure(output: string, place: Place): StateError {
  const said = output.trim().split("\n").slice(-4).join(" ");
  if (/No space left|Disk quota/.test(output)) {
    return new StateError(
      "there is no space left for the state",
      `free some space on the disk of ${place.folder} (40 MB are needed to begin)`,
    );
  }
  if (/user does not exist|could not look up effective user/.test(output)) {
    return new StateError(
      "the system has no account for the embedded Postgres",
      "start as an ordinary user that is in /etc/passwd",
    );
  }
  if (/Permission denied|permission/.test(output)) {
    return new StateError(
      `the embedded Postgres may not write ${place.folder} (${said})`,
      "correct the owner of data_dir",
    );
  }
  return new StateError(`the state could not be created (${said})`, "mend what is said, or use `database: { url: … }`");
}
