// Radicale, of Debian's package, and a billing database kept in step by config/address-book.yaml. People edit vCards by CardDAV and
// customers with SQL. Here versions are real ETags, and deletions are told by the feed of changes.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { endAll, type Running } from "../e2e/command.ts";
import { eventually } from "../e2e/eventually.ts";
import { openBillingDatabase, type BillingDatabase } from "./billing-database.ts";
import { openExample, type Example } from "./example.ts";
import { startLossyLink, type LossyLink } from "./lossy-link.ts";
import { hookPort, withSystems } from "./system.ts";

withSystems(["radicale", "pg"], "an address book and a billing database", (systems) => {
  let sql: BillingDatabase;
  let bookLink: LossyLink;
  let example: Example;
  let daemon: Running;

  const { url: bookUrl = "", user = "", password = "" } = systems.radicale;
  const dav = async (method: string, path: string, body?: string): Promise<string> => {
    const response = await fetch(`${bookUrl}${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
        ...(method === "PUT" ? { "content-type": "text/vcard" } : { depth: "1" }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${String(response.status)} ${text}`);
    return text;
  };
  const put = (name: string, ...lines: readonly string[]): Promise<string> =>
    dav("PUT", `${name}.vcf`, ["BEGIN:VCARD", "VERSION:3.0", `UID:${name}`, ...lines, "END:VCARD", ""].join("\r\n"));
  /** Texts of the cards that hold this. */
  const cards = async (text: string): Promise<readonly string[]> => {
    const hrefs = [...(await dav("PROPFIND", "")).matchAll(/<href>[^<]*\/([^</]+\.vcf)<\/href>/g)].map(
      ([, name = ""]) => name,
    );
    const all = await Promise.all(hrefs.map((name) => dav("GET", name)));
    return all.filter((card) => card.includes(text));
  };

  beforeAll(async () => {
    sql = await openBillingDatabase(systems.pg["url"] ?? "");
    bookLink = await startLossyLink(Number(new URL(bookUrl).port));
    example = openExample({
      name: "address-book",
      hookPort: hookPort(),
      env: {
        BOOK_URL: `http://127.0.0.1:${String(bookLink.port)}${new URL(bookUrl).pathname.replace(/\/$/, "")}`,
        BOOK_PASSWORD: password,
        BILLING_URL: `postgres://127.0.0.1:${systems.pg["port"] ?? ""}/billing`,
        BILLING_PASSWORD: "billing",
      },
    });
  });

  afterAll(async () => {
    endAll();
    await sql.close();
    await bookLink.close();
    example.close();
  });

  test("the first load links who is in both and creates who is in one", async () => {
    await put("ada", "FN:Ada Lovelace", "N:Lovelace;Ada;;;", "EMAIL;TYPE=WORK:ada@example.com", "NOTE:met in Turin");
    await put("emmy", "FN:Emmy Noether", "N:Noether;Emmy;;;", "EMAIL:emmy@example.com", "TEL:020 7946 0018");
    await sql.query("insert into customers (email, name) values ('ada@example.com', 'Ada Lovelace')");
    await sql.query(
      "insert into customers (email, name, phone) values ('grace@example.com', 'Grace Hopper', '+442079460077')",
    );

    daemon = await example.daemon();

    await eventually(
      "billing has who was in the book",
      async () => (await sql.customers("emmy@example.com")).length === 1,
    );
    await eventually("the book has who was in billing", async () => (await cards("grace@example.com")).length === 1);
    expect((await cards("grace@example.com"))[0]).toMatch(/FN:Grace Hopper[\s\S]*TEL:\+442079460077/);
    expect(await sql.customers("ada@example.com")).toHaveLength(1);
    expect(await cards("ada@example.com")).toHaveLength(1);
  });

  test("edits of one person in both meet in both, and what no rule names stays in the card", async () => {
    await put("ada", "FN:Ada King", "N:King;Ada;;;", "EMAIL;TYPE=WORK:ada@example.com", "NOTE:met in Turin");
    await sql.query("update customers set phone = '+442079460099' where email = 'ada@example.com'");

    await eventually(
      "billing has the name",
      async () => (await sql.customers("ada@example.com"))[0]?.["name"] === "Ada King",
    );
    await eventually("the card has the number", async () => (await cards("+442079460099")).length === 1);
    expect((await cards("ada@example.com"))[0]).toMatch(/FN:Ada King/);
    expect((await cards("ada@example.com"))[0]).toMatch(/EMAIL;TYPE=WORK:ada@example\.com/);
    expect((await cards("ada@example.com"))[0]).toMatch(/NOTE:met in Turin/);
  });

  test("a card whose creation was not answered is there once", async () => {
    const lost = bookLink.loseAnswerTo("PUT /sync/contacts/");
    await sql.query("insert into customers (email, name) values ('lise@example.com', 'Lise Meitner')");
    await lost;

    await eventually("the loss is made good", async () => (await cards("lise@example.com")).length === 1);
    await sql.query("update customers set name = 'Elise Meitner' where email = 'lise@example.com'");
    await eventually("the two are linked", async () => (await cards("FN:Elise Meitner")).length === 1);
    expect(await cards("lise@example.com")).toHaveLength(1);
  });

  test("what was edited while the daemon lay dead is carried over by the next one", async () => {
    daemon.send("SIGKILL");
    await daemon.ended;
    await put("emmy", "FN:Amalie Noether", "N:Noether;Amalie;;;", "EMAIL:emmy@example.com", "TEL:020 7946 0018");
    await sql.query("update customers set name = 'Grace Murray' where email = 'grace@example.com'");

    daemon = await example.daemon();

    await eventually(
      "billing has it",
      async () => (await sql.customers("emmy@example.com"))[0]?.["name"] === "Amalie Noether",
    );
    await eventually("the book has it", async () => (await cards("FN:Grace Murray")).length === 1);
  });

  test("a customer that billing deletes leaves the book, once a sweep has proven that it is gone", async () => {
    await sql.query("delete from customers where email = 'lise@example.com'");

    await example.sweep();

    await eventually("the book has let go", async () => (await cards("lise@example.com")).length === 0);
  });

  test("with nothing left to do a sweep writes nothing", async () => {
    await example.sweep();
    const swept = await example.sweep();

    expect(swept.json()).toMatchObject({ outcome: "ok" });
    expect(JSON.stringify(swept.json())).not.toMatch(/"(?:create|update|delete)":[1-9]/);
  });
});
