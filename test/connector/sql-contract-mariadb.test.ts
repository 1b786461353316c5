// The connector contract against a real MariaDB, where one is installed, through a proxy that can cut a commit off.

import { afterAll, beforeAll, describe, test } from "@jest/globals";
import type { Connection, ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { connectorContract, type ConnectorWorld } from "../contract/connector-suite.ts";
import { startCuttingProxy } from "./cutting-proxy.ts";
import { startMariadb, withoutMariadb, type TestMariadb } from "./mariadb.ts";
import { closeExpressionsAfterwards, id } from "./opened.ts";
import { openSql, sqlText } from "./sql-opened.ts";

let mariadb: TestMariadb;
let admin: Connection;
let worlds = 0;

async function world(): Promise<ConnectorWorld> {
  worlds += 1;
  const database = `w${String(worlds)}`;
  await admin.query(`create database ${database}; use ${database};
    create table contacts (id bigint unsigned auto_increment primary key, name varchar(100), email varchar(100) unique,
      revision int not null default 1, at timestamp(6) not null default current_timestamp(6) on update current_timestamp(6));
    create trigger bump before update on contacts for each row set new.revision = old.revision + 1;
    create table trouble (until_ int) engine = aria;
    create trigger trouble before insert on contacts for each row begin
      if exists (select 1 from trouble) then
        delete from trouble;
        signal sqlstate '40001' set message_text = 'try again';
      end if;
    end;
    create user ${database}@'127.0.0.1' identified by 'a secret'; grant all on ${database}.* to ${database}@'127.0.0.1';`);
  const proxy = await startCuttingProxy({ port: mariadb.port }, null);
  const { system } = await openSql(
    sqlText(
      "mysql",
      `
objects:
  contact:
    table: contacts
    version: revision
    modified: at
    natural_keys: [email]
    changes: { cursor: { at: at, settle: 1s } }
    list: { page: { size: 2 } }
    batch: { read: { max: 2 }, create: { max: 2 } }
`,
    ),
    { url: `mysql://127.0.0.1:${String(proxy.port)}/${database}`, user: database, password: "a secret" },
  );
  return {
    system,
    async add({ name, email }) {
      const [made] = await admin.execute<ResultSetHeader>(
        `insert into ${database}.contacts (name, email) values (?, ?)`,
        [name, email],
      );
      return id(String(made.insertId));
    },
    async edit(one, { name, email }) {
      await admin.execute(
        `update ${database}.contacts set name = coalesce(?, name), email = coalesce(?, email) where id = ?`,
        [name ?? null, email ?? null, one],
      );
    },
    async remove(one) {
      await admin.execute(`delete from ${database}.contacts where id = ?`, [one]);
    },
    async stored() {
      const [rows] = await admin.query<RowDataPacket[]>(
        `select cast(id as char) as id, name, email from ${database}.contacts order by id`,
      );
      return rows.map((row) => ({ id: String(row.id), name: String(row.name), email: String(row.email) }));
    },
    async failNextWrite(fault) {
      if (fault === "error-before") proxy.cutNextCommit("before");
      else if (fault === "lost-answer") proxy.cutNextCommit("after");
      else if (fault === "refused-login")
        await admin.query(`alter user ${database}@'127.0.0.1' identified by 'another'`);
      else await admin.query(`insert into ${database}.trouble values (1)`);
    },
    async close() {
      await system.close();
      await proxy.close();
      await admin.query(`drop database ${database}; drop user ${database}@'127.0.0.1'`);
    },
  };
}

if (withoutMariadb === null) {
  beforeAll(async () => {
    mariadb = await startMariadb();
    admin = await mariadb.connect();
  });
  afterAll(async () => {
    await admin.end();
    await mariadb.stop();
  });
  closeExpressionsAfterwards();
  connectorContract("SQL on MariaDB", world);
} else {
  describe("the connector contract, SQL on MariaDB", () => {
    test.skip(`skipped: ${withoutMariadb}`, () => undefined);
  });
}
