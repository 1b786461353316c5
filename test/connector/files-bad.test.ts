// What is wrong with a file, and what is read of it all the same. Every file lies in a real folder.

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import iconv from "iconv-lite";
import { digitsOf } from "../../src/core/value.ts";
import type { SystemObject } from "../../src/connector/contract.ts";
import { failureOf, id, idsOf, readAll, valueOf } from "./opened.ts";
import { compileFiles, makeDrop, openFiles, type Drop, type OpenedFiles } from "./files-world.ts";

let drop: Drop;
let opened: OpenedFiles[] = [];
beforeEach(async () => {
  drop = await makeDrop();
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map(({ system }) => system.close()));
  await drop.remove();
});

const object = (keys: string, name = "contact"): string => `
connector: drop
protocol: files
objects:
  ${name}:
    at: .
    ${keys.trim().split("\n").join("\n    ")}
`;

async function open(keys: string, slept?: () => Promise<void>): Promise<SystemObject> {
  const made = await openFiles(object(keys), { folder: drop.path, ...(slept === undefined ? {} : { slept }) });
  opened.push(made);
  return made.system.object("contact", []);
}

const list = async (keys: string) => readAll((await open(keys)).list());
const problems = (keys: string): readonly string[] => compileFiles(object(keys)).problems.map((found) => found.code);

describe("CSV", () => {
  test("cells are text exactly as they stand: leading zeros, formulas, quoted delimiters and line ends", async () => {
    await drop.put("c.csv", 'id,note\n007,"=1+1"\n008,"a,""b""\nc"\n009,\n');

    const { records } = await list("format: { csv: {} }");

    expect(records.map(({ id: own, fields }) => [own, fields.note])).toEqual([
      ["007", "=1+1"],
      ["008", 'a,"b"\nc'],
      ["009", null],
    ]);
  });

  test("a row of another width is broken, by its number; the others are read, and nothing that is missing counts as gone", async () => {
    await drop.put("c.csv", "id,name\n1,Ada\n2,Eve,extra\n3,Bob\n");
    const contact = await open("format: { csv: {} }");

    const { records, pages, failure } = await readAll(contact.list());

    expect(failure).toBeNull();
    expect(idsOf(records)).toEqual(["1", "3"]);
    expect(pages.flatMap((page) => page.broken)).toEqual([
      { id: null, code: "E_CSV_ROW", message: "c.csv: row 3 has 3 cells, the header 2" },
    ]);
    expect(failureOf((await contact.get([id("2")]))[0])).toMatchObject({ kind: "malformed", code: "E_CSV_ROW" });
  });

  test.each([
    ["quotes that do not pair", 'id,name\n1,"Ada"x\n2,Bob\n', "E_CSV_ROW"],
    ["a quote that is never closed", 'id,name\n1,"Ada\n2,Bob\n', "E_CSV_ROW"],
    ["another delimiter", "id;name\n1;Ada\n", "E_CSV_HEADER"],
    ["a column twice", "id,name,name\n1,a,b\n", "E_CSV_HEADER"],
    ["no header", "", "E_CSV_HEADER"],
    ["a last row that is cut off", "id,name\n1,Ada\n2", "E_INCOMPLETE"],
    ["a row of very many columns", `id,name\n${",".repeat(100_000)}\n`, "E_LIMIT"],
  ])("%s: the listing fails", async (_, text, code) => {
    await drop.put("c.csv", text);

    const { failure } = await list("format: { csv: {} }\nfields: { name: {} }");

    expect(failure).toMatchObject({ kind: "malformed", code });
  });

  test("a trailer counts the rows: with another count, or without it, the file is not complete", async () => {
    const keys = "format: { csv: {} }\nready_when: { count: { row: END, column: 2 } }";

    await drop.put("c.csv", "id,name\n1,Ada\n2,Bob\nEND,2\n");
    expect(idsOf((await list(keys)).records)).toEqual(["1", "2"]);
    await drop.put("c.csv", "id,name\n1,Ada\nEND,2\n");
    expect((await list(keys)).failure).toMatchObject({ code: "E_INCOMPLETE" });
    await drop.put("c.csv", "id,name\n1,Ada\n2,Bob\n");
    expect((await list(keys)).failure).toMatchObject({ code: "E_INCOMPLETE" });
  });

  test("a write keeps the trailer's count right, and every other row as it stands", async () => {
    await drop.put("c.csv", 'id,name\n1,"Ada"\nEND,1\n');
    const contact = await open("format: { csv: {} }\nready_when: { count: { row: END, column: 2 } }");

    valueOf((await contact.create([{ key: "k", record: { id: "02", name: "Eve, the 2nd" } }]))[0]);

    expect(await drop.text("c.csv")).toBe('id,name\n1,"Ada"\n02,"Eve, the 2nd"\nEND,2\n');
  });

  test("a decimal comma is read and written; numbers keep every digit", async () => {
    await drop.put("c.csv", "id;total\n1;1.234,50\n2;12345678901234567890,12\n");
    const contact = await open(
      'format: { csv: { delimiter: ";", decimal: "," } }\nfields: { total: { type: decimal } }',
    );

    const { records } = await readAll(contact.list());
    await contact.update([{ key: "k", id: id("1"), version: null, changed: { total: 99.5 }, current: null }]);

    expect(records.map((record) => digitsOf(record.fields.total ?? null))).toEqual([
      "1234.5",
      "12345678901234567890.12",
    ]);
    expect(await drop.text("c.csv")).toBe("id;total\n1;99,5\n2;12345678901234567890,12\n");
  });

  test("a value for which there is no column is refused, not dropped", async () => {
    await drop.put("c.csv", "id,name\n1,Ada\n");
    const contact = await open("format: { csv: {} }");

    const [made] = await contact.update([
      { key: "k", id: id("1"), version: null, changed: { phone: "1" }, current: null },
    ]);

    expect(failureOf(made)).toMatchObject({ kind: "rejected", code: "E_CSV_HEADER" });
  });
});

