// What waits for people is posted to where they look: a real listener, a ledger of the test's own.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { createHttpClient } from "../../src/connector/http.ts";
import { Secret } from "../../src/connector/secret.ts";
import type { CaseKind } from "../../src/core/decision.ts";
import type { Instant } from "../../src/core/ids.ts";
import { startNotices, type Notice, type Notices } from "../../src/daemon/notices.ts";
import type { CaseRow, PairFigures } from "../../src/engine/ledger.ts";
import { quiet } from "../store/server.ts";
import { report } from "../admin/world.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

interface Waiting {
  cases: CaseRow[];
  paused: string | null;
  quarantined: number;
}

function caseOf(id: string, kind: CaseKind): CaseRow {
  const nobody = { left: null, right: null, field: null, values: {}, answer: null };
  return { id, pair: "crm-billing", entity: "customer", kind, since: 0 as Instant, ...nobody };
}

async function listener(
  answers: readonly number[] = [],
): Promise<{ readonly url: string; readonly bodies: unknown[] }> {
  const bodies: unknown[] = [];
  let asked = 0;
  const server: Server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      response.statusCode = answers[asked] ?? 200;
      asked += 1;
      if (response.statusCode === 200) bodies.push(JSON.parse(text));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({ close: () => new Promise((resolve) => server.close(resolve)) });
  const { port } = server.address() as AddressInfo; // listening on a port
  return { url: `http://127.0.0.1:${String(port)}/hook?secret=abc`, bodies };
}

async function started(notices: readonly Notice[], waiting: Waiting, warned: string[] = []): Promise<Notices> {
  const limits = { connectTimeoutMs: 2000, responseTimeoutMs: 2000, responseBytesMax: 4096, connections: 1 };
  const figures: Omit<PairFigures, "state" | "quarantined"> = {
    links: { live: 0, frozen: 0, tombstones: 0 },
    cases: {},
    parked: 0,
    backlog: 0,
    oldestHint: null,
    openIntents: 0,
    lastRun: null,
    lastSweep: null,
    approvalsPending: 0,
  };
  const ledger = {
    figures: () =>
      Promise.resolve({
        ...figures,
        state: { acceptedMeaning: null, paused: waiting.paused },
        quarantined: waiting.quarantined,
      }),
    cases: () => Promise.resolve(waiting.cases),
  };
  const told = startNotices({
    notices,
    ledger,
    http: createHttpClient({ allowPrivate: true, ...limits }),
    log: { ...quiet, warn: (message, facts) => void warned.push(`${message} ${JSON.stringify(facts)}`) },
    sleep: () => Promise.resolve(),
  });
  open.push(told);
  await told.begin(["crm-billing"]);
  return told;
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("what is new after a run is told once, in words that say what to type", async () => {
  const slack = await listener();
  const waiting: Waiting = { cases: [caseOf("1", "conflict")], paused: null, quarantined: 0 };
  const notices = await started(
    [{ on: ["case", "guard", "quarantine"], form: "slack", url: new Secret(slack.url) }],
    waiting,
  );

  waiting.cases.push(caseOf("2", "conflict"), caseOf("3", "gone-edited"), caseOf("4", "guard"));
  waiting.quarantined = 2;
  await notices.ran(report());
  await notices.ran(report());
  await until(() => slack.bodies.length > 0);
  await notices.close();

  expect(slack.bodies).toEqual([
    {
      text: [
        "crm-billing: a guard withheld changes. Look with: syncline plan crm-billing --sweep",
        "crm-billing: 1 conflict, 1 gone-edited wait for a person: syncline cases crm-billing",
        "crm-billing: 2 records fail: syncline quarantine crm-billing",
      ].join("\n"),
    },
  ]);
});

test("each place hears only what it asked for", async () => {
  const webhook = await listener();
  const waiting: Waiting = { cases: [], paused: null, quarantined: 0 };
  const notices = await started(
    [{ on: ["pair-paused", "failed"], form: "webhook", url: new Secret(webhook.url) }],
    waiting,
  );

  waiting.cases.push(caseOf("2", "conflict"));
  waiting.paused = "stop";
  await notices.ran(report({ outcome: "failed", reason: "auth", message: "401" }));
  await until(() => webhook.bodies.length > 0);

  expect(webhook.bodies).toEqual([
    {
      pair: "crm-billing",
      run: "r_01",
      on: ["pair-paused", "failed"],
      text: [
        "crm-billing is paused (stop). Go on with: syncline resume crm-billing",
        "crm-billing: the run failed (auth). 401 See: syncline status crm-billing",
      ].join("\n"),
    },
  ]);
});

test("a place that is away is tried again, and given up with a line in the log that holds no address", async () => {
  const back = await listener([503, 503]);
  const gone = await listener([500, 500, 500, 500, 500]);
  const warned: string[] = [];
  const waiting: Waiting = { cases: [], paused: null, quarantined: 0 };
  const places = [back, gone].map(({ url }): Notice => ({ on: ["quarantine"], form: "slack", url: new Secret(url) }));
  const notices = await started(places, waiting, warned);

  waiting.quarantined = 1;
  await notices.ran(report());
  await until(() => back.bodies.length > 0 && warned.length > 0);

  expect(back.bodies).toHaveLength(1);
  expect(warned.join("\n")).toContain("a notice was not taken");
  expect(warned.join("\n")).not.toContain("secret=abc");
});
