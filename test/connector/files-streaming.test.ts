// Streaming, by counting instead of by the clock or the memory of a busy machine: a file is made up while it is read, and what was
// handed out of it must never be further ahead of the records that came back than a page and a few chunks, at its end as at its start.

import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { compileConnector } from "../../src/connector/compile.ts";
import type { System } from "../../src/connector/contract.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { createFilesProtocol } from "../../src/connector/protocols/files/files.ts";
import type { Folder, FolderEntry } from "../../src/connector/protocols/files/folder.ts";
import { openLocalFolder } from "../../src/connector/protocols/files/local-folder.ts";
import { planFiles } from "../../src/connector/protocols/files/plan.ts";
import { everything } from "../../src/connector/protocols/files/found.ts";
import { createRecordCodec } from "../../src/connector/record.ts";
import { closeExpressionsAfterwards, expressions, TODAY } from "./opened.ts";
import { makeDrop } from "./files-world.ts";

closeExpressionsAfterwards();

const ROW = "x".repeat(980);
const PAGE_ROWS = 500;
const CHUNK_ROWS = 64;

interface Shape {
  readonly head: string;
  readonly row: (number: number) => string;
  readonly tail: string;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  "{ csv: {} }": { head: "id,note\n", row: (number) => `${String(number)},${ROW}\n`, tail: "" },
  "{ jsonl: {} }": { head: "", row: (number) => `${JSON.stringify({ id: String(number), note: ROW })}\n`, tail: "" },
  "{ json: { items: rows } }": {
    head: '{"rows": [',
    row: (number) => `${number === 0 ? "" : ","}\n${JSON.stringify({ id: String(number), note: ROW })}`,
    tail: "\n]}",
  },
  "{ xml: { item: rows.row } }": {
    head: "<rows>",
    row: (number) => `\n<row><id>${String(number)}</id><note>${ROW}</note></row>`,
    tail: "\n</rows>",
  },
};

interface Counted {
  readonly folder: Folder;
  /** Rows that were handed out so far, of all readings. */
  handedOut: number;
  /** Files that are open. */
  open: number;
}

/** One file of so many rows, which never exists as a whole. */
function endlessFolder({ head, row, tail }: Shape, rows: number): Counted {
  const entry: FolderEntry = { name: "rows.txt", size: 1, modifiedMs: TODAY, identity: "1" };
  const refuse = (): never => {
    throw new Error("this folder is only read");
  };
  const counted: Counted = {
    handedOut: 0,
    open: 0,
    folder: {
      list: () => Promise.resolve([entry]),
      entry: () => Promise.resolve(entry),
      open() {
        counted.open += 1;
        return Promise.resolve({
          entry,
          async *chunks() {
            yield Buffer.from(head);
            for (let at = 0; at < rows; at += CHUNK_ROWS) {
              let text = "";
              for (let number = at; number < Math.min(rows, at + CHUNK_ROWS); number += 1) text += row(number);
              counted.handedOut += Math.min(CHUNK_ROWS, rows - at);
              yield Buffer.from(text);
            }
            yield Buffer.from(tail);
          },
          again: () => Promise.resolve(entry),
          close() {
            counted.open -= 1;
            return Promise.resolve();
          },
        });
      },
      write: refuse,
      rename: refuse,
      makeFolder: refuse,
      close: () => Promise.resolve(),
    },
  };
  return counted;
}

async function openOn(folder: Folder, format: string): Promise<System> {
  const file = connectorFileSchema.parse(
    parse(
      `connector: drop\nversion: 1.0.0\nprotocol: files\nobjects: { row: { at: ".", glob: "*.txt", format: ${format}, means: snapshot, id: id } }`,
    ),
  );
  const files = createFilesProtocol({ local: () => folder, sftp: () => folder });
  const { connector, problems } = compileConnector(file, {
    expressions,
    protocols: {},
    direct: { files },
    folder: ".",
    today: TODAY,
  });
  if (connector === null) throw new Error(JSON.stringify(problems));
  return connector.open({
    name: "drop",
    settings: {},
    secrets: new Map(),
    limits: {},
    allowPrivate: true,
    observer: { called: () => undefined, waited: () => undefined },
    clock: { now: () => TODAY, sleep: () => Promise.resolve() },
    log: { warn: () => undefined, debug: () => undefined },
    version: "0.0.0",
  });
}

test.each(Object.entries(SHAPES))(
  "%s: ten megabytes are read a page at a time, and no more is held at the end than at the start",
  async (format, shape) => {
    const rows = 10_000;
    const counted = endlessFolder(shape, rows);
    const system = await openOn(counted.folder, format);
    let seen = 0;
    let ahead = 0;

    for await (const page of system.object("row", []).list()) {
      if (!page.ok) throw new Error(JSON.stringify(page.failure));
      seen += page.value.records.length;
      expect(page.value.records.length).toBeLessThanOrEqual(PAGE_ROWS);
      ahead = Math.max(ahead, counted.handedOut - seen);
      // Whoever looks at a page takes his time: meanwhile nothing may be read on and on.
      await new Promise((done) => setImmediate(done));
      ahead = Math.max(ahead, counted.handedOut - seen);
    }

    expect(seen).toBe(rows);
    expect(ahead).toBeLessThanOrEqual(8 * CHUNK_ROWS);
    expect(counted.open).toBe(0);
  },
);

test("a listing that nobody reads to its end lets go of its file", async () => {
  const shape = SHAPES["{ csv: {} }"];
  if (shape === undefined) throw new Error("no such shape");
  const counted = endlessFolder(shape, 5_000);
  const system = await openOn(counted.folder, "{ csv: {} }");

  for await (const page of system.object("row", []).list()) {
    expect(page.ok).toBe(true);
    break;
  }

  expect(counted.open).toBe(0);
  expect(counted.handedOut).toBeLessThan(2 * PAGE_ROWS);
});

test("of files of changes with more records than are remembered, each record comes once, as it was last said", async () => {
  const drop = await makeDrop();
  const lines = (from: number, to: number, word: string): string =>
    Array.from(
      { length: to - from },
      (_, index) => `${JSON.stringify({ id: `r${String(from + index)}`, word })}\n`,
    ).join("");
  await drop.put("1.jsonl", `${lines(0, 60, "old")}no JSON\n`);
  await drop.put("2.jsonl", lines(40, 100, "new"));
  const part = { at: drop.path, glob: "*.jsonl", format: { jsonl: {} }, means: "changes", id: "id" } as const;
  const { plan } = planFiles("row", part);
  if (plan === null) throw new Error("no plan");
  const place = {
    plan,
    folder: openLocalFolder(drop.path),
    clock: { now: () => TODAY, sleep: () => Promise.resolve() },
    log: { warn: () => undefined, debug: () => undefined },
    signal: new AbortController().signal,
    watched: new Map<string, { identity: string; sinceMs: number }>(),
  };

  for (const idsMax of [7, 100]) {
    const said = new Map<string, unknown>();
    let broken = 0;
    for await (const found of everything(place, createRecordCodec(plan.shape), ["1.jsonl", "2.jsonl"], idsMax)) {
      if (found.kind === "broken") broken += 1;
      else {
        expect(said.has(found.record.id)).toBe(false);
        said.set(found.record.id, found.record.fields["word"]);
      }
    }
    expect(broken).toBe(1);
    expect(said.size).toBe(100);
    expect([said.get("r39"), said.get("r40"), said.get("r99")]).toEqual(["old", "new", "new"]);
  }
  await drop.remove();
});
