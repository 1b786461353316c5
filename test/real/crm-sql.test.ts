// Strapi, as its makers publish it, and a Postgres of Debian's as the database of a billing system without an API, kept in step by
// config/crm-sql.yaml. People edit contacts by Strapi's REST API and customers with SQL.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { endAll, type Running } from "../e2e/command.ts";
import { eventually } from "../e2e/eventually.ts";
import { openBillingDatabase, type BillingDatabase } from "./billing-database.ts";
import { openExample, type Example } from "./example.ts";
import { startLossyLink, type LossyLink } from "./lossy-link.ts";
import { hookPort, withSystems } from "./system.ts";

interface Contact {
  readonly documentId: string;
  readonly name: string;
  readonly phone: string | null;
  readonly revenue: number | null;
}

withSystems(["strapi", "pg"], "a CRM and a billing database", (systems) => {
  let sql: BillingDatabase;
  let crmLink: LossyLink;
  let billingLink: LossyLink;
  let example: Example;
  let daemon: Running;

  const { url: crmUrl = "", token = "" } = systems.strapi;
  const crm = async (method: string, path: string, fields?: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const response = await fetch(`${crmUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(fields === undefined ? {} : { body: JSON.stringify({ data: fields }) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${String(response.status)} ${text}`);
    return text === "" ? null : (JSON.parse(text) as { readonly data: unknown }).data;
  };
  const contacts = async (email: string): Promise<readonly Contact[]> =>
    (await crm("GET", `/contacts?filters[email][$eqi]=${encodeURIComponent(email)}`)) as readonly Contact[];
  const customers = (email: string): Promise<readonly Readonly<Record<string, unknown>>[]> => sql.customers(email);

  beforeAll(async () => {
    sql = await openBillingDatabase(systems.pg["url"] ?? "");
    crmLink = await startLossyLink(Number(new URL(crmUrl).port));
    billingLink = await startLossyLink(Number(systems.pg["port"]));
    example = openExample({
      name: "crm-sql",
      hookPort: hookPort(),
      env: {
        STRAPI_URL: `http://127.0.0.1:${String(crmLink.port)}/api`,
        STRAPI_TOKEN: token,
        STRAPI_HOOK_TOKEN: "0123456789abcdef0123456789abcdef",
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

  test("the first load links who is in both and creates who is in one", async () => {
    await crm("POST", "/contacts", { name: "Ada Lovelace", email: "ada@example.com" });
    await crm("POST", "/contacts", { name: "Emmy Noether", email: "emmy@example.com", phone: "020 7946 0018" });
    await sql.query("insert into customers (email, name, revenue) values ('ada@example.com', 'Ada Lovelace', 1234.50)");
    await sql.query("insert into customers (email, name, revenue) values ('grace@example.com', 'Grace Hopper', 10)");

    daemon = await example.daemon();

    await eventually("billing has who was in the CRM", async () => (await customers("emmy@example.com")).length === 1);
    await eventually("the CRM has who was in billing", async () => (await contacts("grace@example.com")).length === 1);
    await eventually(
      "the CRM knows the revenue",
      async () => (await contacts("ada@example.com"))[0]?.revenue === 1234.5,
    );
    expect(await contacts("ada@example.com")).toHaveLength(1);
    expect(await customers("ada@example.com")).toHaveLength(1);
    expect(await customers("emmy@example.com")).toMatchObject([{ name: "Emmy Noether", phone: "+442079460018" }]);
  });

  test("edits of one customer in both systems meet in both", async () => {
    const [ada] = await contacts("ada@example.com");
    await crm("PUT", `/contacts/${ada?.documentId ?? ""}`, { name: "Ada King" });
    await sql.query("update customers set phone = '+442079460099' where email = 'ada@example.com'");

    await eventually(
      "billing has the name",
      async () => (await customers("ada@example.com"))[0]?.["name"] === "Ada King",
    );
    await eventually(
      "the CRM has the number",
      async () => (await contacts("ada@example.com"))[0]?.phone === "+442079460099",
    );
  });

  test("revenue that is edited in the CRM is put back", async () => {
    const [ada] = await contacts("ada@example.com");
    await crm("PUT", `/contacts/${ada?.documentId ?? ""}`, { revenue: 1 });

    await eventually("it is billing's again", async () => (await contacts("ada@example.com"))[0]?.revenue === 1234.5);
  });

  test("a contact whose creation was not answered is there once", async () => {
    const lost = crmLink.loseAnswerTo("POST /api/contacts");
    await sql.query("insert into customers (email, name) values ('lise@example.com', 'Lise Meitner')");
    await lost;

    await eventually("the loss is made good", async () => (await contacts("lise@example.com")).length === 1);
    await sql.query("update customers set name = 'Elise Meitner' where email = 'lise@example.com'");
    await eventually(
      "the two are linked",
      async () => (await contacts("lise@example.com"))[0]?.name === "Elise Meitner",
    );
    expect(await contacts("lise@example.com")).toHaveLength(1);
    expect(await customers("lise@example.com")).toHaveLength(1);
  });

  test("a row whose insertion was not answered is there once", async () => {
    const lost = billingLink.loseAnswerTo("insert into");
    await crm("POST", "/contacts", { name: "Mary Somerville", email: "mary@example.com" });
    await lost;

    await eventually("the loss is made good", async () => (await customers("mary@example.com")).length === 1);
    const [mary] = await contacts("mary@example.com");
    await crm("PUT", `/contacts/${mary?.documentId ?? ""}`, { name: "Mary Greig" });
    await eventually(
      "the two are linked",
      async () => (await customers("mary@example.com"))[0]?.["name"] === "Mary Greig",
    );
    expect(await customers("mary@example.com")).toHaveLength(1);
  });

  test("what was edited while the daemon lay dead is carried over by the next one", async () => {
    daemon.send("SIGKILL");
    await daemon.ended;
    const [grace] = await contacts("grace@example.com");
    await crm("PUT", `/contacts/${grace?.documentId ?? ""}`, { name: "Grace Murray" });
    await sql.query("update customers set name = 'Amalie Noether' where email = 'emmy@example.com'");

    daemon = await example.daemon();

    await eventually(
      "billing has it",
      async () => (await customers("grace@example.com"))[0]?.["name"] === "Grace Murray",
    );
    await eventually("the CRM has it", async () => (await contacts("emmy@example.com"))[0]?.name === "Amalie Noether");
  });

  test("an event of the CRM is enough: nobody has to ask for changes", async () => {
    daemon.send("SIGTERM");
    await daemon.ended;
    example.look("1h");
    daemon = await example.daemon();
    await example.run("run", "crm-sql"); // the first look of the daemon is over
    const [grace] = await contacts("grace@example.com");

    await crm("PUT", `/contacts/${grace?.documentId ?? ""}`, { name: "Grace Brewster" });

    await eventually(
      "billing has it",
      async () => (await customers("grace@example.com"))[0]?.["name"] === "Grace Brewster",
    );
  });

  test("a customer that billing deletes leaves the CRM, once a sweep has proven that it is gone", async () => {
    await sql.query("delete from customers where email = 'mary@example.com'");

    await example.sweep();

    await eventually("the CRM has let go", async () => (await contacts("mary@example.com")).length === 0);
  });

  test("with nothing left to do a sweep writes nothing", async () => {
    await example.sweep();
    const swept = await example.sweep();

    expect(swept.json()).toMatchObject({ outcome: "ok" });
    expect(JSON.stringify(swept.json())).not.toMatch(/"(?:create|update|delete)":[1-9]/);
  });
});
