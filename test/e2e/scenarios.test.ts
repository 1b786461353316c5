// The mappings of mappings/scenarios: their own tests, and the one that lives by webhooks as a daemon between two servers.

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { endAll, run, start, type Running } from "./command.ts";
import { eventually } from "./eventually.ts";
import { startShop, startWarehouse, type Shop, type Warehouse } from "./scenario-systems.ts";

jest.setTimeout(240_000);

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SECRET = "a secret of the shop's webhooks";

test("every scenario has tests, and they pass without any system or secret", async () => {
  const finished = await run(["--config", "config/scenarios.yaml", "test", "--json"], { folder: ROOT });

  const pairs = readdirSync(join(ROOT, "mappings/scenarios")).map((name) => name.replace(".yaml", ""));
  const text = JSON.stringify(finished.json());
  for (const pair of pairs) expect(text).toContain(`"${pair}"`);
  expect(finished.code).toBe(0);
});

describe("an order goes to the warehouse by webhook", () => {
  let database: TestDatabase;
  let shop: Shop;
  let warehouse: Warehouse;
  let folder: string;

  beforeEach(async () => {
    database = await startTestDatabase();
    shop = await startShop(SECRET);
    warehouse = await startWarehouse();
    folder = mkdtempSync(join(tmpdir(), "syncline-scenario-"));
    for (const name of ["config", "mappings", "connectors"]) mkdirSync(join(folder, name));
    cpSync(join(ROOT, "connectors/woocommerce.yaml"), join(folder, "connectors/woocommerce.yaml"));
    cpSync(join(ROOT, "connectors/woocommerce"), join(folder, "connectors/woocommerce"), { recursive: true });
    cpSync(join(ROOT, "connectors/scenarios/warehouse.yaml"), join(folder, "connectors/warehouse.yaml"));
    const mapping = readFileSync(join(ROOT, "mappings/scenarios/order-warehouse.yaml"), "utf8");
    // As a person who uses it would: active. Changes are looked for once a day, so that what arrives came by webhook.
    const active = mapping.replace("state: proposed", "state: active").replace("every 2m", "every 24h");
    writeFileSync(join(folder, "mappings/order-warehouse.yaml"), active.replace("../../schema", "../schema"));
    writeFileSync(join(folder, "config/syncline.yaml"), CONFIG);
  });
  afterEach(async () => {
    endAll();
    await shop.close();
    await warehouse.close();
    await database.stop();
    rmSync(folder, { recursive: true });
  });

  const daemon = async (): Promise<{ readonly process: Running; readonly hooks: string }> => {
    const env = { DATABASE_URL: database.url, SHOP_URL: shop.url, WAREHOUSE_URL: warehouse.url, SECRET };
    const running = start(["start"], { folder, env });
    await running.says('"message":"started"');
    const port = /"hooks":(\d+)/.exec(running.stdout() + running.stderr())?.[1] ?? "";
    return { process: running, hooks: `http://127.0.0.1:${port}/hooks/shop` };
  };
  const references = (): readonly unknown[] =>
    warehouse.orders.map((order) => order["reference"]).toSorted((a, b) => Number(a) - Number(b));

  test("once, whatever is lost on the way; while the warehouse is down orders wait, and a stop in between loses none", async () => {
    const first = await daemon();
    warehouse.losesAnswer = true;
    expect(await shop.order(900, first.hooks)).toBe(202);
    await eventually("the order is in the warehouse", () => warehouse.orders.length === 1);

    warehouse.down = true;
    for (const number of [901, 902]) expect(await shop.order(number, first.hooks)).toBe(202);
    first.process.send("SIGKILL");
    await first.process.ended;
    const second = await daemon();
    expect(await shop.order(903, second.hooks)).toBe(202);
    warehouse.down = false;
    await eventually("all orders are in the warehouse", () => warehouse.orders.length >= 4);
    second.process.send("SIGTERM");
    await second.process.ended;

    expect(references()).toEqual(["900", "901", "902", "903"]);
    expect(warehouse.orders[0]).toMatchObject({ recipient: "Ada Lovelace", lines: [{ sku: "00123", quantity: 2 }] });
  });
});

const CONFIG = `# yaml-language-server: $schema=../schema/config.json
database: { url: "\${DATABASE_URL}" }
data_dir: ../state
mappings: ../mappings
connectors: ../connectors
admin: { listen: 127.0.0.1:0 }
hooks: { listen: 127.0.0.1:0 }
systems:
  shop:
    connector: woocommerce
    settings: { base_url: "\${SHOP_URL}" }
    secrets: { consumer_key: { env: SECRET }, consumer_secret: { env: SECRET }, webhook_secret: { env: SECRET } }
    allow_private: true
  warehouse:
    connector: warehouse
    settings: { base_url: "\${WAREHOUSE_URL}" }
    secrets: { token: { env: SECRET } }
    allow_private: true
`;
