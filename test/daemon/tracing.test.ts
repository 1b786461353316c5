// Traces sent to a real receiver: what belongs to which run, what a receiver in trouble costs, and that nothing is loaded when there
// are none.

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";

import type { TracesConfig } from "../../src/config/settings.ts";
import { Secret } from "../../src/connector/secret.ts";
import { openTracing } from "../../src/daemon/open-tracing.ts";
import type { Log } from "../../src/engine/ports/world.ts";
import { startOtlpReceiver, type OtlpReceiver } from "./otlp-receiver.ts";

let receiver: OtlpReceiver;
let warned: string[];
beforeEach(async () => {
  receiver = await startOtlpReceiver();
  warned = [];
});
afterEach(() => receiver.close());

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message) => void warned.push(message),
  error: () => undefined,
};

const config = (more: Partial<TracesConfig> = {}): TracesConfig => ({
  url: receiver.url,
  headers: new Map([["authorization", new Secret("Bearer right-horse")]]),
  service: "syncline-eu",
  sampledFraction: 1,
  ...more,
});

const call = (operation: string, status = "200") => ({ system: "crm", operation, status, seconds: 0.25 });
const run = (pair: string) => ({ pair, run: `run-${pair}`, kind: "sweep", dryRun: false });
const fine = () => ({ outcome: "ok", reason: null });

describe("a trace", () => {
  test("holds the requests of its run, also when runs overlap, with what they took and how they ended", async () => {
    const tracing = await openTracing(config(), "1.2.3", log);
    let goOn = (): void => undefined;
    const other = new Promise<void>((done) => (goOn = done));

    await Promise.all([
      tracing.during(
        run("one"),
        async () => {
          await other;
          tracing.called(call("list"));
          tracing.waited({ system: "crm", reason: "limit:burst", ms: 5 });
        },
        fine,
      ),
      tracing.during(
        run("two"),
        async () => {
          tracing.called(call("update", "500"));
          await Promise.resolve();
          goOn();
        },
        () => ({ outcome: "failed", reason: "auth" }),
      ),
    ]);
    tracing.called(call("probe"));
    await tracing.close();

    const named = (name: string) => receiver.spans.filter((span) => span.name === name);
    const runs = new Map(named("run").map((span) => [span.attributes["syncline.pair"], span]));
    const [list, update, probe] = ["crm list", "crm update", "crm probe"].map((name) => named(name)[0]);
    expect(receiver.spans).toHaveLength(5);
    expect([list?.parentSpanId, update?.parentSpanId, probe?.parentSpanId]).toEqual([
      runs.get("one")?.spanId,
      runs.get("two")?.spanId,
      "",
    ]);
    expect(list?.traceId).toBe(runs.get("one")?.traceId);
    expect(update?.traceId).not.toBe(list?.traceId);
    expect([list?.seconds, list?.status, update?.status]).toEqual([0.25, 0, 2]);
    expect(runs.get("one")).toMatchObject({
      status: 0,
      events: ["waited"],
      attributes: { "syncline.run": "run-one", "syncline.kind": "sweep", "syncline.outcome": "ok" },
    });
    expect(runs.get("two")).toMatchObject({ status: 2, attributes: { "syncline.reason": "auth" } });
    expect(receiver.last.service).toMatchObject({ "service.name": "syncline-eu", "service.version": "1.2.3" });
    expect(receiver.last.headers["authorization"]).toBe("Bearer right-horse");
  });

  test("of a run that breaks off is an error, and the fault goes on its way", async () => {
    const tracing = await openTracing(config(), "1", log);

    const broken = tracing.during(run("one"), () => Promise.reject(new Error("cannot happen")), fine);

    await expect(broken).rejects.toThrow("cannot happen");
    await tracing.close();
    expect(receiver.spans.map(({ name, status }) => [name, status])).toEqual([["run", 2]]);
  });

  test("is not begun for runs that are not sampled, nor for their requests", async () => {
    const tracing = await openTracing(config({ sampledFraction: 0 }), "1", log);

    await tracing.during(run("one"), async () => tracing.called(call("list")), fine);
    await tracing.close();

    expect(receiver.spans).toEqual([]);
  });
});

describe("a receiver", () => {
  test("that refuses costs the spans and one warning", async () => {
    const tracing = await openTracing(config(), "1", log);
    receiver.answers(400);

    expect(await tracing.during(run("one"), async () => 7, fine)).toBe(7);
    await tracing.close();

    expect(warned).toEqual(["traces could not be sent"]);
  });

  test("that is away costs no run anything", async () => {
    await receiver.close();
    const tracing = await openTracing(config(), "1", log);

    expect(await tracing.during(run("one"), async () => 7, fine)).toBe(7);
  });
});

test("without a place for them there are none, and a run is just run", async () => {
  const tracing = await openTracing(null, "1", log);

  expect(await tracing.during(run("one"), async () => 7, fine)).toBe(7);
  tracing.called(call("list"));
  await tracing.close();

  expect(receiver.spans).toEqual([]);
});
