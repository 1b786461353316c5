// What the endpoints answer and do when all is as it should be.

import type { Instant } from "../../src/core/ids.ts";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { LinkId, RunId } from "../../src/core/ids.ts";
import { exactNumber } from "../../src/core/value.ts";
import { ask, fieldsOf, LOCAL, rowsOf } from "./ask.ts";
import { aCase, at, newWorld, record, report, startAdmin, stopAll, summary } from "./world.ts";

afterEach(stopAll);

const ADMIN = { tokens: [{ name: "boss", role: "admin" as const, token: "boss-0123456789abcdefghij" }] };
const BOSS = { token: "boss-0123456789abcdefghij" };

describe("health", () => {
  test("the process and its database answer", async () => {
    const { admin, world } = await startAdmin();

    const well = await ask(admin, "GET", "/healthz");
    world.databaseFails = true;
    const ill = await ask(admin, "GET", "/healthz");

    expect([well.status, fieldsOf(well)]).toEqual([200, { status: "ok", database: "ok", version: "1.2.3" }]);
    expect([ill.status, fieldsOf(ill)["database"]]).toEqual([503, "does not answer"]);
  });

  test("a daemon that is not ready says why; a database that is gone makes it unready", async () => {
    const { admin, world } = await startAdmin();

    world.ready = { ready: false, why: "the files have errors" };
    const starting = await ask(admin, "GET", "/readyz");
    world.ready = { ready: true, why: null };
    world.databaseFails = true;
    const cut = await ask(admin, "GET", "/readyz");

    expect([starting.status, fieldsOf(starting)]).toEqual([
      503,
      { ready: false, why: "the files have errors", failing: [] },
    ]);
    expect([cut.status, fieldsOf(cut)["why"]]).toEqual([503, "the database does not answer"]);
  });

  test("a failing pair is listed and the daemon stays ready", async () => {
    const world = newWorld();
    world.pairs = [summary(), summary({ pair: "erp-shop" }), summary({ pair: "a-b" })];
    world.runs = [
      {
        pair: "erp-shop",
        run: "r_02" as RunId,
        kind: "changes",
        startedAt: at(9),
        endedAt: at(8),
        report: report({ outcome: "halted", reason: "unreachable" }),
      },
    ];
    world.figures.set("a-b", { state: { acceptedMeaning: null, paused: "stop: the credentials were refused" } });
    const { admin } = await startAdmin({}, world);

    const answer = await ask(admin, "GET", "/readyz");

    expect(answer.status).toBe(200);
    expect(fieldsOf(answer)["failing"]).toEqual([
      { pair: "erp-shop", why: "unreachable" },
      { pair: "a-b", why: "stopped" },
    ]);
  });

  test("HEAD is answered where GET is", async () => {
    const { admin } = await startAdmin();

    expect(await ask(admin, "HEAD", "/healthz")).toMatchObject({ status: 200, text: "" });
  });
});

