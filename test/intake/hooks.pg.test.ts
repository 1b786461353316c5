// The webhook inbox under fire, on real sockets and a real Postgres: ten thousand deliveries, many of them twice, in any order,
// while runs empty the inbox and the listener stops in the middle. Its senders do as senders do: they come back.

import { Agent, request } from "node:http";
import { afterAll, describe, expect, test } from "@jest/globals";
import { Secret } from "../../src/connector/secret.ts";
import { webhooksPart } from "../../src/connector/webhook/file.ts";
import { compileWebhooks, signingScheme } from "../../src/connector/webhook/webhooks.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { listenForHooks, type HookListener, type HookPorts } from "../../src/intake/hooks.ts";
import { statement } from "../../src/store/database.ts";
import { scenarios, type Scenario } from "../engine/scenario.ts";
import { quiet } from "../store/server.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const DELIVERIES = 10_000;
const RECORDS = 301;
const SENDERS = 60;

const all = scenarios();
const expressions = createExpressionCompiler();
const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
afterAll(async () => {
  agent.destroy();
  await expressions.close();
});

const part = webhooksPart.parse({ verify: "standard-webhooks", on: { "thing.*": { thing: "changed" } } });

async function listen(s: Scenario, store: HookPorts["store"]): Promise<HookListener> {
  const compiled = compileWebhooks(part, {
    expressions,
    objects: ["thing"],
    declared: ["webhook_secret"],
    usedByAuth: [],
  });
  if (compiled.webhooks === null) throw new Error(JSON.stringify(compiled.problems));
  const pair = s.test.pair.mapping.pair;
  const target = {
    webhooks: compiled.webhooks,
    secrets: new Map([["webhook_secret", new Secret(SECRET)]]),
    listeners: new Map([["thing", [{ pair, entity: "thing", side: "left" as const }]]]),
  };
  const ports = {
    targets: new Map([["crm", target]]),
    store,
    arrived: () => undefined,
    counted: () => undefined,
    log: quiet,
  };
  return listenForHooks({ host: "127.0.0.1", port: 0 }, ports);
}

/** @returns the status; 0 when there was no answer. */
function deliver(port: number, { id, record }: Delivery): Promise<number> {
  const body = Buffer.from(JSON.stringify({ type: "thing.updated", data: { id: record } }));
  const unsigned = { method: "POST", url: `http://127.0.0.1:${String(port)}/hooks/crm`, body, id, now: Date.now() };
  const headers = { "content-type": "application/json", ...signingScheme(part).scheme.sign(unsigned, SECRET) };
  return new Promise((resolve) => {
    const sent = request(unsigned.url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0)).on("error", () => resolve(0));
    });
    sent.on("error", () => resolve(0));
    sent.end(body);
  });
}

interface Delivery {
  readonly id: string;
  readonly record: string;
}

/** Every fourth is sent twice; all in an order that is the same each time and has nothing to do with that of the edits. */
function flood(): readonly Delivery[] {
  const each = Array.from({ length: DELIVERIES }, (_, index) => {
    const number = index % 4 === 3 ? index - 1 : index;
    return { id: `msg_${String(number)}`, record: `r${String(number % RECORDS)}` };
  });
  return each.map((_, index) => each[(index * 7919) % DELIVERIES]).filter((delivery) => delivery !== undefined);
}

async function rows(table: string): Promise<number> {
  const count = statement<{ n: number }>(`test.count-${table}`, `select count(*)::float8 as n from syncline.${table}`);
  return (await all.database().database.rows(count, []))[0]?.n ?? -1;
}

describe("ten thousand deliveries (promise 21)", () => {
  test("end in exactly one record each, as it is now, although the listener stops in the middle", async () => {
    const s = await all.start();
    for (let index = 0; index < RECORDS; index += 1) {
      const id = `r${String(index)}`;
      s.a.put("thing", { id, email: `${id}@example.com`, name: `${id} first` });
    }
    const { ledger } = s.test.runtime;
    let isUp = true;
    // The database is away for a moment, too: what was not stored is not acknowledged.
    let stored = 0;
    const store: HookPorts["store"] = (delivery) => {
      stored += 1;
      if (stored % 500 === 0) return Promise.reject(new Error("the database is away"));
      return ledger.storeDelivery(delivery);
    };
    let listener = await listen(s, store);
    const left = [...flood()].reverse();
    const statuses = new Map<number, number>();
    const edited = new Set<string>();
    const sender = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        if (!edited.has(next.id)) {
          edited.add(next.id);
          s.a.edit("thing", next.record, { name: `${next.record} after ${next.id}` });
        }
        const status = isUp ? await deliver(listener.port, next) : 0;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status !== 202 && status !== 200) {
          left.unshift(next);
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    };
    const runs = async (): Promise<void> => {
      while (left.length > DELIVERIES / 2) await s.test.run("hints");
      isUp = false;
      await listener.close();
      listener = await listen(s, store);
      isUp = true;
    };

    await Promise.all([...Array.from({ length: SENDERS }, sender), runs()]);
    await listener.close();
    while ((await rows("inbox")) > 0) expect((await s.test.run("hints")).outcome).toBe("ok");

    const distinct = new Set(flood().map((delivery) => delivery.id)).size;
    expect(await rows("deliveries")).toBe(distinct);
    expect(statuses.get(202)).toBe(distinct);
    expect(statuses.get(200)).toBe(DELIVERIES - distinct);
    expect(statuses.get(503)).toBeGreaterThan(0);
    expect(s.shown("b")).toEqual(s.shown("a"));
    expect(s.shown("b")).toHaveLength(RECORDS);
    expect(await s.links()).toHaveLength(100); // as many as are listed at once
    expect(await rows("links")).toBe(RECORDS);
    const writes = s.writes();
    await s.swept();
    expect(s.writes()).toBe(writes);
  });
});
