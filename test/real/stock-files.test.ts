// Debian's OpenSSH and MariaDB kept in step by config/stock-files.yaml: the ERP writes its files as the server's own user, the
// warehouse works with SQL. Neither has events, so nothing is shown of webhooks, and only a sweep sees what is gone.

import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createConnection, type Connection } from "mysql2/promise";
import { endAll, type Running } from "../e2e/command.ts";
import { eventually } from "../e2e/eventually.ts";
import { openExample, type Example } from "./example.ts";
import { startLossyLink, type LossyLink } from "./lossy-link.ts";
import { hookPort, withSystems } from "./system.ts";

const TABLE = `create table products (id bigint unsigned auto_increment primary key, sku varchar(64) not null unique,
  name varchar(200), price decimal(12,2), quantity int not null default 0, revision int not null default 1,
  updated_at timestamp(6) not null default current_timestamp(6) on update current_timestamp(6))`;
const HEADER = "sku;name;price;quantity;description";
/** No rule names the description: it has to stay as it is. Its size makes a write of the file long enough to break in the middle. */
const DESCRIPTION = "a part, as drawn in the catalogue; ".repeat(600);
const TOUCH = "revision = revision + 1";

withSystems(["sftp", "mariadb"], "an ERP's files and a warehouse's database", (systems) => {
  let sql: Connection;
  let filesLink: LossyLink;
  let stockLink: LossyLink;
  let example: Example;
  let daemon: Running;

  const { url: filesUrl = "", user: filesUser = "", private_key: key = "", folder = "" } = systems.sftp;
  const drop = join(folder, "in", "products");

  /** As a program of the ERP does it: under another name first, and without the mark that the file is whole. */
  const write = (name: string, rows: readonly string[]): void => {
    const { uid, gid } = statSync(folder);
    const hidden = join(drop, `.${name}`);
    writeFileSync(hidden, [HEADER, ...rows, ""].join("\n"));
    chownSync(hidden, uid, gid);
    renameSync(hidden, join(drop, name));
  };
  const finish = (name: string): void => {
    writeFileSync(join(drop, name.replace(".csv", ".done")), "");
  };
  const row = (sku: string, name: string, price: string, quantity: number): string =>
    `${sku};${name};${price};${String(quantity)};"${DESCRIPTION}"`;
  /** Rows of a file, split at the first four delimiters. */
  const rows = (file: string): readonly (readonly string[])[] =>
    readFileSync(join(drop, file), "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(";"));
  const inFile = (sku: string, file = "products-1.csv"): readonly (readonly string[])[] =>
    rows(file).filter(([first]) => first === sku);
  const products = async (sku: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const [found] = await sql.query("select name, price, quantity from products where sku = ?", [sku]);
    return found as readonly Readonly<Record<string, unknown>>[]; // what a select answers
  };

  beforeAll(async () => {
    const { host = "", port = "", user = "", password = "", database = "" } = systems.mariadb;
    sql = await createConnection({ host, port: Number(port), user, password, database });
    await sql.query("drop table if exists products");
    await sql.query(TABLE);
    const { uid, gid } = statSync(folder);
    for (const path of [join(folder, "in"), drop]) {
      mkdirSync(path);
      chownSync(path, uid, gid);
    }
    const { port: sshPort, pathname } = new URL(filesUrl);
    const print = execFileSync("ssh-keygen", ["-lf", join(folder, "..", "host_key.pub")], { encoding: "utf8" });
    filesLink = await startLossyLink(Number(sshPort));
    stockLink = await startLossyLink(Number(port));
    example = openExample({
      name: "stock-files",
      hookPort: hookPort(),
      env: {
        FILES_URL: `sftp://127.0.0.1:${String(filesLink.port)}${pathname}`,
        FILES_USER: filesUser,
        FILES_HOST_KEY: print.split(" ")[1] ?? "",
        FILES_KEY: key,
        STOCK_URL: `mysql://127.0.0.1:${String(stockLink.port)}/${database}`,
        STOCK_USER: user,
        STOCK_PASSWORD: password,
      },
    });
  });

  afterAll(async () => {
    endAll();
    await sql.end();
    await filesLink.close();
    await stockLink.close();
    example.close();
  });

  test("the first load links what is in both and creates what is in one", async () => {
    write("products-1.csv", [
      row("BOLT-8", "Bolt M8", "0,25", 0),
      row("NUT-8", "Nut M8", "0,10", 0),
      ...Array.from({ length: 12 }, (_, index) => row(`PART-${String(index)}`, "Part", "1,00", 0)),
    ]);
    finish("products-1.csv");
    await sql.query("insert into products (sku, name, price, quantity) values ('BOLT-8', 'Bolt M8', 0.25, 400)");
    await sql.query("insert into products (sku, name, price, quantity) values ('WASHER-8', 'Washer M8', 0.05, 900)");

    daemon = await example.daemon();

    await eventually("the warehouse has the nut", async () => (await products("NUT-8")).length === 1);
    await eventually("the file has the washer", async () => inFile("WASHER-8").length === 1);
    await eventually("the file has the stock", async () => inFile("BOLT-8")[0]?.[3] === "400");
    expect(await products("NUT-8")).toMatchObject([{ name: "Nut M8", price: "0.10" }]);
    expect(inFile("WASHER-8")[0]?.slice(0, 4)).toEqual(["WASHER-8", "Washer M8", "0,05", "900"]);
    expect(await products("BOLT-8")).toHaveLength(1);
    expect(inFile("BOLT-8")).toHaveLength(1);
    expect(readFileSync(join(drop, "products-1.csv"), "utf8").split(DESCRIPTION)).toHaveLength(15);
  });

  test("edits of one product in both meet in both", async () => {
    const text = readFileSync(join(drop, "products-1.csv"), "utf8");
    rmSync(join(drop, "products-1.done"));
    write(
      "products-1.csv",
      text
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.replace(/^BOLT-8;Bolt M8;/, "BOLT-8;Bolt M8 x 40;")),
    );
    finish("products-1.csv");
    await sql.query(`update products set price = 0.30, quantity = 350, ${TOUCH} where sku = 'BOLT-8'`);

    await eventually(
      "the warehouse has the name",
      async () => (await products("BOLT-8"))[0]?.["name"] === "Bolt M8 x 40",
    );
    await eventually("the file has price and stock", async () =>
      /^0,30?;350$/.test(inFile("BOLT-8")[0]?.slice(2, 4).join(";") ?? ""),
    );
    expect(inFile("BOLT-8")[0]?.[1]).toBe("Bolt M8 x 40");
  });

  test("a file whose writing breaks off half way has each product once", async () => {
    const broken = filesLink.breakAfter(120_000);
    await sql.query("insert into products (sku, name, price, quantity) values ('PIN-4', 'Pin', 0.40, 70)");
    await broken;

    await eventually("the loss is made good", async () => inFile("PIN-4").length === 1);
    await sql.query(`update products set quantity = 71, ${TOUCH} where sku = 'PIN-4'`);
    await eventually("the two are linked", async () => inFile("PIN-4")[0]?.[3] === "71");
    expect(rows("products-1.csv")).toHaveLength(16);
    expect(new Set(rows("products-1.csv").map(([sku]) => sku)).size).toBe(16);
    expect(await products("PIN-4")).toHaveLength(1);
  });

  test("a row whose insertion was not answered is there once", async () => {
    const lost = stockLink.loseAnswerTo("insert into `products`");
    const text = readFileSync(join(drop, "products-1.csv"), "utf8");
    rmSync(join(drop, "products-1.done"));
    write("products-1.csv", [...text.trim().split("\n").slice(1), row("CLIP-2", "Clip", "0,15", 0)]);
    finish("products-1.csv");
    await lost;

    await eventually("the loss is made good", async () => (await products("CLIP-2")).length === 1);
    await sql.query(`update products set quantity = 5, ${TOUCH} where sku = 'CLIP-2'`);
    await eventually("the two are linked", async () => inFile("CLIP-2")[0]?.[3] === "5");
    expect(await products("CLIP-2")).toHaveLength(1);
    expect(inFile("CLIP-2")).toHaveLength(1);
  });

  test("what was edited while the daemon lay dead is carried over by the next one", async () => {
    daemon.send("SIGKILL");
    await daemon.ended;
    const text = readFileSync(join(drop, "products-1.csv"), "utf8");
    write(
      "products-1.csv",
      text
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.replace("NUT-8;Nut M8;", "NUT-8;Nut M8 DIN 934;")),
    );
    await sql.query(`update products set quantity = 880, ${TOUCH} where sku = 'WASHER-8'`);

    daemon = await example.daemon();

    await eventually("the warehouse has it", async () => (await products("NUT-8"))[0]?.["name"] === "Nut M8 DIN 934");
    await eventually("the file has it", async () => inFile("WASHER-8")[0]?.[3] === "880");
  });

  test("a file that is only half written deletes nothing; whole, what it leaves out goes with the next sweep", async () => {
    const all = readFileSync(join(drop, "products-1.csv"), "utf8").trim().split("\n").slice(1);
    const half = all.slice(0, all.length / 2);
    write("products-2.csv", half);

    const halted = await example.sweep();

    expect(halted.stdout).toMatch(/products-2\.csv waits for its marker/);
    const [before] = await sql.query("select sku from products");
    expect(before).toHaveLength(all.length);

    rmSync(join(drop, "products-2.csv"));
    write(
      "products-2.csv",
      all.filter((line) => !line.startsWith("PIN-4;")),
    );
    finish("products-2.csv");
    await example.sweep();

    await eventually("the warehouse has let go", async () => (await products("PIN-4")).length === 0);
    const [after] = await sql.query("select sku from products");
    expect(after).toHaveLength(all.length - 1);
  });

  test("with nothing left to do a sweep writes nothing, and leaves no file behind", async () => {
    await example.sweep();
    const swept = await example.sweep();

    expect(swept.json()).toMatchObject({ outcome: "ok" });
    expect(JSON.stringify(swept.json())).not.toMatch(/"(?:create|update|delete)":[1-9]/);
    expect(readdirSync(drop).sort()).toEqual([
      "products-1.csv",
      "products-1.done",
      "products-2.csv",
      "products-2.done",
    ]);
  });
});
