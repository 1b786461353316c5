// Tryton, and a Postgres of Debian's as the database of a billing system without an API, kept in step by config/erp-billing.yaml:
// what is invoiced there is booked here, and payments go both ways. People work in Tryton by its API and in billing with SQL.
// Tryton's own database is that Postgres too, where its versions are microseconds. Nothing that is booked is deleted, and neither
// system sends events, so neither is shown.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Client } from "pg";
import { endAll, type Running } from "../e2e/command.ts";
import { eventually } from "../e2e/eventually.ts";
import { openExample, type Example } from "./example.ts";
import { startLossyLink, type LossyLink } from "./lossy-link.ts";
import { hookPort, withSystems } from "./system.ts";
import { decimal, openTryton, type TrytonDesk } from "./tryton-desk.ts";

type Row = Readonly<Record<string, unknown>>;

const TABLES = `create table customers (id bigserial primary key, email text unique, name text, street text, postal_code text, city text,
    revision int not null default 1, created_at timestamptz not null default now(), updated_at timestamptz not null default now());
  create table invoices (id bigserial primary key, number text not null unique, customer_id bigint not null references customers,
    issued_on date not null, due_on date, lines jsonb not null, final boolean not null default false, total numeric(12,2), status text,
    due numeric(12,2), booked_as text, revision int not null default 1, updated_at timestamptz not null default now());
  create table payments (id bigserial primary key, reference text not null unique, invoice_id bigint not null references invoices,
    amount numeric(12,2) not null, paid_on date not null, updated_at timestamptz not null default now());
  create function moved() returns trigger language plpgsql as $$ begin
    if new.revision = old.revision then new.revision := old.revision + 1; new.updated_at := clock_timestamp(); end if; return new; end $$;
  create trigger moved before update on customers for each row execute function moved();
  create trigger moved before update on invoices for each row execute function moved();
  create role billing login password 'billing';
  grant all on customers, invoices, payments to billing;
  grant all on customers_id_seq, invoices_id_seq, payments_id_seq to billing;`;

