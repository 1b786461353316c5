// Directus, as its makers publish it, and a Postgres of Debian's as the database of a billing system without an API, kept in step by
// config/directus-sql.yaml. People edit contacts by Directus's REST API and customers with SQL. Its activity log tells deletes, so
// they need no sweep; its flow tells changes.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { endAll, type Running } from "../e2e/command.ts";
import { eventually } from "../e2e/eventually.ts";
import { openBillingDatabase, type BillingDatabase } from "./billing-database.ts";
import { openDirectus, type DirectusDesk } from "./directus-desk.ts";
import { openExample, type Example } from "./example.ts";
import { startLossyLink, type LossyLink } from "./lossy-link.ts";
import { hookPort, withSystems } from "./system.ts";

const HOOK_TOKEN = "0123456789abcdef0123456789abcdef";

const INVOICES = `create table invoices (id bigserial primary key, number text not null unique, customer_id bigint not null references customers,
    due_on date, total numeric(12,2) not null, status text not null default 'open', revision int not null default 1,
    updated_at timestamptz not null default now());
  create trigger moved before update on invoices for each row execute function moved();
  grant all on invoices to billing; grant all on sequence invoices_id_seq to billing;`;

withSystems(["directus", "pg"], "a CRM of one's own collections and a billing database", (systems) => {
  let sql: BillingDatabase;
  let crm: DirectusDesk;
  let crmLink: LossyLink;
  let billingLink: LossyLink;
  let example: Example;
  let daemon: Running;

  const contacts = (email: string): ReturnType<DirectusDesk["find"]> => crm.find("contacts", "email", email);
  const invoices = (number: string): ReturnType<DirectusDesk["find"]> => crm.find("invoices", "number", number);
  const addInvoice = (number: string, email: string, total: string): Promise<unknown> =>
    sql.query(
      "insert into invoices (number, customer_id, total) values ($1, (select id from customers where email = $2), $3)",
      [number, email, total],
    );

  beforeAll(async () => {
    sql = await openBillingDatabase(systems.pg["url"] ?? "");
    await sql.query(INVOICES);
    crm = await openDirectus(systems.directus);
    crmLink = await startLossyLink(Number(new URL(systems.directus["url"] ?? "").port));
    billingLink = await startLossyLink(Number(systems.pg["port"]));
    await crm.postEvents(["contacts"], `http://127.0.0.1:${String(hookPort())}/hooks/directus-crm?token=${HOOK_TOKEN}`);
    example = openExample({
      name: "directus-sql",
      hookPort: hookPort(),
      env: {
        DIRECTUS_URL: `http://127.0.0.1:${String(crmLink.port)}`,
        DIRECTUS_TOKEN: systems.directus["token"] ?? "",
        DIRECTUS_HOOK_TOKEN: HOOK_TOKEN,
        BILLING_URL: `postgres://127.0.0.1:${String(billingLink.port)}/billing`,
        BILLING_PASSWORD: "billing",
      },
    });
  });

  afterAll(async () => {
    endAll();
    await sql.close();
    await crmLink.close();
    await billingLink.close();
    example.close();
  });

  test("the first load links who is in both and creates who is in one, and shows what was invoiced", async () => {
    await crm.create("contacts", { first_name: "Ada", last_name: "Lovelace", email: "ada@example.com" });
    await crm.create("contacts", { first_name: "Emmy", last_name: "Noether", email: "emmy@example.com" });
    await sql.query("insert into customers (email, name, revenue) values ('ada@example.com', 'Ada Lovelace', 1234.50)");
    await sql.query("insert into customers (email, name, revenue) values ('grace@example.com', 'Grace Hopper', 10)");
    await addInvoice("R-1", "ada@example.com", "99.90");

    daemon = await example.daemon();

    await eventually(
      "billing has who was in the CRM",
      async () => (await sql.customers("emmy@example.com")).length === 1,
    );
    await eventually("the CRM has who was in billing", async () => (await contacts("grace@example.com")).length === 1);
    await eventually("the CRM has the invoice", async () => (await invoices("R-1")).length === 1);
    const [ada, ...others] = await contacts("ada@example.com");
    expect(others).toEqual([]);
    expect(await invoices("R-1")).toMatchObject([{ contact: ada?.id, total: 99.9, status: "open" }]);
    await eventually("and the revenue", async () => (await contacts("ada@example.com"))[0]?.["revenue"] === 1234.5);
    expect(await sql.customers("ada@example.com")).toHaveLength(1);
  });

  test("edits of one customer in both systems meet in both", async () => {
    const [ada] = await contacts("ada@example.com");
    await crm.update("contacts", ada?.id ?? "", { last_name: "King" });
    await sql.query("update customers set phone = '+442079460099' where email = 'ada@example.com'");

    await eventually(
      "billing has the name",
      async () => (await sql.customers("ada@example.com"))[0]?.["name"] === "Ada King",
    );
    await eventually(
      "the CRM has the number",
      async () => (await contacts("ada@example.com"))[0]?.["phone"] === "+442079460099",
    );
  });

  test("an invoice follows billing, and what is edited of it in the CRM is put back", async () => {
    await sql.query("update invoices set status = 'paid' where number = 'R-1'");
    await eventually("the CRM knows", async () => (await invoices("R-1"))[0]?.["status"] === "paid");
    const [invoice] = await invoices("R-1");

    await crm.update("invoices", String(invoice?.id), { total: 1 });

    await eventually("it is billing's again", async () => (await invoices("R-1"))[0]?.["total"] === 99.9);
  });

  test("a contact whose creation was not answered is there once", async () => {
    const lost = crmLink.loseAnswerTo("POST /items/contacts");
    await sql.query("insert into customers (email, name) values ('lise@example.com', 'Lise Meitner')");
    await lost;

    await eventually("the loss is made good", async () => (await contacts("lise@example.com")).length === 1);
    await sql.query("update customers set name = 'Elise Meitner' where email = 'lise@example.com'");
    await eventually(
      "the two are linked",
      async () => (await contacts("lise@example.com"))[0]?.["first_name"] === "Elise",
    );
    expect(await contacts("lise@example.com")).toHaveLength(1);
    expect(await sql.customers("lise@example.com")).toHaveLength(1);
  });

  test("a row whose insertion was not answered is there once", async () => {
    const lost = billingLink.loseAnswerTo("insert into");
    await crm.create("contacts", { first_name: "Mary", last_name: "Somerville", email: "mary@example.com" });
    await lost;

    await eventually("the loss is made good", async () => (await sql.customers("mary@example.com")).length === 1);
    const [mary] = await contacts("mary@example.com");
    await crm.update("contacts", mary?.id ?? "", { last_name: "Greig" });
    await eventually(
      "the two are linked",
      async () => (await sql.customers("mary@example.com"))[0]?.["name"] === "Mary Greig",
    );
    expect(await sql.customers("mary@example.com")).toHaveLength(1);
  });

  test("a contact that is deleted in the CRM leaves billing, without a sweep", async () => {
    const [mary] = await contacts("mary@example.com");
    await crm.remove("contacts", mary?.id ?? "");

    await eventually("billing has let go", async () => (await sql.customers("mary@example.com")).length === 0);
  });

  test("what was edited and deleted while the daemon lay dead is carried over by the next one", async () => {
    daemon.send("SIGKILL");
    await daemon.ended;
    const [grace] = await contacts("grace@example.com");
    const [emmy] = await contacts("emmy@example.com");
    await crm.update("contacts", grace?.id ?? "", { last_name: "Murray" });
    await crm.remove("contacts", emmy?.id ?? "");
    await sql.query("update customers set phone = '+442079460018' where email = 'lise@example.com'");

    daemon = await example.daemon();

    await eventually(
      "billing has it",
      async () => (await sql.customers("grace@example.com"))[0]?.["name"] === "Grace Murray",
    );
    await eventually(
      "the CRM has it",
      async () => (await contacts("lise@example.com"))[0]?.["phone"] === "+442079460018",
    );
    await eventually("billing has let go", async () => (await sql.customers("emmy@example.com")).length === 0);
  });

  test("an event of the CRM's flow is enough: nobody has to ask for changes", async () => {
    daemon.send("SIGTERM");
    await daemon.ended;
    example.look("1h");
    daemon = await example.daemon();
    await example.run("run", "directus-sql"); // the first look of the daemon is over
    const [grace] = await contacts("grace@example.com");

    await crm.update("contacts", grace?.id ?? "", { last_name: "Brewster" });

    await eventually(
      "billing has it",
      async () => (await sql.customers("grace@example.com"))[0]?.["name"] === "Grace Brewster",
    );
  });

  test("with nothing left to do a sweep writes nothing", async () => {
    await example.sweep();
    const swept = await example.sweep();

    expect(swept.json()).toMatchObject({ outcome: "ok" });
    expect(JSON.stringify(swept.json())).not.toMatch(/"(?:create|update|delete)":[1-9]/);
  });
});