describe("encodings", () => {
  const TEXT = "id,name\n1,Zoë\n";
  test.each([
    ["a UTF-8 mark", Buffer.from(`\ufeff${TEXT}`), "{}"],
    ["UTF-16 with a mark", iconv.encode(TEXT, "utf-16le", { addBOM: true }), "{}"],
    ["UTF-16 that is declared", iconv.encode(TEXT, "utf-16le"), "{ encoding: utf-16le }"],
    ["Latin-1 that is declared", iconv.encode(TEXT, "latin1"), "{ encoding: iso-8859-1 }"],
  ])("%s is read, and written back alike", async (_, bytes, options) => {
    await drop.put("c.csv", bytes);
    const contact = await open(`format: { csv: ${options} }`);

    const { records, failure } = await readAll(contact.list());
    valueOf(
      (await contact.update([{ key: "k", id: id("1"), version: null, changed: { name: "Zoé" }, current: null }]))[0],
    );

    expect(failure).toBeNull();
    expect(records[0]?.fields.name).toBe("Zoë");
    expect((await readAll(contact.list())).records[0]?.fields.name).toBe("Zoé");
  });

  test.each([
    ["Latin-1 that nobody declared", iconv.encode(TEXT, "latin1"), "{}"],
    ["UTF-16 without mark that nobody declared", iconv.encode(TEXT, "utf-16le"), "{}"],
    ["a mark that contradicts", iconv.encode(TEXT, "utf-16le", { addBOM: true }), "{ encoding: utf-8 }"],
    [
      "bytes that the declared encoding has not",
      Buffer.from([0x69, 0x64, 0x0a, 0x81, 0x0a]),
      "{ encoding: windows-1252 }",
    ],
  ])("%s: E_ENCODING", async (_, bytes, options) => {
    await drop.put("c.csv", bytes);

    expect((await list(`format: { csv: ${options} }`)).failure).toMatchObject({
      kind: "malformed",
      code: "E_ENCODING",
    });
  });

  test("a character that the file's encoding cannot write is refused for that record alone", async () => {
    await drop.put("c.csv", iconv.encode("id,name\n1,Zoë\n", "latin1"));
    const contact = await open("format: { csv: { encoding: iso-8859-1 } }");

    const made = await contact.create([
      { key: "a", record: { id: "2", name: "Łukasz" } },
      { key: "b", record: { id: "3", name: "Bob" } },
    ]);

    expect(failureOf(made[0])).toMatchObject({ kind: "rejected", code: "E_ENCODING" });
    expect(valueOf(made[1]).id).toBe("3");
  });
});

