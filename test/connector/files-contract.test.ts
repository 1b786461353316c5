// The connector contract over files in a real folder, in each format. Records are added and edited behind the connector's back
// by writing the file.

import { readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { parse as parseCsv } from "csv-parse/sync";
import { stringify as stringifyCsv } from "csv-stringify/sync";
import { XMLParser } from "fast-xml-parser";
import { connectorContract, type ConnectorWorld } from "../contract/connector-suite.ts";
import { id } from "./opened.ts";
import { makeDrop, openFiles, type FaultSwitch } from "./files-world.ts";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

interface Dialect {
  readonly name: string;
  readonly format: string;
  readonly read: (text: string) => readonly Row[];
  readonly write: (rows: readonly Row[]) => string;
}

const CSV: Dialect = {
  name: "contacts.csv",
  format: '{ csv: { delimiter: ";" } }',
  read: (text) => parseCsv(text, { columns: true, delimiter: ";" }) as unknown as Row[],
  write: (rows) => stringifyCsv([...rows], { header: true, columns: ["id", "name", "email"], delimiter: ";" }),
};

const JSONL: Dialect = {
  name: "contacts.jsonl",
  format: "{ jsonl: {} }",
  read: (text) => text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Row])),
  write: (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
};

const JSON_DOCUMENT: Dialect = {
  name: "contacts.json",
  format: "{ json: { items: data.contacts } }",
  read: (text) => (JSON.parse(text) as { data: { contacts: Row[] } }).data.contacts,
  write: (rows) => JSON.stringify({ made: "by hand", data: { contacts: rows, more: [1] } }, null, 2),
};

const XML: Dialect = {
  name: "contacts.xml",
  format: "{ xml: { item: contacts.contact } }",
  read(text) {
    const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === "contact" });
    const found = parser.parse(text) as { contacts: { contact?: Row[] } | "" };
    return found.contacts === "" ? [] : (found.contacts.contact ?? []);
  },
  write: (rows) =>
    `<?xml version="1.0"?>\n<contacts>${rows.map((row) => `<contact><id>${row.id}</id><name>${row.name}</name><email>${row.email}</email></contact>`).join("\n")}</contacts>\n`,
};

function world({ name, format, read, write }: Dialect): () => Promise<ConnectorWorld> {
  return async () => {
    const drop = await makeDrop();
    const faults: FaultSwitch = { next: null };
    const path = join(drop.path, name);
    const { system } = await openFiles(
      `
connector: drop
protocol: files
objects:
  contact:
    at: .
    glob: ${name}
    format: ${format}
    natural_keys: [email]
    fields: { name: {}, email: {} }
`,
      { folder: drop.path, faults },
    );
    const rows = (): readonly Row[] => (existsSync(path) ? read(readFileSync(path, "utf8")) : []);
    const put = (next: readonly Row[]): void => {
      writeFileSync(path, write(next));
    };
    let last = 0;
    return {
      system,
      add(contact) {
        last += 1;
        put([...rows(), { id: String(last).padStart(3, "0"), ...contact }]);
        return id(String(last).padStart(3, "0"));
      },
      edit(one, change) {
        put(rows().map((row) => (row.id === one ? { ...row, ...change } : row)));
      },
      remove(one) {
        put(rows().filter((row) => row.id !== one));
      },
      stored: () => rows().map(({ id: own, name: named, email }) => ({ id: own, name: named, email })),
      failNextWrite(fault) {
        faults.next = fault;
      },
      async close() {
        await system.close();
        rmSync(drop.path, { recursive: true });
      },
    };
  };
}

connectorContract("files, CSV", world(CSV));
connectorContract("files, JSON Lines", world(JSONL));
connectorContract("files, JSON", world(JSON_DOCUMENT));
connectorContract("files, XML", world(XML));
