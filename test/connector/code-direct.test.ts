// `code:` with protocols that send no requests: what a function is given of a database, a folder and a mail server, and what becomes
// of a write when it goes wrong. Real SQLite, a real folder, a real mail server. The contract suite runs over such functions in
// sql-contract-sqlite.test.ts and sql-contract.pg.test.ts.

import { afterAll, afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import { SMTPServer } from "smtp-server";
import { parse } from "yaml";
import { compileConnector, type CompiledConnector } from "../../src/connector/compile.ts";
import type { System } from "../../src/connector/contract.ts";
import { DIRECT_PROTOCOLS } from "../../src/config/protocols.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { closeExpressionsAfterwards, expressions, failureOf, id, readAll, TODAY, valueOf } from "./opened.ts";
import { closeSql, openSql, sqlText } from "./sql-opened.ts";

closeExpressionsAfterwards();
afterAll(closeSql);

const FIXTURES = "./test/connector/fixtures/code";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "syncline-code-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function compile(text: string, from = "."): CompiledConnector {
  return compileConnector(connectorFileSchema.parse(parse(text)), {
    expressions,
    protocols: {},
    direct: DIRECT_PROTOCOLS,
    folder: from,
    today: TODAY,
  });
}

async function open(text: string, settings: Readonly<Record<string, string>> = {}): Promise<System> {
  const { connector, problems } = compile(text);
  if (connector === null) throw new Error(JSON.stringify(problems, null, 1));
  return connector.open({
    name: "remote",
    settings,
    secrets: new Map(),
    limits: {},
    allowPrivate: true,
    observer: { called: () => undefined, waited: () => undefined },
    clock: { now: () => TODAY, sleep: () => Promise.resolve() },
    log: { warn: () => undefined, debug: () => undefined },
    version: "0.0.0",
    resolve: (_, answer) => {
      answer(null, [{ address: "127.0.0.1", family: 4 }]);
    },
  });
}

describe("a function in a database", () => {
  let admin: InstanceType<typeof sqlite.Database>;
  beforeEach(() => {
    admin = new sqlite.Database(join(folder, "app.db"));
    admin.exec(
      "create table contacts (id integer primary key, name text, email text unique, revision int not null default 1, at text default '2026-01-01 00:00:00')",
    );
  });
  afterEach(() => {
    admin.close();
  });

  const opened = (name: string, more = "") =>
    openSql(
      sqlText(
        "sqlite",
        `${more}
objects:
  contact:
    table: contacts
    natural_keys: [email]
    create: { code: "${FIXTURES}/contact-sql.js#${name}" }`,
      ),
      { url: `file:${join(folder, "app.db")}` },
    );
  const made = async (name: string, more = "") => {
    const { system, calls } = await opened(name, more);
    const record = { name: "Ada", email: "ada@example.com" };
    const [result] = await system.object("contact", []).create([{ key: "k", record }]);
    return { result, calls, names: admin.all("select name from contacts order by id").map((row) => row["name"]) };
  };

  test("replaces one operation, and all others stay derived from the table", async () => {
    const { system } = await opened("create");
    const contact = system.object("contact", []);

    const [first] = await contact.create([{ key: "k", record: { name: "Ada", email: "ada@example.com" } }]);

    expect(valueOf(first).id).toBe("1");
    expect(valueOf(await contact.find({ email: "ada@example.com" })).map((record) => record.id)).toEqual(["1"]);
    expect((await readAll(contact.list())).records).toHaveLength(1);
    expect(contact.capabilities.create).toMatchObject({ verify: "find" });
    expect(contact.capabilities.update).not.toBeNull();
  });

  test.each([
    ["throws after a statement", "throws", { kind: "rejected", code: "E_TEMPLATE" }],
    ["returns a refusal after a statement", "refuses", { kind: "rejected", code: "HTTP_422" }],
    ["does not end", "never", { kind: "throttled" }],
  ])("that %s leaves nothing behind", async (_, name, expected) => {
    const { result, names } = await made(name, "timeout: { response: 300ms }");

    expect(failureOf(result)).toMatchObject(expected);
    expect(names).toEqual([]);
  });

  test("may stand for a batch: one transaction for all of its records", async () => {
    const { system, calls } = await openSql(
      sqlText(
        "sqlite",
        `
objects:
  contact:
    table: contacts
    natural_keys: [email]
    batch: { create: { max: 2, code: "${FIXTURES}/contact-sql.js#createAll", ok: made, match: by-index } }`,
      ),
      { url: `file:${join(folder, "app.db")}` },
    );
    const contact = system.object("contact", []);
    const create = (...names: readonly string[]) =>
      contact.create(names.map((name) => ({ key: name, record: { name, email: `${name}@example.com` } })));

    expect((await create("a", "b", "c")).map((made) => valueOf(made).id)).toEqual(["1", "2", "3"]);
    expect(calls).toHaveLength(2);
    // Of two with one e-mail the second is refused, and with it the whole batch.
    expect((await create("d", "a")).map((made) => failureOf(made).kind)).toEqual(["duplicate", "duplicate"]);
    expect(admin.all("select name from contacts order by id").map((row) => row["name"])).toEqual(["a", "b", "c"]);
  });

  test("may catch a refused statement and go on", async () => {
    const { result, names } = await made("goesOn");

    expect(valueOf(result).id).toBe("2");
    expect(names).toEqual(["Ada", "Second"]);
  });

  test("a unique constraint that it does not catch is a duplicate, as with a derived create", async () => {
    admin.exec("insert into contacts (name, email) values ('There', 'ada@example.com')");

    const { result, calls } = await made("create");

    expect(failureOf(result).kind).toBe("duplicate");
    expect(calls.map(({ operation }) => operation)).toEqual(["create"]);
  });

  test.each([
    ["positional", "write :name in place of ?"],
    ["nameless", "no value of that name is given"],
  ])("a statement that binds no names is refused, in words: %s", async (name, words) => {
    expect(failureOf((await made(name)).result).message).toContain(words);
  });
});

