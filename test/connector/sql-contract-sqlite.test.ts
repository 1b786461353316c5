// The connector contract against SQLite. There is no log-in and no connection to lose: the file is there or it is not.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import { connectorContract, type ConnectorWorld } from "../contract/connector-suite.ts";
import { closeExpressionsAfterwards, id } from "./opened.ts";
import { CODED_CONTACT, openSql, sqlText } from "./sql-opened.ts";

const text = (value: unknown): string => (typeof value === "number" || typeof value === "string" ? String(value) : "");

const DERIVED = `
objects:
  contact:
    table: contacts
    version: revision
    modified: at
    natural_keys: [email]
    changes: { cursor: { at: at, settle: 1s } }
    list: { page: { size: 2 } }
    batch: { read: { max: 2 }, create: { max: 2 } }
`;

async function world(objects: string): Promise<ConnectorWorld> {
  const folder = mkdtempSync(join(tmpdir(), "syncline-sqlite-"));
  const path = join(folder, "app.db");
  const admin = new sqlite.Database(path);
  // Times a second apart: SQLite's own clock has milliseconds, in which a test makes several edits.
  admin.exec(`create table contacts (id integer primary key, name text, email text unique, revision int not null default 1, at text);
    create table ticks (n int); insert into ticks values (0);
    create trigger made after insert on contacts begin
      update ticks set n = n + 1;
      update contacts set at = strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', '+' || (select n from ticks) || ' seconds') where id = new.id;
    end;
    create trigger edited after update of name, email on contacts begin
      update ticks set n = n + 1;
      update contacts set revision = revision + 1, at = strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', '+' || (select n from ticks) || ' seconds') where id = new.id;
    end`);
  const { system } = await openSql(sqlText("sqlite", objects), { url: `file:${path}` });
  let holder: InstanceType<typeof sqlite.Database> | null = null;
  const release = (): void => {
    holder?.exec("rollback");
    holder?.close();
    holder = null;
  };
  return {
    system,
    add({ name, email }) {
      return id(String(admin.run("insert into contacts (name, email) values (?, ?)", [name, email]).lastInsertRowid));
    },
    edit(one, { name, email }) {
      admin.run("update contacts set name = coalesce(?, name), email = coalesce(?, email) where id = ?", [
        name ?? null,
        email ?? null,
        one,
      ]);
    },
    remove(one) {
      admin.run("delete from contacts where id = ?", [one]);
    },
    stored: () =>
      admin
        .all("select id, name, email from contacts order by id")
        .map((row) => ({ id: text(row["id"]), name: text(row["name"]), email: text(row["email"]) })),
    failNextWrite() {
      // Another process of this build has the file for a moment.
      holder = new sqlite.Database(path);
      holder.exec("begin immediate");
      setTimeout(release, 30);
    },
    async close() {
      release();
      await system.close();
      admin.close();
      rmSync(folder, { recursive: true });
    },
  };
}

closeExpressionsAfterwards();
connectorContract("SQL on SQLite", () => world(DERIVED), ["error-before", "lost-answer", "refused-login"]);
connectorContract("functions on SQLite", () => world(CODED_CONTACT), ["error-before", "lost-answer", "refused-login"]);