describe("lists", () => {
  test("cases have the shape of `cases --json`, with every digit of their values", async () => {
    const world = newWorld();
    world.cases = [aCase({ values: { left: exactNumber("12345678901234567890"), right: 1 } })];
    const { admin } = await startAdmin({}, world);

    const answer = await ask(admin, "GET", "/v1/cases?pair=crm-billing");

    expect(answer.text).toContain('"left":12345678901234567890');
    expect(Object.keys(rowsOf(answer)[0] as object).slice(0, 9)).toEqual([
      "id",
      "pair",
      "entity",
      "kind",
      "left",
      "right",
      "field",
      "values",
      "since",
    ]);
    expect(rowsOf(answer)[0]).toMatchObject({ since: "2026-11-03T02:12:00.000Z", answered: false });
  });

  test("quarantine has the shape of `quarantine --json`, with the side's name in the file", async () => {
    const { admin } = await startAdmin();

    const rows = rowsOf(await ask(admin, "GET", "/v1/quarantine"));

    expect(rows).toEqual([
      {
        id: "q1",
        pair: "crm-billing",
        entity: "customer",
        side: "billing",
        record: "B-9",
        code: "rejected",
        message: "the VAT number is not valid",
        attempts: 3,
        next: "2026-11-03T03:22:00.000Z",
      },
    ]);
  });

  test("links are found by entity and by one side's record, named by the file or as left and right", async () => {
    const { admin } = await startAdmin();
    const found = async (query: string) =>
      rowsOf(await ask(admin, "GET", `/v1/pairs/crm-billing/links${query}`)).map(
        (row) => (row as { left: string }).left,
      );

    expect(await found("")).toEqual(["c-17", "c-18"]);
    expect(await found("?record=billing:B-5")).toEqual(["c-18"]);
    expect(await found("?record=right:B-5")).toEqual(["c-18"]);
    expect(await found("?entity=invoice")).toEqual([]);
    expect(await found("?limit=1&after=7")).toEqual(["c-18"]);
    expect(await found("?limit=1&page=2")).toEqual(["c-18"]);
    expect(rowsOf(await ask(admin, "GET", "/v1/pairs/crm-billing/links"))[0]).toMatchObject({
      entity: "customer",
      left: "c-17",
      right: "B-4",
      state: "live",
      id: "7",
    });
  });

  test("a link's history tells every field before and after, in the file's side names; one without effects has an empty one", async () => {
    const { admin } = await startAdmin();

    const rows = rowsOf(await ask(admin, "GET", "/v1/links/7/history"));
    const none = await ask(admin, "GET", "/v1/links/8/history");

    expect(rows).toEqual([
      {
        at: "2026-11-03T03:11:31.000Z",
        run: "r_01",
        pair: "crm-billing",
        entity: "customer",
        side: "billing",
        op: "update",
        record: "B-4",
        other: "c-17",
        link: "7",
        reason: "changed in crm",
        fields: [
          { field: "name", before: "Ada", after: "Ada Lovelace", readBack: "ADA LOVELACE", reason: "changed in crm" },
        ],
      },
    ]);
    expect([none.status, none.text]).toEqual([200, "[]"]);
  });

  test("runs are as `run --json` tells them; one under way has no outcome yet", async () => {
    const world = newWorld();
    world.runs.unshift({
      pair: "crm-billing",
      run: "r_02" as RunId,
      kind: "changes",
      startedAt: at(1),
      endedAt: null,
      report: null,
    });
    const { admin } = await startAdmin({}, world);

    const [running, done] = rowsOf(await ask(admin, "GET", "/v1/runs?pair=crm-billing"));
    const older = rowsOf(await ask(admin, "GET", "/v1/runs?before=r_02"));

    expect(running).toMatchObject({ run: "r_02", outcome: null, ended: null, started: "2026-11-03T03:11:59.000Z" });
    expect(done).toEqual({
      ...report(),
      kind: "sweep",
      started: "2026-11-03T03:11:30.000Z",
      ended: "2026-11-03T03:11:32.000Z",
    });
    expect(older).toEqual([done]);
    expect(fieldsOf(await ask(admin, "GET", "/v1/runs/r_01"))).toEqual(done);
  });

  test("a pair at a glance: state, sides, links, what waits", async () => {
    const world = newWorld();
    world.figures.set("crm-billing", {
      ...world.figures.get("crm-billing"),
      state: { acceptedMeaning: "m", paused: "operator" },
    });
    const { admin } = await startAdmin({}, world);

    const pair = fieldsOf(await ask(admin, "GET", "/v1/pairs/crm-billing"));

    expect(pair).toMatchObject({
      pair: "crm-billing",
      state: "paused",
      paused: "operator",
      sides: { left: { name: "crm", system: "sandbox-crm" }, right: { name: "billing", system: "sandbox-billing" } },
      links: { live: 988, frozen: 1, tombstones: 3 },
      cases: 1,
      casesByKind: { conflict: 1 },
      quarantined: 1,
      backlog: 2,
      lastRun: { run: "r_01", outcome: "ok" },
    });
    expect(rowsOf(await ask(admin, "GET", "/v1/pairs"))).toEqual([pair]);
  });

  test("systems with their calls; budgets with what is left of them", async () => {
    const { admin, world } = await startAdmin();

    const none = rowsOf(await ask(admin, "GET", "/v1/budgets"));
    world.budgets.push({
      system: "sandbox-crm",
      limit: "daily",
      calls: 1000,
      perMs: 86_400_000,
      used: 250,
      heldUntil: 1_800_000_000_000 as Instant,
    });

    expect(none).toEqual([]);
    expect(rowsOf(await ask(admin, "GET", "/v1/budgets"))).toEqual([
      {
        system: "sandbox-crm",
        limit: "daily",
        calls: 1000,
        seconds: 86_400,
        used: 250,
        remainingRatio: 0.75,
        heldUntil: "2027-01-15T08:00:00.000Z",
      },
    ]);
    expect(rowsOf(await ask(admin, "GET", "/v1/systems"))[1]).toEqual({
      system: "sandbox-billing",
      connector: "sandbox-billing",
      calls: { "200": 240, "429": 3 },
      lastError: null,
    });
  });
});