describe("JSON and XML", () => {
  test.each([
    ["a cut document", '{ "items": [ { "id": 1 }, { "id"', "E_MALFORMED"],
    ["a document cut after its list", '{ "items": [ { "id": 1 } ]', "E_MALFORMED"],
    ["no list at the path", '{ "others": [] }', "E_MALFORMED"],
    ["an item that is no JSON", '{ "items": [ { "id": 1 }, { id: 2 } ] }', "E_MALFORMED"],
    ["a comma too many", '{ "items": [ { "id": 1 }, ] }', "E_MALFORMED"],
    ["another count", '{ "items": [ { "id": 1 } ], "count": 2 }', "E_INCOMPLETE"],
  ])("JSON: %s", async (_, text, code) => {
    await drop.put("c.json", text);

    const keys = `format: { json: { items: items } }${code === "E_INCOMPLETE" ? "\nready_when: { count: { at: count } }" : ""}`;

    expect((await list(keys)).failure).toMatchObject({ kind: "malformed", code });
  });

  test("JSON: brackets, quotes and commas inside strings, lists in items, and long numbers are no trouble", async () => {
    const item = '{ "id": 12345678901234567890, "a": "],[ \\"}{", "b": [[1, 2], {"c": []}] }';
    await drop.put("c.json", `{"x": ["items", {"items": [9]}], "items": [${item} , {"id":2}], "y": "]"}`);

    const { records, failure } = await list("format: { json: { items: items } }");

    expect(failure).toBeNull();
    expect(records.map((record) => record.id)).toEqual(["12345678901234567890", "2"]);
    expect(records[0]?.fields.a).toBe('],[ "}{');
  });

  test("JSON Lines: a bad line is broken, a cut last line fails the file", async () => {
    await drop.put("c.jsonl", '{"id":1}\nnonsense\n[]\n{"id":4}\n');
    const { records, pages } = await list("format: { jsonl: {} }");
    expect(idsOf(records)).toEqual(["1", "4"]);
    expect(pages.flatMap((page) => page.broken).map(({ message }) => message)).toEqual([
      "c.jsonl: row 2 is no JSON object",
      "c.jsonl: row 3 is no JSON object",
    ]);

    await drop.put("c.jsonl", '{"id":1}\n{"id":');
    expect((await list("format: { jsonl: {} }")).failure).toMatchObject({ code: "E_INCOMPLETE" });
  });

  test.each([
    ["a document type", '<!DOCTYPE c [<!ENTITY a "b">]><c><i><id>1</id></i></c>', "E_XML_DOCTYPE"],
    ["tags that do not nest", "<c><i><id>1</i></id></c>", "E_XML_MALFORMED"],
    ["a cut document", "<c><i><id>1</id></i>", "E_XML_MALFORMED"],
    ["an unknown entity", "<c><i><id>&nope;</id></i></c>", "E_XML_MALFORMED"],
    ["another root", "<d><i><id>1</id></i></d>", "E_SCHEMA"],
    ["another count", '<c count="2"><i><id>1</id></i></c>', "E_INCOMPLETE"],
  ])("XML: %s", async (_, text, code) => {
    await drop.put("c.xml", text);

    const keys = `format: { xml: { item: c.i } }${code === "E_INCOMPLETE" ? '\nready_when: { count: { at: "@count" } }' : ""}`;

    expect((await list(keys)).failure).toMatchObject({ kind: "malformed", code });
  });

  test("XML: prefixes may change while the URI stays; another URI is no item", async () => {
    const keys = "format: { xml: { item: c.i, namespace: 'urn:x', lists: [tag] } }";
    await drop.put(
      "c.xml",
      '<a:c xmlns:a="urn:x" xmlns:o="urn:o"><a:i n="1"><a:id>007</a:id><a:tag>t</a:tag></a:i><o:i><o:id>9</o:id></o:i></a:c>',
    );

    const { records } = await list(keys);

    expect(records.map(({ id: own, fields }) => [own, fields["@n"], fields.tag])).toEqual([["007", "1", ["t"]]]);
  });

  test("XML: a write keeps everything around it, comments and declaration included", async () => {
    await drop.put(
      "c.xml",
      '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!-- ours --><p:c xmlns:p="urn:x" v="1">\n  <p:i><p:id>1</p:id></p:i><!-- between -->\n</p:c><!-- end -->\n',
    );
    const contact = await open("format: { xml: { item: c.i } }");

    const made = await contact.create([{ key: "k", record: { id: "2", name: "A & B <é>" } }]);

    valueOf(made[0]);
    expect(
      iconv.decode(Buffer.from(await (await import("node:fs/promises")).readFile(join(drop.path, "c.xml"))), "latin1"),
    ).toBe(
      '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!-- ours --><p:c xmlns:p="urn:x" v="1">\n  <p:i><p:id>1</p:id></p:i>\n  <p:i><p:id>2</p:id><p:name>A &amp; B &lt;é&gt;</p:name></p:i><!-- between -->\n</p:c><!-- end -->\n',
    );
    expect((await readAll(contact.list())).records[1]?.fields.name).toBe("A & B <é>");
  });
});

