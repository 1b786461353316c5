// What makes a sandbox survive `kill -9`: every change is a line appended to one file, and no answer leaves before the lines
// it rests on are on the disk. Lines that wait together share one fsync, so a burst of writes costs a few of them.

import { mkdir, open, readFile, rename, truncate, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

export class Journal {
  readonly #file: FileHandle;
  #waiting: string[] = [];
  #appended = 0;
  #written = 0;
  #flushing: Promise<void> | null = null;
  /** Memory is ahead of the disk and stays so: nothing is acknowledged any more. */
  #broken: Error | null = null;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  append(entry: unknown): void {
    this.#waiting.push(`${JSON.stringify(entry)}\n`);
    this.#appended += 1;
  }

  /** Resolves when everything appended before this call is on the disk. */
  async durable(): Promise<void> {
    const mark = this.#appended;
    while (this.#written < mark) {
      if (this.#broken !== null) throw this.#broken;
      this.#flushing ??= this.#flush();
      await this.#flushing;
    }
  }

  async close(): Promise<void> {
    await this.durable();
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    try {
      await this.#file.appendFile(lines.join(""));
      await this.#file.datasync();
      this.#written += lines.length;
    } catch (cause) {
      this.#broken = new Error("the journal cannot be written", { cause });
    } finally {
      this.#flushing = null;
    }
  }
}

/** Opens the journal and reads what it holds; null: there is none yet. A last line that a crash cut short was never acknowledged and goes. */
export async function openJournal(path: string): Promise<{ journal: Journal; entries: readonly unknown[] } | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  const end = text.lastIndexOf("\n") + 1;
  if (end < text.length) await truncate(path, Buffer.byteLength(text.slice(0, end)));
  const entries = text
    .slice(0, end)
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
  return { journal: new Journal(await open(path, "a")), entries };
}

/** A new journal with these entries: all of them or no file at all, also when the power goes. */
export async function createJournal(path: string, entries: readonly unknown[]): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true });
  const draft = await open(`${path}.new`, "w");
  await draft.writeFile(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  await draft.sync();
  await draft.close();
  await rename(`${path}.new`, path);
  await syncFolder(dirname(path));
  return new Journal(await open(path, "a"));
}

/** Makes a rename itself durable. Windows cannot open a folder and needs it not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  await folder.sync();
  await folder.close();
}
