// Whether files are streamed: the most memory that a process takes while it lists a file, and one four times as long. No time is
// measured; each file is read by a process of its own, because memory that was once taken is seldom given back. The heap is held
// short, so that what is garbage is not counted: a reader that needs more for the longer file ends without an answer.

import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { FilesReading } from "./files-reader.ts";
import type { Figures } from "./figures.ts";

const READER = fileURLToPath(new URL("files-reader.ts", import.meta.url));
const SMALL_MIB = 48;
const TIMES = 4;
const HEAP_MIB = 64;

/** More than this many times the memory for four times the file is no streaming. */
const GROWTH_MAX = 1.15;

const FORMATS = {
  csv: { head: "id,name,note\n", row: (number: number) => `${String(number)},Customer ${String(number)},${NOTE}\n` },
  jsonl: {
    head: "",
    row: (number: number) => `{"id":"${String(number)}","name":"Customer ${String(number)}","note":"${NOTE}"}\n`,
  },
} as const;

const NOTE = "as it was told on the telephone ".repeat(15);

export async function measureFiles(): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), "syncline-bench-files-"));
  try {
    const lines: string[] = [];
    const ratios: Figures["ratios"][number][] = [];
    const values: Record<string, number> = {};
    for (const [name, { head, row }] of Object.entries(FORMATS)) {
      const small = await reading(folder, name, SMALL_MIB, head, row);
      const large = await reading(folder, name, SMALL_MIB * TIMES, head, row);
      lines.push(
        `${name}: ${String(SMALL_MIB)} MiB, ${String(small.records)} records: at most ${small.peakMib.toFixed(0)} MiB of memory`,
        `${name}: ${String(SMALL_MIB * TIMES)} MiB, ${String(large.records)} records: at most ${large.peakMib.toFixed(0)} MiB of memory`,
      );
      values[`${name}SmallPeakMib`] = small.peakMib;
      values[`${name}LargePeakMib`] = large.peakMib;
      ratios.push({
        name: `${name}: memory of a file / of one ${String(TIMES)} times as long`,
        ratio: small.peakMib / large.peakMib,
        atLeast: 1 / GROWTH_MAX,
      });
    }
    return { title: "Files: memory while a file is listed", lines, ratios, values };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function reading(
  folder: string,
  format: string,
  mebibytes: number,
  head: string,
  row: (number: number) => string,
): Promise<FilesReading> {
  const path = join(folder, `customers.${format}`);
  await pipeline(function* () {
    yield head;
    let written = 0;
    for (let number = 0; written < mebibytes * 1_048_576;) {
      let text = "";
      for (let index = 0; index < 500; index += 1) text += row((number += 1));
      written += text.length;
      yield text;
    }
  }, createWriteStream(path));
  const { stdout } = await promisify(execFile)(process.execPath, [
    `--max-old-space-size=${String(HEAP_MIB)}`,
    "--import",
    "tsx",
    READER,
    folder,
    format,
  ]);
  await rm(path);
  return JSON.parse(stdout) as FilesReading; // written by files-reader.ts
}
