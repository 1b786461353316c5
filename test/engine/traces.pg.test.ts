// A run of the engine and its trace: a span for every request that its report counts.

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { startOtlpReceiver, type OtlpReceiver } from "../daemon/otlp-receiver.ts";
import { startTestDatabase } from "../store/server.ts";
import { openPair } from "./pair.ts";

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

test("a run is one trace, with a span for each of its requests", async () => {
  const database = await startTestDatabase();
  const opened = await openPair({
    databaseUrl: database.url,
    mapping: `
pair: traced
state: active
sides: { a: left-system, b: right-system }
guards: off
entities:
  thing:
    a: { object: thing }
    b: { object: thing }
    match: [[email]]
    fields: { email: { as: email } }
`,
    traces: { url: receiver.url, headers: new Map(), service: "syncline", sampledFraction: 1 },
  });
  opened.left.put("thing", { email: "ada@example.com" });

  const report = await opened.run();
  await opened.close();
  await database.stop();

  const [run, ...others] = receiver.spans.filter(({ name }) => name === "run");
  expect(others).toEqual([]);
  expect(run?.attributes).toMatchObject({
    "syncline.pair": "traced",
    "syncline.run": report.run,
    "syncline.outcome": "ok",
  });
  const requests = receiver.spans.filter(({ name }) => name !== "run");
  const counted = Object.values(report.calls).flatMap((statuses) => Object.values(statuses));
  expect(requests).toHaveLength(counted.reduce((sum, count) => sum + count, 0));
  expect(new Set(requests.map(({ traceId, parentSpanId }) => `${traceId} ${parentSpanId}`))).toEqual(
    new Set([`${run?.traceId ?? ""} ${run?.spanId ?? ""}`]),
  );
  expect(requests.map(({ name }) => name)).toContain("right-system create");
  expect(JSON.stringify(receiver.spans)).not.toContain("ada@");
});