describe("which file, and when", () => {
  const CSV = "format: { csv: {} }\nglob: '*.csv'\n";

  test("a file that waits for its marker is no empty snapshot, and an older one does not stand in for it", async () => {
    const keys = `${CSV}ready_when: { marker: "*.done" }`;
    await drop.put("day-1.csv", "id\n1\n");
    await drop.put("day-1.done", "");
    expect(idsOf((await list(keys)).records)).toEqual(["1"]);

    await new Promise((resolve) => setTimeout(resolve, 10));
    await drop.put("day-2.csv", "id\n1\n");
    const waiting = await list(keys);
    expect(waiting.failure).toMatchObject({ kind: "unknown", code: "E_NOT_READY" });
    expect(waiting.records).toEqual([]);

    await drop.put("day-2.csv.done", "");
    expect(idsOf((await list(keys)).records)).toEqual(["1"]);
  });

  test("a file that grows within the time it has to stay the same is not read", async () => {
    await drop.put("a.csv", "id\n1\n");
    const contact = await open(`${CSV}ready_when: { settled: 10s }`, () => {
      appendFileSync(join(drop.path, "a.csv"), "2\n");
      return Promise.resolve();
    });

    expect((await readAll(contact.list())).failure).toMatchObject({ kind: "unknown", code: "E_NOT_READY" });
    expect(failureOf((await contact.get([id("1")]))[0]).kind).toBe("unknown");
  });

  test("a file that has settled is waited for once", async () => {
    await drop.put("a.csv", "id\n1\n");
    const contact = await open(`${CSV}ready_when: { settled: 10s }`);

    expect(idsOf((await readAll(contact.list())).records)).toEqual(["1"]);
    expect(idsOf((await readAll(contact.list())).records)).toEqual(["1"]);

    expect(opened[0]?.sleeps).toEqual([10_000]);
  });

  test("a file that is written to while it is read is not believed", async () => {
    await drop.put("a.csv", `id\n${Array.from({ length: 2000 }, (_, index) => `${String(index)}\n`).join("")}`);
    const contact = await open(CSV);
    let failure: unknown = null;
    let pages = 0;
    for await (const page of contact.list()) {
      pages += 1;
      if (pages === 1) appendFileSync(join(drop.path, "a.csv"), "late\n");
      if (!page.ok) ({ failure } = page);
    }

    expect(failure).toMatchObject({ code: "E_NOT_READY" });
  });

  test("take: all puts files together; an id with other values in two of them is broken; each write goes to its file", async () => {
    await drop.put("north.csv", "id,name\n1,Ada\n2,Bob\n");
    await drop.put("south.csv", "id,name\n2,Rob\n3,Eve\n");
    const contact = await open("format: { csv: { columns: [id, name] } }\nglob: '*.csv'\ntake: all\nwrite_to: new.csv");

    const { records, pages } = await readAll(contact.list());
    const written = await contact.update(
      ["1", "3"].map((own) => ({ key: own, id: id(own), version: null, changed: { name: "X" }, current: null })),
    );
    valueOf((await contact.create([{ key: "k", record: { id: "4", name: "New" } }]))[0]);

    expect(idsOf(records)).toEqual(["1", "2", "3"]);
    expect(pages.flatMap((page) => page.broken).map(({ id: own, code }) => [own, code])).toEqual([["2", "E_SCHEMA"]]);
    expect(written.every((result) => result.ok)).toBe(true);
    expect(await drop.text("north.csv")).toBe("id,name\n1,X\n2,Bob\n");
    expect(await drop.text("south.csv")).toBe("id,name\n2,Rob\n3,X\n");
    expect(await drop.text("new.csv")).toContain("4");
  });

  test("snapshots that a newer one replaced are moved away, the newest stays", async () => {
    await drop.put("a.csv", "id\n1\n");
    await new Promise((resolve) => setTimeout(resolve, 10));
    await drop.put("b.csv", "id\n2\n");

    expect(idsOf((await list(`${CSV}after: { move_to: old }`)).records)).toEqual(["2"]);

    expect(await drop.text("old/a.csv")).toBe("id\n1\n");
    expect(await drop.text("b.csv")).toBe("id\n2\n");
  });
});

