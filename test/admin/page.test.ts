// The page: how it is served, that nothing a system says can become markup, and that it says what is wrong and what to type.
// The views are run against a document of our own (fake-dom.ts); no browser is needed.

import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { readdir, readFile } from "node:fs/promises";
import { parseExact } from "../../src/admin/page/api.js";
import { cases } from "../../src/admin/page/cases.js";
import { effects, quarantine, runs, systems } from "../../src/admin/page/lists.js";
import { pairs } from "../../src/admin/page/pairs.js";
import { planView } from "../../src/admin/page/plan.js";
import { concerns, verdict } from "../../src/admin/page/verdict.js";
import { commandLine } from "../../src/admin/page/words.js";
import type { CaseKind } from "../../src/core/decision.ts";
import type { RunId } from "../../src/core/ids.ts";
import type { CaseRow } from "../../src/engine/ledger.ts";
import { ask, fieldsOf, rowsOf } from "./ask.ts";
import { FAKE_DOCUMENT, roof, type FakeElement } from "./fake-dom.ts";
import { aCase, at, newWorld, record, report, startAdmin, stopAll, summary, type World } from "./world.ts";

afterEach(stopAll);
beforeAll(() => {
  Object.assign(globalThis, { document: FAKE_DOCUMENT, window: { confirm: () => true } });
});

const FOLDER = new URL("../../src/admin/page/", import.meta.url);
const SOURCES = await Promise.all(
  (await readdir(FOLDER)).map(async (name) => ({ name, text: await readFile(new URL(name, FOLDER), "utf8") })),
);

interface Sent {
  readonly path: string;
  readonly body: unknown;
}

interface Views {
  readonly main: FakeElement;
  readonly sent: Sent[];
}

/** Everything the page shows of a world, from the real answers of the API. */
async function viewsOf(world: World, role = "admin"): Promise<Views> {
  const { admin } = await startAdmin({}, world);
  const rows = async (path: string) => rowsOf(await ask(admin, "GET", path));
  const all = {
    status: fieldsOf(await ask(admin, "GET", "/v1/status")),
    cases: await rows("/v1/cases"),
    quarantine: await rows("/v1/quarantine"),
    runs: await rows("/v1/runs"),
    systems: await rows("/v1/systems"),
    budgets: await rows("/v1/budgets"),
  };
  const sent: Sent[] = [];
  const roles = ["view", "operate", "admin"];
  const can = (needed: string): boolean => roles.indexOf(role) >= roles.indexOf(needed);
  const act = (path: string, body: unknown): Promise<void> => Promise.resolve(void sent.push({ path, body }));
  const look = (): void => undefined;
  const plan = {
    id: "p_1",
    pair: "crm-billing",
    hash: "abc",
    actions: [
      {
        action: "h",
        entity: "customer",
        situation: "changed-left",
        withheld: true,
        writes: [
          {
            op: "update",
            side: "billing",
            id: HOSTILE,
            reason: HOSTILE,
            fields: [{ field: HOSTILE, before: null, after: HOSTILE, reason: "" }],
          },
        ],
      },
    ],
  };
  const main = roof([
    verdict(all),
    pairs(all, can, act, look),
    cases(all, can, act, look),
    quarantine(all, can, act, look),
    runs(all, look),
    systems(all),
    effects(await rows("/v1/links/7/history")),
    planView(plan, can, act, look),
  ]);
  return { main, sent };
}

const HOSTILE = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
const KINDS: readonly Partial<CaseRow>[] = [
  { kind: "conflict", values: { left: HOSTILE, right: HOSTILE } },
  { kind: "conflict", field: HOSTILE, values: { left: { [HOSTILE]: HOSTILE }, right: { [HOSTILE]: 1 } } },
  { kind: "gone-edited", values: { gone: "crm", kept: "billing", record: { [HOSTILE]: HOSTILE } } },
  { kind: "gone", right: null, values: { only: "crm", record: { name: HOSTILE } } },
  { kind: "ambiguous", right: null, values: { billing: [HOSTILE, "B-2"], crm: ["c-17"] } },
  {
    kind: "matched-taken",
    values: { unlinked: { side: HOSTILE, id: HOSTILE }, taken: { side: "billing", id: HOSTILE } },
  },
  { kind: "guard", left: null, right: null, values: { side: HOSTILE, op: HOSTILE, count: 1, limit: 0 } },
  { kind: "oscillation", values: { left: HOSTILE, right: null } },
  { kind: "value-rejected", values: { side: "left", found: HOSTILE, message: HOSTILE } },
  { kind: "unknown-outcome", values: { op: "create", side: "right", sent: { [HOSTILE]: HOSTILE }, message: HOSTILE } },
  { kind: "drift", values: HOSTILE },
  { kind: "drift", values: null },
];

