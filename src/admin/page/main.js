// @ts-nocheck This runs in browsers, whose types the rest of the program must not see.
// Fetches what there is, shows it, and does what buttons ask. Events say when to look again; without them it looks every
// two seconds.

import { get, listen, post, Refused, setToken } from "./api.js";
import { cases } from "./cases.js";
import { button, command, h, show, tick } from "./dom.js";
import { effects, quarantine, runs, systems } from "./lists.js";
import { pairs } from "./pairs.js";
import { planView } from "./plan.js";
import { concerns, verdict } from "./verdict.js";
import { commandLine } from "./words.js";

const POLL_MS = 2000;
const POLL_WITH_EVENTS_MS = 10_000;
/** Events come in bursts; one look serves a burst. Shorter, and a busy daemon is asked all the time. */
const GATHER_MS = 1000;

const at = (id) => document.getElementById(id);
const ROLES = ["view", "operate", "admin"];

let role = "view";
let clockAhead = 0;
let streaming = false;
let locked = false;
let loading = null;
let timer = null;

const can = (needed) => ROLES.indexOf(role) >= ROLES.indexOf(needed);

// ---------------------------------------------------------------- looking

async function load() {
  // Alone and first: with a wrong token this is the one request that is refused.
  const status = await get("/v1/status");
  const [caseRows, quarantineRows, runRows, systemRows, budgets] = await Promise.all([
    get("/v1/cases?limit=200"),
    get("/v1/quarantine?limit=200"),
    get("/v1/runs?limit=100"),
    get("/v1/systems"),
    get("/v1/budgets"),
  ]);
  role = status.you.role;
  clockAhead = Date.parse(status.time) - Date.now();
  const { time: _time, ...steady } = status;
  const all = {
    status: steady,
    cases: caseRows,
    quarantine: quarantineRows,
    runs: runRows,
    systems: systemRows,
    budgets,
    role,
  };
  const names = steady.pairs.map((pair) => ({ pair: pair.pair, sides: pair.sides }));
  show("verdict", all, verdict);
  show("pairs", { status: steady, role }, (value) => pairs(value, can, act, makePlan));
  show("cases", { cases: caseRows, status: { pairs: names }, role }, (value) => cases(value, can, act, look));
  show("quarantine", { quarantine: quarantineRows, role }, (value) => quarantine(value, can, act, look));
  show("runs", { runs: runRows }, (value) => runs(value, lookAtRun));
  show("systems", { systems: systemRows, budgets }, systems);
  show(
    "record-pair",
    names.map(({ pair }) => pair),
    (list) => list.map((name) => h("option", { value: name }, name)),
  );
  at("version").textContent = steady.version;
  at("cases-count").textContent = caseRows.length === 0 ? "" : String(caseRows.length);
  at("quarantine-count").textContent = quarantineRows.length === 0 ? "" : String(quarantineRows.length);
  const waiting = concerns(steady, systemRows).length;
  document.title = waiting === 0 ? "Syncline" : `(${waiting}) Syncline`;
  const first = steady.pairs[0];
  if (first !== undefined) at("record-id").placeholder = `${first.sides.left.name}:1234`;
  tick(Date.now() + clockAhead);
}

/** One look at a time; whoever asks meanwhile gets the next one. */
async function refresh() {
  if (locked) return;
  loading ??= load()
    .then(() => live(streaming ? "live" : "looks every 2 s", ""))
    .catch(failed)
    .finally(() => (loading = null));
  await loading;
}

function failed(error) {
  if (error instanceof Refused && (error.status === 401 || error.status === 429)) return askForToken(error);
  live(error instanceof Refused ? error.message : "this page broke; reload it", "bad");
  if (!(error instanceof Refused)) throw error;
  return undefined;
}

function live(words, tone) {
  if (at("live").textContent === words) return;
  at("live").textContent = words;
  at("live").className = tone;
}

function schedule() {
  clearTimeout(timer);
  const lookAgain = async () => {
    if (!document.hidden) await refresh();
    schedule();
  };
  timer = setTimeout(() => void lookAgain(), streaming ? POLL_WITH_EVENTS_MS : POLL_MS);
}