describe("files of changes", () => {
  const KEYS =
    "format: { csv: { columns: [id, name, op] } }\nglob: 'c-*.csv'\nmeans: changes\ndeleted: op\ndeleted_is: D\nafter: { move_to: done }";

  test("they are read in the order of their numbers from the cursor on, and moved once the cursor has passed them", async () => {
    await drop.put("c-9.csv", "id,name,op\n1,Ada,\n2,Bob,\n");
    await drop.put("c-10.csv", "id,name,op\n1,Ada L,\n2,,D\n");
    const contact = await open(KEYS);

    const first = await readAll(contact.list());
    expect(first.records.map((record) => [record.id, record.fields.name, record.deleted])).toEqual([
      ["1", "Ada L", false],
      ["2", null, true],
    ]);
    expect(first.pages[0]?.cursor).toBe("c-10.csv");

    await drop.put("c-11.csv", "id,name,op\n3,Eve,\n");
    const second = await readAll(contact.changes("c-10.csv"));
    expect(idsOf(second.records)).toEqual(["3"]);
    expect(contact.laterCursor("c-10.csv", second.pages.at(-1)?.cursor ?? null)).toBe("c-11.csv");
    expect(contact.laterCursor("c-10.csv", "c-9.csv")).toBe("c-10.csv");
    expect(await drop.text("done/c-9.csv")).toContain("Bob");
    expect(await drop.text("c-11.csv")).toContain("Eve");

    expect(idsOf((await readAll(contact.list())).records).toSorted()).toEqual(["1", "2", "3"]);
  });

  test("what is not complete holds back what comes after it, and nothing is gone for not being mentioned", async () => {
    await drop.put("c-1.csv", "id,name,op\n1,Ada,\n");
    await drop.put("c-1.done", "");
    await drop.put("c-2.csv", "id,name,op\n2,B");
    await drop.put("c-3.csv", "id,name,op\n3,Eve,\n");
    await drop.put("c-3.done", "");
    const contact = await open(`${KEYS}\nready_when: { marker: "*.done" }`);

    expect(idsOf((await readAll(contact.changes("c-0.csv"))).records)).toEqual(["1"]);
    expect(failureOf((await contact.get([id("9")]))[0])).toMatchObject({ kind: "unknown", code: "E_NOT_IN_FILES" });
  });

  test("each batch of writes is a new file that is read back; a repeat writes none", async () => {
    const contact = await open(KEYS);
    const create = { key: "k1", record: { id: "7", name: "Ada" } };

    const [made] = await contact.create([create]);
    const [again] = await contact.create([create]);
    const [other] = await contact.create([{ key: "k2", record: { id: "7", name: "Other" } }]);
    const first = await readAll(contact.list());

    expect(valueOf(again)).toEqual(valueOf(made));
    expect(failureOf(other).kind).toBe("duplicate");
    expect(first.records.map((record) => record.fields.name)).toEqual(["Ada"]);
    expect(first.pages[0]?.cursor).toMatch(/^c-20260601T000000000Z-[0-9a-f]{12}\.csv$/);
  });

  test("write_only: one file a record, named after its key, with cells that no spreadsheet runs", async () => {
    const contact = await open(
      "format: { csv: { columns: [id, name], escape_formulas: true } }\nglob: 'o-*.csv'\nmeans: changes\nwrite_only: true",
    );
    const create = { key: "k1", record: { id: "7", name: "=cmd()" } };

    const made = [valueOf((await contact.create([create]))[0]), valueOf((await contact.create([create]))[0])];

    expect(made[0]).toEqual(made[1]);
    expect(contact.capabilities).toMatchObject({ list: false, get: false, update: null, delete: null, changes: null });
    const [name, ...more] = (await import("node:fs")).readdirSync(drop.path);
    expect(more).toEqual([]);
    expect(await drop.text(name ?? "")).toBe("id,name\n7,'=cmd()\n");
  });
});