function hostileWorld(): World {
  const world = newWorld();
  world.cases = KINDS.map((more, index) =>
    aCase({ field: null, ...more, id: String(index), left: more.left === undefined ? record(HOSTILE) : more.left }),
  );
  world.quarantine = world.quarantine.map((row) => ({
    ...row,
    record: record(HOSTILE),
    message: HOSTILE,
    code: HOSTILE,
  }));
  world.runs.unshift({
    pair: "crm-billing",
    run: HOSTILE as RunId,
    kind: "changes",
    startedAt: at(2),
    endedAt: at(1),
    report: report({ outcome: "failed", reason: HOSTILE, message: HOSTILE }),
  });
  world.effects = world.effects.map((row) => ({
    ...row,
    record: record(HOSTILE),
    reason: HOSTILE,
    fields: { [HOSTILE]: { before: HOSTILE, after: HOSTILE, readBack: null, reason: HOSTILE } },
  }));
  world.figures.set("crm-billing", {
    ...world.figures.get("crm-billing"),
    state: { acceptedMeaning: "m", paused: `stop: ${HOSTILE}` },
  });
  world.lastError = HOSTILE;
  return world;
}

describe("how it is served", () => {
  test("the page and its files come without a token, under a policy that lets nothing foreign in", async () => {
    const { admin } = await startAdmin({ tokens: [{ name: "ops", role: "view", token: "0123456789abcdefghijklmn" }] });

    const answer = await ask(admin, "GET", "/");

    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(answer.headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(answer.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
    });
    for (const [, path = ""] of answer.text.matchAll(/(?:src|href)="(\/[^"]+)"/g))
      expect([path, (await ask(admin, "GET", path)).status]).toEqual([path, 200]);
  });

  test("every file that a script imports is served, as a script", async () => {
    const { admin } = await startAdmin();

    for (const { text } of SOURCES) {
      for (const [, name = ""] of text.matchAll(/from "\.\/([\w-]+\.js)"/g)) {
        const answer = await ask(admin, "GET", `/page/${name}`);
        expect([name, answer.status, answer.headers["content-type"]]).toEqual([
          name,
          200,
          "text/javascript; charset=utf-8",
        ]);
      }
    }
  });

  test("nothing but those files is reachable beside them", async () => {
    const { admin } = await startAdmin();

    for (const path of ["/page/", "/page/..%2fadmin.ts", "/page/../admin.ts", "/page/index.html", "/package.json"])
      expect((await ask(admin, "GET", path)).status).toBe(404);
  });

  test("no script makes markup out of text, and the document has no inline script, style or handler", () => {
    for (const { name, text } of SOURCES) {
      if (name.endsWith(".js"))
        expect([
          name,
          /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|srcdoc|\.style\b|javascript:/.exec(
            text,
          )?.[0],
        ]).toEqual([name, undefined]);
      if (name.endsWith(".html"))
        expect([name, /<script>|<style|\son\w+=|\sstyle=|javascript:/.exec(text)?.[0]]).toEqual([name, undefined]);
    }
  });

  test("answers of the API cannot be taken for a page", async () => {
    const { admin } = await startAdmin({}, hostileWorld());

    const answer = await ask(admin, "GET", "/v1/cases");

    expect(answer.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "x-content-type-options": "nosniff",
    });
    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
  });
});