describe("a function in a folder", () => {
  const text = (operations: string): string => `
connector: drop
protocol: files
settings: { folder: { required: true } }
objects:
  order:
    at: "{{ settings.folder }}"
    glob: "*.json"
    format: { json: { items: orders } }
    means: snapshot
    write_to: orders.json
    ${operations}
`;
  const opened = (name: string) => open(text(`create: { code: "${FIXTURES}/drop.js#${name}" }`), { folder });
  const create = async (name: string) => {
    const [result] = await (await opened(name)).object("order", []).create([{ key: "k", record: { sku: "a" } }]);
    return result;
  };

  test("lists, reads, and writes whole files, in the place of the operation", async () => {
    writeFileSync(join(folder, "last.txt"), "41");

    const result = await create("numbered");

    expect(valueOf(result).id).toBe("42");
    expect(readFileSync(join(folder, "last.txt"), "utf8")).toBe("42");
    expect(JSON.parse(readFileSync(join(folder, "out", "order-42.json"), "utf8"))).toEqual({ sku: "a" });
    expect(readdirSync(join(folder, "out"))).toEqual(["order-42.json"]);
  });

  test.each([
    ["that leaves the folder", "outside", { kind: "rejected", code: "E_TEMPLATE" }],
    ["that throws before it wrote", "early", { kind: "rejected", code: "E_TEMPLATE" }],
    ["that throws after it wrote: nobody knows", "late", { kind: "unknown", code: "E_CODE" }],
    ["that reads what is no text", "binary", { kind: "rejected", code: "E_TEMPLATE" }],
  ])("one %s", async (_, name, expected) => {
    writeFileSync(join(folder, "odd.bin"), Buffer.from([0xff, 0xfe, 0xff]));

    expect(failureOf(await create(name))).toMatchObject(expected);
  });

  test("a folder that may not be written is a failure of the folder", async () => {
    mkdirSync(join(folder, "out", "order-1.json"), { recursive: true });

    expect(["rejected", "unknown"]).toContain(failureOf(await create("numbered")).kind);
  });

  test("a listing by a function is read as any other, and there are no changes then", async () => {
    writeFileSync(join(folder, "one.txt"), "1;pen");
    writeFileSync(join(folder, "two.txt"), "2;ink");
    const { connector } = compile(text(`list: { code: "${FIXTURES}/drop.js#list" }`));
    const order = (await open(text(`list: { code: "${FIXTURES}/drop.js#list" }`), { folder })).object("order", []);

    const read = await readAll(order.list());

    expect(read.records.map(({ id: own, fields }) => [own, fields["sku"]])).toEqual([
      ["1", "pen"],
      ["2", "ink"],
    ]);
    expect(connector?.gaps.map(({ code }) => code)).toContain("no-changes");
  });
});