describe("actions", () => {
  test("run, sweep, pause, resume and accept reach the operator with who asked; a body is not needed", async () => {
    const { admin, world } = await startAdmin(ADMIN);
    const pair = "/v1/pairs/crm-billing";

    const run = await ask(admin, "POST", `${pair}:run`, BOSS);
    await ask(admin, "POST", `${pair}:run`, { ...BOSS, body: { sweep: true } });
    await ask(admin, "POST", `${pair}%3Apause`, BOSS);
    await ask(admin, "POST", `${pair}:resume`, {
      ...BOSS,
      raw: "",
      headers: { "content-type": "application/json; charset=utf-8" },
    });
    await ask(admin, "POST", `${pair}:accept`, { ...BOSS, body: {} });

    expect([run.status, fieldsOf(run)]).toEqual([202, { pair: "crm-billing", started: "changes" }]);
    expect(world.asked).toEqual([
      "run crm-billing boss",
      "sweep crm-billing boss",
      "pause crm-billing boss",
      "resume crm-billing boss",
      "accept crm-billing boss",
    ]);
  });

  test("a plan is made, looked at, and applied with its hash", async () => {
    const { admin, world } = await startAdmin(ADMIN);

    const made = await ask(admin, "POST", "/v1/pairs/crm-billing/plans", { ...BOSS, body: { sweep: true } });
    const looked = fieldsOf(await ask(admin, "GET", "/v1/plans/p_1", BOSS));
    const applied = await ask(admin, "POST", "/v1/plans/p_1:apply", { ...BOSS, body: { hash: looked["hash"] } });

    expect([made.status, made.headers["location"]]).toEqual([201, "/v1/plans/p_2"]);
    expect(looked).toEqual({
      id: "p_1",
      pair: "crm-billing",
      hash: "abc",
      created: "2026-11-03T03:11:00.000Z",
      actions: [],
    });
    expect(applied.status).toBe(200);
    expect(world.asked).toEqual(["apply p_1 boss"]);
  });

  test.each([
    [{ take: "billing" }, { kind: "take", side: "right" }],
    [{ take: "left" }, { kind: "take", side: "left" }],
    [{ dismiss: true }, { kind: "dismiss" }],
    [{ value: null }, { kind: "value", value: null }],
  ])("a conflict answered with %j", async (body, answer) => {
    const { admin, world } = await startAdmin();

    const answered = await ask(admin, "POST", "/v1/cases/1:resolve", { headers: LOCAL, body });

    expect([answered.status, fieldsOf(answered)["answered"]]).toEqual([200, true]);
    expect(world.cases[0]?.answer).toEqual(answer);
  });

  test("a person's number keeps its digits, and the audit log holds no value", async () => {
    const { admin, world } = await startAdmin();

    await ask(admin, "POST", "/v1/cases/1:resolve", { headers: LOCAL, raw: '{"value": 12345678901234567890}' });

    expect(world.cases[0]?.answer).toEqual({ kind: "value", value: exactNumber("12345678901234567890") });
    expect(world.audit).toEqual([
      { who: "local", what: "POST /v1/cases/{case}:resolve", facts: { case: "1", answer: "value" } },
    ]);
  });

  test("an ambiguous record is linked to one of its candidates", async () => {
    const world = newWorld();
    world.cases = [
      aCase({ kind: "ambiguous", field: null, right: null, values: { billing: ["B-1", "B-2"], crm: ["c-17"] } }),
    ];
    const { admin } = await startAdmin({}, world);

    const answered = await ask(admin, "POST", "/v1/cases/1:resolve", { headers: LOCAL, body: { link: "B-2" } });

    expect(answered.status).toBe(200);
    expect(world.cases[0]?.answer).toEqual({ kind: "link", id: "B-2" });
  });

  test.each([
    [{ ids: ["q1", "q2"] }, 1],
    [{ pair: "crm-billing" }, 1],
    [{ all: true }, 1],
  ])("quarantine is retried by %j", async (body, retried) => {
    const { admin } = await startAdmin();

    expect(fieldsOf(await ask(admin, "POST", "/v1/quarantine:retry", { headers: LOCAL, body }))).toEqual({ retried });
  });

  test("links are made and ended by hand", async () => {
    const { admin, world } = await startAdmin(ADMIN);

    const made = await ask(admin, "POST", "/v1/pairs/crm-billing/links", {
      ...BOSS,
      body: { entity: "customer", left: "c-50", right: 12 },
    });
    const ended = await ask(admin, "POST", "/v1/pairs/crm-billing/links:remove", {
      ...BOSS,
      body: { entity: "customer", left: "c-17", right: "B-4" },
    });
    const again = await ask(admin, "POST", "/v1/pairs/crm-billing/links:remove", {
      ...BOSS,
      body: { entity: "customer", left: "c-17", right: "B-4" },
    });

    expect([made.status, fieldsOf(made)]).toMatchObject([
      201,
      { entity: "customer", left: "c-50", right: "12", state: "live" },
    ]);
    expect([ended.status, fieldsOf(ended)]).toEqual([
      200,
      { entity: "customer", left: "c-17", right: "B-4", state: "tombstone" },
    ]);
    expect(again.status).toBe(404);
    expect(world.links.map((link) => link.left)).toEqual([record("c-18"), record("c-50")]);
  });
});