describe("the connector file", () => {
  test.each([
    ["no folder is named", "", []],
    ["a glob of another folder", "format: { csv: {} }\nglob: x/*.csv", ["E_GLOB"]],
    ["no format", "glob: '*.csv'", ["E_MISSING"]],
    ["two formats", "format: { csv: {}, json: {} }", ["E_COMBINATION"]],
    ["an encoding that nobody knows", "format: { csv: { encoding: utf-9 } }", ["E_ENCODING"]],
    ["a request", "format: { csv: {} }\nlist: { request: GET /x }", ["E_UNKNOWN_KEY", "E_UNKNOWN_KEY"]],
    ["a column for a path that no row has", "format: { csv: {} }\nfields: { a: { at: b.c } }", ["E_PATH"]],
    ["columns without the id", "format: { csv: { header: false, columns: [name] } }", ["E_CSV_HEADER"]],
    ["no columns without header", "format: { csv: { header: false } }", ["E_MISSING"]],
    ["escaping what is read back", "format: { csv: { escape_formulas: true } }", ["E_COMBINATION"]],
    ["a snapshot that is not read", "format: { csv: {} }\nwrite_only: true", ["E_COMBINATION"]],
    ["the count of csv at a path", "format: { csv: {} }\nready_when: { count: { at: n } }", ["E_COMBINATION"]],
    ["an item that is the root", "format: { xml: { item: c } }", ["E_PATH"]],
    ["changes without a star", "format: { csv: {} }\nglob: a.csv\nmeans: changes", ["E_GLOB"]],
    ["a name that is never read back", "format: { csv: {} }\nglob: '*.csv'\nwrite_to: a.txt", ["E_GLOB"]],
  ])("%s", (_, keys, codes) => {
    if (keys === "") {
      const found = compileFiles("connector: d\nprotocol: files\nobjects: { c: { format: { csv: {} } } }\n").problems;
      expect(found.map((each) => each.code)).toEqual(["E_MISSING"]);
      return;
    }
    expect(problems(keys)).toEqual(codes);
  });
});