describe("a function that sends mail", () => {
  interface Mail {
    readonly to: readonly string[];
    readonly text: string;
  }
  let server: SMTPServer;
  let port: number;
  let mails: Mail[];
  beforeEach(async () => {
    mails = [];
    server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      disableReverseLookup: true,
      onRcptTo(address, _session, done) {
        done(address.address.startsWith("nobody") ? new Error("no such person") : null);
      },
      onData(stream, session, done) {
        let text = "";
        stream.on("data", (bytes: Buffer) => (text += bytes.toString("utf8")));
        stream.on("end", () => {
          mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
          done();
        });
      },
    });
    server.on("error", () => undefined);
    port = await new Promise<number>((done) => {
      const listening = server.listen(0, "127.0.0.1", () => {
        const address = listening.address();
        done(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  });
  afterEach(() => new Promise<void>((done) => server.close(done)));

  const text = (name: string): string => `
connector: mail
protocol: smtp
settings: { server: { required: true } }
base_url: "{{ settings.server }}"
smtp: { tls: none }
objects:
  notice:
    create: { code: "${FIXTURES}/mail.js#${name}" }
`;
  const send = async (name: string, record: Readonly<Record<string, string>> = {}) => {
    const system = await open(text(name), { server: `smtp://localhost:${String(port)}` });
    const [made] = await system
      .object("notice", [])
      .create([{ key: "k", record: { email: "ada@example.com", ...record } }]);
    await system.close();
    return made;
  };

  test("sends as many as it likes, each with an id of its own that a repeat has too", async () => {
    const first = valueOf(await send("two"));
    const again = valueOf(await send("two"));

    expect(mails.map(({ to }) => to)).toEqual([
      ["ada@example.com"],
      ["office@example.com"],
      ["ada@example.com"],
      ["office@example.com"],
    ]);
    expect(first.id).toBe(again.id);
    const ids = mails.map((mail) => /Message-ID: <([^>]+)>/i.exec(mail.text)?.[1]);
    expect(ids[0]).toBe(first.id);
    expect(ids[1]).not.toBe(first.id);
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));
  });

  test.each([
    ["a recipient that the server refuses", "one", { email: "nobody@example.com" }, "rejected", 0],
    ["a value that would add a header", "one", { subject: "x\r\nBcc: eve@example.com" }, "rejected", 0],
    ["a text that is two addresses", "one", { email: "a@example.com, b@example.com" }, "rejected", 0],
    ["a key that messages do not have", "odd", {}, "rejected", 0],
    ["a failure after the first message: nobody knows", "late", {}, "unknown", 1],
  ])("%s", async (_, name, record, kind, sent) => {
    expect(failureOf(await send(name, record)).kind).toBe(kind);
    expect(mails).toHaveLength(sent);
  });
});

describe("the connector file", () => {
  const sql = (operations: string): string =>
    sqlText("sqlite", `objects:\n  contact:\n    table: contacts\n    natural_keys: [email]\n    ${operations}`);
  const codes = (text: string): readonly string[] =>
    compile(text).problems.map(({ code, path }) => `${code} ${path.join(".")}`);

  test.each([
    ["a function that is there", sql(`get: { code: "${FIXTURES}/contact-sql.js#get" }`), []],
    ["no such function", sql(`get: { code: "${FIXTURES}/contact-sql.js#gets" }`), ["E_CODE objects.contact.get.code"]],
    ["no such file", sql('get: { code: "./nowhere.js#get" }'), ["E_CODE objects.contact.get.code"]],
    [
      "changes by a function, and a list that is derived",
      sql(`changes: { code: "${FIXTURES}/contact-sql.js#changes", cursor: { at: at } }`),
      ["E_COMBINATION objects.contact.changes"],
    ],
    [
      "a guard that needs a version",
      sql(`update: { code: "${FIXTURES}/contact-sql.js#update", guard: if-match }`),
      ["E_GUARD objects.contact.update.guard"],
    ],
    [
      "a request beside it",
      sql(`get: { code: "${FIXTURES}/contact-sql.js#get", request: GET /x }`),
      ["E_UNKNOWN_KEY objects.contact.get.request", "E_COMBINATION objects.contact.get.request"],
    ],
    [
      "a message beside it",
      `connector: mail\nprotocol: smtp\nbase_url: smtp://mail.example.com\nobjects: { notice: { create: { code: "${FIXTURES}/mail.js#one", to: a@example.com } } }`,
      ["E_COMBINATION objects.notice.create.to"],
    ],
    [
      "reading of mail",
      `connector: mail\nprotocol: smtp\nbase_url: smtp://mail.example.com\nobjects: { notice: { create: { code: "${FIXTURES}/mail.js#one" }, list: { code: "${FIXTURES}/mail.js#one" } } }`,
      ["E_UNKNOWN_KEY objects.notice.list"],
    ],
  ])("says %s", (_, text, expected) => {
    expect(codes(text)).toEqual(expected);
  });
});

test("an id that no function knows is gone, and one that a function tells is read with its version", async () => {
  const admin = new sqlite.Database(join(folder, "app.db"));
  admin.exec(
    "create table contacts (id integer primary key, name text, email text, revision int default 3, at text default '2026-01-01 00:00:00'); insert into contacts (id, name) values (7, 'Ada')",
  );
  admin.close();
  const { system } = await openSql(
    sqlText(
      "sqlite",
      `objects:\n  contact:\n    table: contacts\n    version: revision\n    get: { code: "${FIXTURES}/contact-sql.js#get" }`,
    ),
    { url: `file:${join(folder, "app.db")}` },
  );

  const [known, unknown] = await system.object("contact", []).get([id("7"), id("8")]);

  expect(valueOf(known)).toMatchObject({ id: "7", version: "3" });
  expect(failureOf(unknown).kind).toBe("gone");
});
