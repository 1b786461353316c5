// @ts-nocheck This runs in browsers, whose types the rest of the program must not see.
// The first thing to read: all is well, or what is wrong, where, and what to type.

import { command, h, moment } from "./dom.js";
import { commandLine, outcomeWords, plural } from "./words.js";

/** @returns what needs a person, worst first: { tone, words, at, type } */
export function concerns(status, systems) {
  const found = [];
  const say = (tone, words, type, at = null) => found.push({ tone, words, type, at });
  if (!status.ready) say("bad", `The daemon is not ready: ${status.why ?? "no reason given"}`, commandLine("doctor"));
  for (const pair of status.pairs) {
    const { pair: name, lastRun } = pair;
    if (pair.pendingAccept)
      say(
        "bad",
        `${name} stands still: its mapping's meaning has changed and waits to be accepted`,
        commandLine("accept", name),
        "#pairs-section",
      );
    else if (pair.paused !== null && pair.paused !== "operator")
      say("bad", `${name} stands still: ${pair.paused}`, commandLine("resume", name), "#pairs-section");
    else if (pair.state === "paused") say("warn", `${name} is paused`, commandLine("resume", name), "#pairs-section");
    else if (lastRun !== null && (lastRun.outcome === "failed" || lastRun.outcome === "halted")) {
      say(
        "bad",
        `${name}: the last run ${outcomeWords(lastRun).words}${lastRun.message === null ? "" : ` (${lastRun.message})`}`,
        commandLine(
          lastRun.reason === "empty-side" ? "plan" : "doctor",
          ...(lastRun.reason === "empty-side" ? [name, "--sweep"] : []),
        ),
        "#runs-section",
      );
    }
    if ((pair.casesByKind.guard ?? 0) > 0) {
      say(
        "warn",
        `${name}: a guard holds actions back until you have looked at them`,
        `${commandLine("plan", name, "--sweep", "--out", "plan.json")} && syncline apply plan.json`,
        "#cases-section",
      );
    }
    if (pair.quarantined > 0)
      say(
        "warn",
        `${name}: ${plural(pair.quarantined, "record fails", "records fail")}; the others go on`,
        commandLine("quarantine", name),
        "#quarantine-section",
      );
    const others = pair.cases - (pair.casesByKind.guard ?? 0);
    if (others > 0)
      say(
        "warn",
        `${name}: ${plural(others, "case waits", "cases wait")} for your word`,
        commandLine("cases", name),
        "#cases-section",
      );
    if (pair.approvalsPending > 0)
      say(
        "warn",
        `${name}: ${plural(pair.approvalsPending, "approved action")} not carried out yet`,
        commandLine("run", name),
        "#pairs-section",
      );
  }
  for (const system of systems)
    if (system.lastError !== null)
      say("warn", `${system.system}: ${system.lastError}`, commandLine("doctor"), "#systems-section");
  return found.sort((a, b) => Number(b.tone === "bad") - Number(a.tone === "bad"));
}

export function verdict({ status, systems }) {
  const found = concerns(status, systems);
  if (status.pairs.length === 0)
    return h("p", { class: "banner warn" }, "No pair is configured yet. ", command("syncline init"));
  if (found.length === 0) {
    const running = status.pairs.filter((pair) => pair.running !== null).length;
    const last = status.pairs
      .flatMap((pair) => (pair.lastRun?.ended ? [pair.lastRun.ended] : []))
      .sort()
      .at(-1);
    const all = status.pairs.length === 1 ? "The pair is in step" : `All ${status.pairs.length} pairs are in step`;
    return h(
      "div",
      { class: "banner good" },
      h("strong", null, "All is well. "),
      `${all} and nothing waits for you. `,
      last === undefined ? null : ["Last looked ", moment(last), "."],
      running > 0 ? ` ${plural(running, "run")} under way.` : null,
    );
  }
  const bad = found.some((each) => each.tone === "bad");
  const title = bad
    ? "Something is wrong"
    : found.length === 1
      ? "One thing waits for you"
      : `${found.length} things wait for you`;
  const rows = found.map((each) =>
    h(
      "li",
      { class: each.tone },
      h("span", null, each.at === null ? each.words : h("a", { href: each.at }, each.words)),
      command(each.type),
    ),
  );
  return h("div", { class: `banner ${bad ? "bad" : "warn"}` }, h("strong", null, title), h("ul", null, rows));
}