async function watch() {
  let gathering = null;
  const heard = () => {
    gathering ??= setTimeout(() => {
      gathering = null;
      void refresh();
    }, GATHER_MS);
  };
  for (;;) {
    if (!locked) {
      await listen(heard, () => {
        streaming = true;
        schedule();
        void refresh();
      }).catch(() => undefined);
      streaming = false;
      schedule();
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

// ---------------------------------------------------------------- acting

async function act(path, body, done) {
  try {
    await post(path, body);
    toast(done, "good");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) askForToken(error);
    else toast(error.message, "bad");
  }
  await refresh();
}

let toastTimer = null;

function toast(words, tone) {
  at("toast").textContent = words;
  at("toast").className = `shown ${tone}`;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (at("toast").className = ""), 6000);
}

async function makePlan(pair) {
  toast(`${pair}: reading both sides; nothing is written`, "");
  try {
    const document = await post(`/v1/pairs/${encodeURIComponent(pair)}/plans`, { sweep: true });
    const close = () => (at("plan-section").hidden = true);
    at("plan").replaceChildren(planView(document, can, act, close));
    at("plan-section").hidden = false;
    at("plan-section").scrollIntoView({ behavior: "smooth" });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message, "bad");
  }
}

// ---------------------------------------------------------------- a record

async function look(pair, record) {
  at("record-pair").value = pair;
  at("record-id").value = record;
  at("record-section").scrollIntoView({ behavior: "smooth" });
  const place = at("record");
  try {
    const links = await get(`/v1/pairs/${encodeURIComponent(pair)}/links?record=${encodeURIComponent(record)}`);
    const parts = await Promise.all(
      links.map(async (link) =>
        h(
          "div",
          { class: "card" },
          h(
            "p",
            null,
            h("b", null, `${link.entity} ${link.left} ⇄ ${link.right}`),
            ` · ${link.state} · link ${link.id}`,
          ),
          await standing(pair, link.entity, record),
          effects(await get(`/v1/links/${encodeURIComponent(link.id)}/history`)),
        ),
      ),
    );
    const none = h("p", { class: "none" }, `${record} is in no link. `, command(commandLine("links", pair, record)));
    place.replaceChildren(...(parts.length === 0 ? [none] : parts));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    place.replaceChildren(h("p", { class: "trouble" }, error.message));
  }
  tick(Date.now() + clockAhead);
}

/** How the record stands now, and where the whole story is. */
async function standing(pair, entity, record) {
  const whole = command(commandLine("explain", pair, entity, record));
  const [side, ...id] = record.split(":");
  const path = [pair, "explain", entity, side, id.join(":")].map(encodeURIComponent).join("/");
  try {
    const { now } = await get(`/v1/pairs/${path}`);
    return h("p", null, `${now.text} `, whole);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return h("p", null, whole);
  }
}

async function lookAtRun(run) {
  const rows = await get(`/v1/runs/${encodeURIComponent(run.run)}/effects?limit=200`).catch((error) => {
    toast(error.message, "bad");
    return null;
  });
  if (rows === null) return;
  at("record-section").scrollIntoView({ behavior: "smooth" });
  at("record").replaceChildren(
    h(
      "div",
      { class: "card" },
      h("p", null, h("b", null, `run ${run.run}`), ` of ${run.pair} `),
      rows.length === 0
        ? null
        : h("p", null, "to take it back ", command(commandLine("undo", run.run, "--out", "undo.json"))),
      effects(rows),
    ),
  );
  tick(Date.now() + clockAhead);
}

at("record-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void look(at("record-pair").value, at("record-id").value.trim());
});

// ---------------------------------------------------------------- who is asking

function askForToken(error) {
  locked = true;
  live(error.message, "bad");
  if (!at("token-dialog").open) at("token-dialog").showModal();
}

at("token-dialog").addEventListener("close", () => {
  if (!locked) return;
  const again = button("Enter a token", "token", () => at("token-dialog").showModal());
  const words = h("p", null, "Without a token there is nothing to see here.");
  show("verdict", { again: true }, () => h("div", { class: "banner warn" }, words, again));
});

at("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(at("token").value.trim());
  at("token").value = "";
  locked = false;
  at("token-dialog").close();
  void refresh();
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void refresh();
});

setInterval(() => tick(Date.now() + clockAhead), 1000);
void refresh();
schedule();
void watch();
