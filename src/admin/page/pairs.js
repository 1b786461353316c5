// @ts-nocheck This runs in browsers, whose types the rest of the program must not see.
// Each pair at a glance, with the words that start and stop it.

import { button, command, due, h, moment } from "./dom.js";
import { commandLine, effectWords, outcomeWords, plural } from "./words.js";

/** @param can Whether the caller's role allows it: can("admin"). @param act Sends a word and tells how it went. */
export function pairs({ status }, can, act, plan) {
  return h(
    "div",
    { class: "cards" },
    status.pairs.map((pair) => card(pair, can, act, plan)),
  );
}

/** One word for the whole pair, and its colour. */
function stateOf(pair) {
  if (pair.pendingAccept) return ["bad", "waits to be accepted"];
  if (pair.paused !== null && pair.paused !== "operator") return ["bad", "stopped"];
  if (pair.state === "paused") return ["warn", "paused"];
  if (pair.running !== null) return ["busy", "running"];
  if (pair.state === "proposed") return ["busy", "proposed: plans, never writes"];
  const last = pair.lastRun === null ? null : outcomeWords(pair.lastRun).tone;
  if (last === "bad") return ["bad", "failing"];
  if (pair.cases + pair.quarantined > 0 || last === "warn") return ["warn", "waits for you"];
  return pair.lastRun === null ? ["busy", "never ran"] : ["good", "in step"];
}

function card(pair, can, act, plan) {
  const { pair: name, sides } = pair;
  const [tone, word] = stateOf(pair);
  const path = `/v1/pairs/${encodeURIComponent(name)}`;
  const say = (label, verb, body, done, role = "operate", props = {}) =>
    button(label, `${name} ${label}`, () => act(`${path}:${verb}`, body, done), {
      disabled: !can(role),
      title: can(role) ? null : `needs the role ${role}`,
      ...props,
    });
  return h(
    "article",
    { class: `card ${tone}` },
    h("header", null, h("h3", null, name), h("span", { class: `chip ${tone}` }, word)),
    h(
      "p",
      { class: "sides" },
      sideOf(sides.left),
      h("span", { class: "arrows", "aria-label": "in step with" }, "⇄"),
      sideOf(sides.right),
    ),
    pair.paused !== null && pair.paused !== "operator" ? h("p", { class: "trouble" }, pair.paused) : null,
    h("dl", null, facts(pair)),
    h(
      "div",
      { class: "buttons" },
      say("Run now", "run", {}, `${name}: a run has started`, "operate", { class: "primary" }),
      say("Sweep now", "run", { sweep: true }, `${name}: a sweep has started`),
      pair.state === "paused"
        ? say("Resume", "resume", {}, `${name}: goes on`)
        : say("Pause", "pause", {}, `${name}: paused`),
      pair.pendingAccept ? say("Accept the mapping", "accept", {}, `${name}: accepted`, "admin") : null,
      button("Plan", `${name} plan`, () => plan(name), {
        disabled: !can("operate"),
        title: "what a sweep would do; writes nothing",
      }),
    ),
    commands(pair, can),
  );
}

function sideOf({ name, system }) {
  return h("span", null, h("b", null, name), name === system ? null : [" ", h("small", null, system)]);
}

function facts(pair) {
  const fact = (name, value, tone = "") => h("div", { class: tone }, h("dt", null, name), h("dd", null, value));
  const { lastRun, next, links } = pair;
  const last =
    lastRun === null
      ? "never"
      : [outcomeWords(lastRun).words, ", ", moment(lastRun.ended ?? lastRun.started), wrote(lastRun)];
  const nextRun =
    pair.running !== null
      ? "now"
      : next.changes !== null
        ? due(next.changes)
        : next.sweep !== null
          ? due(next.sweep)
          : "none planned";
  return [
    fact("Last run", last, `wide ${lastRun === null ? "" : outcomeWords(lastRun).tone}`),
    fact("Next run", nextRun),
    fact("Linked", [String(links.live), links.frozen > 0 ? h("small", null, ` and ${links.frozen} frozen`) : null]),
    fact(
      "Open cases",
      pair.cases === 0 ? "none" : h("a", { href: "#cases-section" }, String(pair.cases)),
      pair.cases > 0 ? "warn" : "",
    ),
    fact(
      "Quarantine",
      pair.quarantined === 0 ? "none" : h("a", { href: "#quarantine-section" }, String(pair.quarantined)),
      pair.quarantined > 0 ? "warn" : "",
    ),
    fact(
      "Backlog",
      pair.backlog === 0
        ? "none"
        : [
            plural(pair.backlog, "record"),
            pair.oldestHint === null ? null : h("small", null, [" since ", moment(pair.oldestHint)]),
          ],
    ),
    pair.parked > 0 ? fact("Parked", plural(pair.parked, "record")) : null,
  ];
}

function wrote(run) {
  const words = effectWords(run);
  return words.length === 0 ? null : h("small", null, `; ${words.join("; ")}`);
}

function commands(pair, can) {
  const { pair: name } = pair;
  const lines = [
    commandLine("status", name),
    commandLine("run", name),
    commandLine("run", name, "--sweep"),
    commandLine(pair.state === "paused" ? "resume" : "pause", name),
    ...(pair.pendingAccept ? [commandLine("plan", name, "--sweep"), commandLine("accept", name)] : []),
  ];
  const open = pair.pendingAccept && !can("admin");
  return h(
    "details",
    { "data-key": `commands ${name}`, open },
    h("summary", null, "On the command line"),
    lines.map((line) => h("div", null, command(line))),
    h("p", { class: "faint" }, `mapping: ${pair.file}`),
  );
}