describe("secrets", () => {
  const CANARY = "canary-5up3r-s3cr3t-value";

  test("a token is in no answer, no header, no log, no audit row", async () => {
    const { admin, world, logged } = await startAdmin({ tokens: [{ name: "ops", role: "admin", token: CANARY }] });
    const asked = { token: CANARY };
    const answers = await Promise.all([
      ...[
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/v1/status",
        "/v1/runs",
        "/v1/cases",
        "/v1/nothing",
      ].map((path) => ask(admin, "GET", path, asked)),
      ask(admin, "POST", "/v1/pairs/crm-billing:run", asked),
      ask(admin, "POST", "/v1/pairs/crm-billing:run", { ...asked, raw: "{" }),
    ]);
    world.databaseFails = true;
    answers.push(await ask(admin, "GET", "/v1/cases", asked));

    expect(JSON.stringify([answers, world.audit, logged])).not.toContain(CANARY);
  });

  test("a secret that a system put into its error is struck out wherever it would leave", async () => {
    const world = newWorld();
    world.lastError = `401 for token ${CANARY}`;
    world.quarantine = world.quarantine.map((row) => ({ ...row, message: `bad key ${CANARY}` }));
    world.effects = world.effects.map((row) => ({ ...row, entity: CANARY, linkId: "7" as LinkId }));
    const { admin } = await startAdmin({ redact: (text) => text.replaceAll(CANARY, "[redacted]") }, world);

    const answers = await Promise.all(
      ["/v1/systems", "/v1/quarantine", "/v1/links/7/history", "/metrics", `/v1/pairs/${CANARY}`].map((path) =>
        ask(admin, "GET", path),
      ),
    );

    expect(JSON.stringify(answers)).not.toContain(CANARY);
    expect(answers.every((answer) => answer.text.includes("[redacted]"))).toBe(true);
  });
});