describe("what systems say stays text", () => {
  test("markup in any value, id, code or message becomes no element, no handler and no link", async () => {
    const { main } = await viewsOf(hostileWorld());

    expect(main.textContent).toContain(HOSTILE);
    const elements = main.all();
    expect(
      elements.map(({ tag }) => tag).filter((tag) => ["img", "script", "iframe", "style", "object"].includes(tag)),
    ).toEqual([]);
    for (const { attributes } of elements) {
      for (const [name, value] of attributes) {
        expect(name).not.toMatch(/^on|^style$|^src/);
        if (name === "href") expect(value).toMatch(/^#[\w-]+$/);
      }
    }
  });

  test("a command line shown to be pasted is quoted, so that an id cannot become a command", () => {
    expect(commandLine("links", "crm-billing", "crm:$(rm -rf ~); 'x'")).toBe(
      `syncline links crm-billing 'crm:$(rm -rf ~); '\\''x'\\'''`,
    );
    expect(commandLine("cases", "resolve", "12", "--take", "crm")).toBe("syncline cases resolve 12 --take crm");
  });

  test("numbers keep their digits in the browser", () => {
    expect(
      parseExact('{"a":12345678901234567890,"b":1.5,"c":"12345678901234567890","d":[-0.1234567890123456789]}'),
    ).toEqual({
      a: "12345678901234567890",
      b: 1.5,
      c: "12345678901234567890",
      d: ["-0.1234567890123456789"],
    });
  });
});

describe("what it tells", () => {
  const well = (): World => ({
    ...newWorld(),
    cases: [],
    quarantine: [],
    figures: new Map([["crm-billing", { links: { live: 9, frozen: 0, tombstones: 0 } }]]),
  });

  test("when all is well it says so", async () => {
    const { main } = await viewsOf(well());

    expect(main.textContent).toContain("All is well. The pair is in step and nothing waits for you.");
    expect(main.textContent).toContain("None. Nothing waits for a person.");
  });

  const TROUBLES: readonly {
    readonly what: string;
    readonly change: (world: World) => void;
    readonly words: string;
    readonly type: string;
  }[] = [
    {
      what: "a changed mapping",
      change: (world) => void (world.pairs = [summary({ pendingAccept: true })]),
      words: "waits to be accepted",
      type: "syncline accept crm-billing",
    },
    {
      what: "a system that stopped its pairs",
      change: (world) =>
        void world.figures.set("crm-billing", { state: { acceptedMeaning: "m", paused: "stop: 401 from billing" } }),
      words: "stop: 401 from billing",
      type: "syncline resume crm-billing",
    },
    {
      what: "a pause",
      change: (world) => void world.figures.set("crm-billing", { state: { acceptedMeaning: "m", paused: "operator" } }),
      words: "is paused",
      type: "syncline resume crm-billing",
    },
    {
      what: "an empty side",
      change: (world) =>
        void world.runs.unshift({
          pair: "crm-billing",
          run: "r_2" as RunId,
          kind: "sweep",
          startedAt: at(2),
          endedAt: at(1),
          report: report({ outcome: "halted", reason: "empty-side" }),
        }),
      words: "a side that had records listed none",
      type: "syncline plan crm-billing --sweep",
    },
    {
      what: "a guard",
      change: (world) => void world.figures.set("crm-billing", { cases: { guard: 1 } }),
      words: "a guard holds actions back",
      type: "syncline plan crm-billing --sweep --out plan.json && syncline apply plan.json",
    },
    {
      what: "a case",
      change: (world) => void world.figures.set("crm-billing", { cases: { conflict: 1 } }),
      words: "1 case waits for your word",
      type: "syncline cases crm-billing",
    },
    {
      what: "a record that fails",
      change: (world) => void world.figures.set("crm-billing", { quarantined: 2 }),
      words: "2 records fail; the others go on",
      type: "syncline quarantine crm-billing",
    },
    {
      what: "a failing system",
      change: (world) => void (world.lastError = "503 from billing"),
      words: "sandbox-billing: 503 from billing",
      type: "syncline doctor",
    },
    {
      what: "a daemon that is not ready",
      change: (world) => void (world.ready = { ready: false, why: "workers are starting" }),
      words: "workers are starting",
      type: "syncline doctor",
    },
  ];

  test.each(TROUBLES)("$what: what is wrong, and what to type", async ({ change, words, type }) => {
    const world = well();
    change(world);

    const { admin } = await startAdmin({}, world);
    const found = concerns(
      fieldsOf(await ask(admin, "GET", "/v1/status")),
      rowsOf(await ask(admin, "GET", "/v1/systems")),
    ) as readonly { words: string; type: string }[];

    expect(found).toHaveLength(1);
    expect(found[0]?.words).toContain(words);
    expect(found[0]?.type).toBe(type);
  });

  test("runs that found nothing to do are one row", async () => {
    const quiet = report({ entities: {} });
    const world = well();
    world.runs = Array.from({ length: 40 }, (_, n) => ({
      pair: "crm-billing",
      run: `r_${String(n)}` as RunId,
      kind: "changes" as const,
      startedAt: at(n),
      endedAt: at(n),
      report: quiet,
    }));

    const { main } = await viewsOf(world);

    expect(main.textContent).toContain("nothing to do, 40 times");
  });
});

describe("what its buttons ask", () => {
  const ANSWERS: readonly {
    readonly kind: CaseKind;
    readonly more: Partial<CaseRow>;
    readonly bodies: readonly unknown[];
  }[] = [
    { kind: "conflict", more: {}, bodies: [{ take: "crm" }, { take: "billing" }, { dismiss: true }] },
    {
      kind: "gone-edited",
      more: { field: null, values: { gone: "crm", kept: "billing", record: {} } },
      bodies: [{ take: "billing" }, { take: "crm" }, { dismiss: true }],
    },
    {
      kind: "ambiguous",
      more: { field: null, right: null, values: { billing: ["B-1", "B-2"], crm: ["c-17"] } },
      bodies: [{ link: "B-1" }, { link: "B-2" }, { dismiss: true }],
    },
    {
      kind: "ambiguous",
      more: { field: null, values: { billing: ["B-4"], crm: ["c-17", "c-18"] } },
      bodies: [{ link: "B-4" }, { link: "c-18" }, { dismiss: true }],
    },
    {
      kind: "unknown-outcome",
      more: { field: null, values: { op: "update", side: "right", sent: {}, message: "no answer" } },
      bodies: [{ link: "B-4" }, { dismiss: true }],
    },
    { kind: "matched-taken", more: { field: null }, bodies: [{ dismiss: true }] },
    {
      kind: "guard",
      more: { field: null, left: null, right: null, values: { side: "crm", op: "delete", count: 9, limit: 1 } },
      bodies: [],
    },
  ];

  test.each(ANSWERS)(
    "a case of kind $kind offers the answers that fit, and the API takes each",
    async ({ kind, more, bodies }) => {
      const world = newWorld();
      world.cases = [aCase({ kind, ...more })];
      const { main, sent } = await viewsOf(world, "operate");

      for (const button of main
        .all()
        .filter(({ tag, attributes }) => tag === "button" && (attributes.get("data-key") ?? "").startsWith("1 ")))
        await button.press();

      expect(sent).toEqual(bodies.map((body) => ({ path: "/v1/cases/1:resolve", body })));
      for (const { path, body } of sent) {
        const { admin } = await startAdmin({}, { ...newWorld(), cases: [aCase({ kind, ...more })] });
        expect([body, (await ask(admin, "POST", path, { headers: { "x-syncline": "1" }, body })).status]).toEqual([
          body,
          200,
        ]);
      }
    },
  );

  test("who may only look has no button that works", async () => {
    const { main } = await viewsOf(newWorld(), "view");
    const acting = main
      .all()
      .filter(
        ({ tag, attributes }) =>
          tag === "button" &&
          /Run now|Sweep|Pause|retry|Take|Leave|plan$/.test(attributes.get("data-key") ?? "") &&
          attributes.get("data-key") !== "close plan",
      );

    expect(acting.length).toBeGreaterThan(5);
    expect(acting.filter(({ attributes }) => !attributes.has("disabled"))).toEqual([]);
  });

  test("an answered case has no buttons, and says what comes next", async () => {
    const world = newWorld();
    world.cases = [aCase({ answer: { kind: "take", side: "left" } })];

    const { main } = await viewsOf(world);

    expect(main.textContent).toContain("Answered; the next run acts on it.");
    expect(main.all().filter(({ attributes }) => (attributes.get("data-key") ?? "").startsWith("1 "))).toEqual([]);
  });
});
