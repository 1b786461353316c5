// What connectors/woocommerce/variation.js makes of several requests: variations, which the shop keeps below their products. Asked of a
// local server that answers as the shop does.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Instant } from "../../src/core/ids.ts";
import { readConnectors } from "../../src/config/connectors.ts";
import type { System } from "../../src/connector/contract.ts";
import { Secret } from "../../src/connector/secret.ts";
import { closeExpressionsAfterwards, expressions, id, readAll, TODAY } from "../connector/opened.ts";
import { startRemote, type Asked, type Remote } from "../connector/remote.ts";

closeExpressionsAfterwards();

const FILE = fileURLToPath(new URL("../../connectors/woocommerce.yaml", import.meta.url));

let remote: Remote;
let system: System;
beforeAll(async () => {
  remote = await startRemote(shop);
  const [found] = readConnectors([FILE], Date.parse("2026-12-01T00:00:00Z") as Instant, expressions);
  if (found === undefined || found.connector === null) throw new Error("woocommerce.yaml has errors");
  system = await found.connector.open({
    name: "shop",
    settings: { base_url: remote.origin },
    secrets: new Map(["consumer_key", "consumer_secret"].map((name) => [name, new Secret("secret")])),
    limits: {},
    allowPrivate: true,
    observer: { called: () => undefined, waited: () => undefined },
    clock: { now: () => TODAY, sleep: () => Promise.resolve() },
    log: { warn: () => undefined, debug: () => undefined },
    version: "0.0.0",
    random: () => 0,
  });
});
afterAll(async () => {
  await system.close();
  await remote.close();
});

/** A variable product of two variations, and a simple one. */
function shop({ path, query }: Asked): { readonly status?: number; readonly body: unknown } {
  const variations = [1, 2].map((at) => ({ id: 70 + at, sku: `V-${String(at)}`, stock_quantity: at }));
  if (path.endsWith("/products/7/variations")) return { body: query.get("page") === "1" ? variations : [] };
  const one = variations.find((each) => path.endsWith(`/variations/${String(each.id)}`));
  if (one !== undefined) return { body: one };
  if (query.has("sku"))
    return {
      body: [
        { id: 71, type: "variation", parent_id: 7 },
        { id: 9, type: "simple" },
      ],
    };
  if (path.endsWith("/products")) return { body: [{ id: 7, type: "variable" }] };
  if (path.endsWith("/products/71")) return { body: { id: 71, type: "variation", parent_id: 7 } };
  if (path.endsWith("/products/9")) return { body: { id: 9, type: "simple", parent_id: 0 } };
  return { status: 404, body: { code: "woocommerce_rest_product_invalid_id" } };
}

test("variations are listed product by product, and know which they are of", async () => {
  const { records, failure } = await readAll(system.object("variation", []).list());

  expect(failure).toBeNull();
  expect(records.map((each) => [each.id, each.fields["sku"], JSON.stringify(each.fields["parent_id"])])).toEqual([
    ["71", "V-1", "7"],
    ["72", "V-2", "7"],
  ]);
});

test("a variation is read below its product; a product is none", async () => {
  const [found, none] = await system.object("variation", []).get([id("71"), id("9")]);

  expect(found).toMatchObject({ ok: true, value: { id: "71", fields: { sku: "V-1" } } });
  expect(none).toMatchObject({ ok: false, failure: { kind: "gone" } });
});

test("a variation is found by its sku", async () => {
  const found = await system.object("variation", []).find({ sku: "V-1" });

  expect(found).toMatchObject({ ok: true, value: [{ id: "71" }] });
});

test("a variation is deleted below its product, for good", async () => {
  await system.object("variation", []).delete([{ key: "k", id: id("71"), version: null }]);

  const last = remote.asked.at(-1);
  expect(`${last?.method ?? ""} ${last?.url ?? ""}`).toBe("DELETE /wp-json/wc/v3/products/7/variations/71?force=true");
});
