// Text that becomes a file: written under a hidden name, brought to the disk, and only then given its own.

import { encodeText, markBytes, type FileEncoding } from "./encoding.ts";
import type { FileWriting, Folder } from "./folder.ts";

/** Fewer, larger writes: over SFTP each waits for its answer. */
const HELD_CHARACTERS = 131_072;

/** The same name each time, so that what a crash left behind is written over by the next attempt. */
export function hiddenName(name: string): string {
  const at = name.lastIndexOf("/") + 1;
  return `${name.slice(0, at)}.${name.slice(at)}.syncline`;
}

export class Output {
  readonly #folder: Folder;
  readonly #name: string;
  readonly #encoding: FileEncoding;
  #writing: FileWriting | null = null;
  #held: string[] = [];
  #characters = 0;

  constructor(folder: Folder, name: string, encoding: FileEncoding) {
    this.#folder = folder;
    this.#name = name;
    this.#encoding = encoding;
  }

  async add(text: string): Promise<void> {
    this.#held.push(text);
    this.#characters += text.length;
    if (this.#characters >= HELD_CHARACTERS) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#writing === null) {
      this.#writing = await this.#folder.write(hiddenName(this.#name));
      const mark = markBytes(this.#encoding);
      if (mark.length > 0) await this.#writing.write(mark);
    }
    const text = this.#held.join("");
    this.#held = [];
    this.#characters = 0;
    if (text !== "") await this.#writing.write(encodeText(text, this.#encoding));
  }

  /** Everything is on the disk, under the hidden name. */
  async finish(): Promise<void> {
    await this.#flush();
    const writing = this.#writing;
    this.#writing = null;
    await writing?.finish();
  }

  async discard(): Promise<void> {
    const writing = this.#writing;
    this.#writing = null;
    await writing?.discard();
  }

  async commit(): Promise<void> {
    await this.#folder.rename(hiddenName(this.#name), this.#name);
  }
}