withSystems(["tryton", "pg"], "an ERP and a billing database", (systems) => {
  let sql: Client;
  let erp: TrytonDesk;
  let erpLink: LossyLink;
  let billingLink: LossyLink;
  let example: Example;
  let daemon: Running;

  const rows = async (text: string, ...values: readonly unknown[]): Promise<readonly Row[]> =>
    (await sql.query<Row>(text, [...values])).rows;
  const addCustomer = (email: string, name: string): Promise<readonly Row[]> =>
    rows(
      "insert into customers (email, name, street, postal_code, city) values ($1, $2, '12 St James''s Square', 'SW1Y 4LB', 'London')",
      email,
      name,
    );
  const addInvoice = (
    number: string,
    email: string,
    lines: readonly (readonly [sku: string, quantity: number, price: string])[],
    final: boolean,
  ): Promise<readonly Row[]> =>
    rows(
      `insert into invoices (number, customer_id, issued_on, lines, final)
       values ($1, (select id from customers where email = $2), '2026-03-05', $3, $4)`,
      number,
      email,
      JSON.stringify(lines.map(([sku, quantity, price]) => ({ sku, quantity, price }))),
      final,
    );
  const pay = (reference: string, number: string, amount: string): Promise<readonly Row[]> =>
    rows(
      `insert into payments (reference, invoice_id, amount, paid_on)
       values ($1, (select id from invoices where number = $2), $3, '2026-03-20')`,
      reference,
      number,
      amount,
    );
  const billed = async (number: string): Promise<Row | undefined> =>
    (await rows("select status, due, booked_as, total from invoices where number = $1", number))[0];
  const booked = (number: string): Promise<readonly Row[]> =>
    erp.read(
      "account.invoice",
      [["reference", "=", number]],
      [
        "state",
        "number",
        "party.name",
        "invoice_date",
        "amount_to_pay",
        "total_amount",
        "lines.product.code",
        "lines.quantity",
        "lines.unit_price",
        "lines.account.name",
      ],
    );
  const entries = (reference: string): Promise<readonly Row[]> =>
    erp.read(
      "account.move.line",
      [
        ["move.description", "=", reference],
        ["invoice_payments", "!=", null],
      ],
      ["credit", "date"],
    );
  const parties = (email: string): Promise<readonly Row[]> =>
    erp.read("party.party", [["contact_mechanisms.value", "=", email]], ["name", "addresses.city", "addresses.street"]);

  beforeAll(async () => {
    const pgUrl = systems.pg["url"] ?? "";
    const admin = new Client({ connectionString: pgUrl });
    await admin.connect();
    await admin.query("create database billing");
    await admin.end();
    sql = new Client({ connectionString: pgUrl.replace(/\/postgres$/, "/billing") });
    await sql.connect();
    await sql.query(TABLES);
    erp = await openTryton(systems.tryton);
    const [cash] = await erp.read("account.account", [["name", "=", "Main Cash"]], ["name"]);
    const [journal] = await erp.read("account.journal", [["type", "=", "cash"]], ["name"]);
    await erp.create("account.invoice.payment.method", {
      name: "Bank",
      company: 1,
      journal: journal?.id,
      credit_account: cash?.id,
      debit_account: cash?.id,
    });
    erpLink = await startLossyLink(Number(new URL(systems.tryton["url"] ?? "").port));
    billingLink = await startLossyLink(Number(systems.pg["port"]));
    example = openExample({
      name: "erp-billing",
      hookPort: hookPort(),
      env: {
        TRYTON_URL: `http://127.0.0.1:${String(erpLink.port)}/erp`,
        TRYTON_PASSWORD: systems.tryton["password"] ?? "",
        BILLING_URL: `postgres://127.0.0.1:${String(billingLink.port)}/billing`,
        BILLING_PASSWORD: "billing",
      },
    });
  });

  afterAll(async () => {
    endAll();
    await sql.end();
    await erpLink.close();
    await billingLink.close();
    example.close();
  });

  test("the first load books what is invoiced: final invoices posted, the others as drafts", async () => {
    await erp.create("party.party", {
      name: "Ada Lovelace",
      contact_mechanisms: [["create", [{ type: "email", value: "ada@example.com" }]]],
    });
    await addCustomer("ada@example.com", "Ada Lovelace");
    await addCustomer("grace@example.com", "Grace Hopper");
    await addInvoice("R-1", "ada@example.com", [["SKU-003", 2, "12.50"]], true);
    await addInvoice(
      "R-2",
      "grace@example.com",
      [
        ["SKU-004", 1, "20"],
        ["SKU-005", 3, "1.25"],
      ],
      false,
    );

    daemon = await example.daemon();

    await eventually("the first is posted", async () => (await booked("R-1"))[0]?.["state"] === "posted");
    await eventually("the second is there", async () => (await booked("R-2")).length === 1);
    const [first] = await booked("R-1");
    expect(first).toMatchObject({
      "party.": { name: "Ada Lovelace" },
      invoice_date: { year: 2026, month: 3, day: 5 },
      total_amount: { decimal: "25.00" },
      "lines.": [{ quantity: 2, "product.": { code: "SKU-003" }, "account.": { name: "Main Revenue" } }],
    });
    expect((await booked("R-2"))[0]).toMatchObject({ state: "draft", total_amount: { decimal: "23.75" } });
    expect(await parties("ada@example.com")).toMatchObject([
      { "addresses.": [{ city: "London", street: "12 St James's Square" }] },
    ]);
    await eventually(
      "billing knows its number",
      async () => (await billed("R-1"))?.["booked_as"] === first?.["number"],
    );
    expect(await billed("R-1")).toMatchObject({ status: "posted", due: "25.00", total: "25.00" });
  });

  test("edits of one customer in both systems meet in both", async () => {
    const [ada] = await parties("ada@example.com");
    await erp.call("party.party.write", [ada?.["id"]], { name: "Ada King" });
    await rows("update customers set city = 'Ockham' where email = 'ada@example.com'");

    await eventually(
      "billing has the name",
      async () =>
        (await rows("select name from customers where email = 'ada@example.com'"))[0]?.["name"] === "Ada King",
    );
    await eventually("the ERP has the town", async () =>
      JSON.stringify(await parties("ada@example.com")).includes('"Ockham"'),
    );
  });

  test("an address that is edited in its own window in the ERP reaches billing", async () => {
    const [address] = await erp.read("party.address", [["party.name", "=", "Ada King"]], ["city"]);

    await erp.call("party.address.write", [address?.id], { postal_code: "GU23 6PB" });

    await eventually(
      "billing has it",
      async () =>
        (await rows("select postal_code from customers where email = 'ada@example.com'"))[0]?.["postal_code"] ===
        "GU23 6PB",
    );
  });

  test("a draft follows the edits of its lines, and is posted once it is final", async () => {
    await rows(
      "update invoices set lines = $1 where number = 'R-2'",
      JSON.stringify([{ sku: "SKU-005", quantity: 4, price: "2.00" }]),
    );
    await eventually("the draft says so", async () =>
      JSON.stringify((await booked("R-2"))[0]?.["total_amount"]).includes('"8.00"'),
    );

    await rows("update invoices set final = true where number = 'R-2'");

    await eventually("it is posted", async () => (await billed("R-2"))?.["status"] === "posted");
    expect(await billed("R-2")).toMatchObject({ due: "8.00", total: "8.00" });
  });

  test("an invoice whose creation was not answered is booked once", async () => {
    const lost = erpLink.loseAnswerTo("model.account.invoice.create");
    await addInvoice("R-3", "grace@example.com", [["SKU-001", 1, "30"]], true);
    await lost;

    await eventually("the loss is made good", async () => (await billed("R-3"))?.["status"] === "posted");
    expect(await booked("R-3")).toHaveLength(1);
  });

  test("payments of billing are booked, and the ERP tells what is still due", async () => {
    await pay("P-1", "R-1", "10.00");
    await eventually("a part is paid", async () => (await billed("R-1"))?.["due"] === "15.00");
    expect(await entries("P-1")).toMatchObject([{ credit: { decimal: "10.00" }, date: { month: 3, day: 20 } }]);

    await pay("P-2", "R-1", "15.00");

    await eventually("all of it is paid", async () => (await billed("R-1"))?.["status"] === "paid");
    expect(await billed("R-1")).toMatchObject({ due: "0.00" });
  });

  test("a payment whose booking was not answered is booked once", async () => {
    const lost = erpLink.loseAnswerTo('},"choice",'); // the wizard's step that books it
    await pay("P-3", "R-3", "30.00");
    await lost;

    await eventually("the loss is made good", async () => (await billed("R-3"))?.["status"] === "paid");
    expect(await entries("P-3")).toHaveLength(1);
  });

  test("a payment of more than is due is refused for itself alone", async () => {
    await pay("P-4", "R-2", "800.00");
    await pay("P-5", "R-2", "3.00");

    await eventually("the other one is booked", async () => (await billed("R-2"))?.["due"] === "5.00");
    expect(await entries("P-4")).toHaveLength(0);
  });

  test("a payment that is booked in the ERP is told to billing", async () => {
    const [invoice] = await booked("R-2");
    const wizard = await erp.wizard("account.invoice.pay", { model: "account.invoice", id: Number(invoice?.["id"]) });
    await wizard.step("choice", {
      start: { ...wizard.defaults, amount: decimal("5.00"), description: "BANK-77", payment_method: 1 },
    });

    await eventually(
      "billing has it",
      async () => (await rows("select amount from payments where reference = 'BANK-77'"))[0]?.["amount"] === "5.00",
    );
    await eventually("and what became of the invoice", async () => (await billed("R-2"))?.["status"] === "paid");
  });

  test("what was invoiced and paid while the daemon lay dead is booked by the next one", async () => {
    await addInvoice("R-4", "ada@example.com", [["SKU-006", 1, "16"]], true);
    await eventually("the invoice is booked", async () => (await billed("R-4"))?.["status"] === "posted");
    daemon.send("SIGKILL");
    await daemon.ended;
    await pay("P-6", "R-4", "6.00");
    await addInvoice("R-5", "grace@example.com", [["SKU-007", 2, "17"]], true);

    daemon = await example.daemon();

    await eventually("the payment is booked", async () => (await billed("R-4"))?.["due"] === "10.00");
    await eventually("the invoice is booked", async () => (await billed("R-5"))?.["status"] === "posted");
    expect(await entries("P-6")).toHaveLength(1);
  });

  test("with nothing left to do a sweep writes nothing", async () => {
    await rows("delete from payments where reference = 'P-4'");
    daemon.send("SIGTERM");
    await daemon.ended;
    await example.sweep();
    const swept = await example.sweep();

    expect(swept.json()).toMatchObject({ outcome: "ok" });
    expect(JSON.stringify(swept.json())).not.toMatch(/"(?:create|update|delete)":[1-9]/);
  });
});
