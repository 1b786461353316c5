// Znuny, of Debian's package, and a Postgres as the database of a field service kept in step by config/helpdesk.yaml: SOAP on one side,
// SQL on the other. Agents work by Znuny's REST interface, the field service with SQL. Its API deletes nothing and it sends no
// events here, so neither is shown.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Client } from "pg";
import { endAll, type Running } from "../e2e/command.ts";
import { eventually } from "../e2e/eventually.ts";
import { openExample, type Example } from "./example.ts";
import { startLossyLink, type LossyLink } from "./lossy-link.ts";
import { hookPort, withSystems } from "./system.ts";
import { openZnuny, type ZnunyDesk } from "./znuny-desk.ts";

const TABLE = `create table work_orders (id bigserial primary key, subject text not null unique, state text not null default 'new',
    priority text not null default '3 normal', customer text, updated_at timestamptz not null default now());
  create function moved() returns trigger language plpgsql as $$ begin new.updated_at := clock_timestamp(); return new; end $$;
  create trigger moved before update on work_orders for each row execute function moved();
  create role service login password 'service';
  grant all on work_orders to service; grant all on sequence work_orders_id_seq to service;`;

withSystems(["znuny", "pg"], "a helpdesk and a field service's database", (systems) => {
  let sql: Client;
  let desk: ZnunyDesk;
  let deskLink: LossyLink;
  let example: Example;
  let daemon: Running;

  const orders = async (subject: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const found = await sql.query<Record<string, unknown>>(
      "select state, priority, customer from work_orders where subject = $1",
      [subject],
    );
    return found.rows;
  };

  beforeAll(async () => {
    const pgUrl = systems.pg["url"] ?? "";
    const admin = new Client({ connectionString: pgUrl });
    await admin.connect();
    await admin.query("create database service");
    await admin.end();
    sql = new Client({ connectionString: pgUrl.replace(/\/postgres$/, "/service") });
    await sql.connect();
    await sql.query(TABLE);
    desk = openZnuny(systems.znuny);
    const { soap_url: soapUrl = "", user = "", password = "" } = systems.znuny;
    deskLink = await startLossyLink(Number(new URL(soapUrl).port));
    example = openExample({
      name: "helpdesk",
      hookPort: hookPort(),
      env: {
        ZNUNY_URL: `http://127.0.0.1:${String(deskLink.port)}${new URL(soapUrl).pathname}`,
        ZNUNY_USER: user,
        ZNUNY_PASSWORD: password,
        SERVICE_URL: `postgres://127.0.0.1:${systems.pg["port"] ?? ""}/service`,
        SERVICE_PASSWORD: "service",
      },
    });
  });

  afterAll(async () => {
    endAll();
    await sql.end();
    await deskLink.close();
    example.close();
  });

  test("the first load links what is in both and creates what is in one", async () => {
    await desk.open({ Title: "W-1 replace the pump" });
    await desk.open({ Title: "W-2 smell of gas", Priority: "5 very high" });
    await sql.query("insert into work_orders (subject, customer) values ('W-1 replace the pump', 'c1')");
    await sql.query("insert into work_orders (subject, customer, state) values ('W-3 yearly check', 'c1', 'open')");

    daemon = await example.daemon();

    await eventually("the service has the desk's", async () => (await orders("W-2 smell of gas")).length === 1);
    await eventually("the desk has the service's", async () => (await desk.tickets("W-3 yearly check")).length === 1);
    expect(await orders("W-2 smell of gas")).toEqual([{ state: "new", priority: "5 very high", customer: "c1" }]);
    expect(await desk.tickets("W-3 yearly check")).toMatchObject([{ State: "open", CustomerUserID: "c1" }]);
    expect(await orders("W-1 replace the pump")).toHaveLength(1);
    expect(await desk.tickets("W-1 replace the pump")).toHaveLength(1);
  });

  test("edits of one ticket in both systems meet in both", async () => {
    const [ticket] = await desk.tickets("W-1 replace the pump");
    await desk.edit(ticket, { Priority: "4 high" });
    await sql.query("update work_orders set state = 'open' where subject = 'W-1 replace the pump'");

    await eventually(
      "the service has the priority",
      async () => (await orders("W-1 replace the pump"))[0]?.["priority"] === "4 high",
    );
    await eventually("the desk has the state", async () => {
      const [read] = await desk.tickets("W-1 replace the pump");
      return read?.State === "open" && read.Priority === "4 high";
    });
  });

  test("a ticket whose creation was not answered is there once", async () => {
    const lost = deskLink.loseAnswerTo("TicketCreate>");
    await sql.query("insert into work_orders (subject, customer) values ('W-4 <leak> & \"drip\"', 'c1')");
    await lost;

    await eventually("the loss is made good", async () => (await desk.tickets('W-4 <leak> & "drip"')).length === 1);
    await sql.query("update work_orders set priority = '1 very low' where subject = 'W-4 <leak> & \"drip\"'");
    await eventually(
      "the two are linked",
      async () => (await desk.tickets('W-4 <leak> & "drip"'))[0]?.Priority === "1 very low",
    );
    expect(await desk.tickets('W-4 <leak> & "drip"')).toHaveLength(1);
    expect(await orders('W-4 <leak> & "drip"')).toHaveLength(1);
  });

  test("what was edited while the daemon lay dead is carried over by the next one", async () => {
    daemon.send("SIGKILL");
    await daemon.ended;
    await desk.edit((await desk.tickets("W-2 smell of gas"))[0], { State: "closed successful" });
    await sql.query("update work_orders set priority = '2 low' where subject = 'W-3 yearly check'");

    daemon = await example.daemon();

    await eventually(
      "the service has it",
      async () => (await orders("W-2 smell of gas"))[0]?.["state"] === "closed successful",
    );
    await eventually("the desk has it", async () => (await desk.tickets("W-3 yearly check"))[0]?.Priority === "2 low");
  });

  test("a state that the helpdesk does not know is refused, and the other tickets go on", async () => {
    await sql.query("update work_orders set state = 'on the way' where subject = 'W-1 replace the pump'");
    await sql.query("update work_orders set priority = '3 normal' where subject = 'W-2 smell of gas'");

    await eventually(
      "the desk has the other",
      async () => (await desk.tickets("W-2 smell of gas"))[0]?.Priority === "3 normal",
    );
    await eventually("the refusal is told", async () =>
      /parameter is invalid/.test((await example.run("quarantine", "--json")).stdout),
    );
    await sql.query("update work_orders set state = 'closed successful' where subject = 'W-1 replace the pump'");
    await eventually(
      "corrected, it goes through",
      async () => (await desk.tickets("W-1 replace the pump"))[0]?.State === "closed successful",
    );
  });

  test("with nothing left to do a sweep writes nothing", async () => {
    await example.sweep();
    const swept = await example.sweep();

    expect(swept.json()).toMatchObject({ outcome: "ok" });
    expect(JSON.stringify(swept.json())).not.toMatch(/"(?:create|update|delete)":[1-9]/);
  });
});
