// @ts-nocheck This runs in browsers, whose types the rest of the program must not see.
// A plan with its differences: every action with its fields before and after. Applying needs the role admin.

import { button, command, h } from "./dom.js";
import { changes } from "./lists.js";
import { commandLine, plural } from "./words.js";

const SHOWN_MAX = 200;

export function planView(document, can, act, close) {
  const actions = document.actions ?? [];
  const withheld = actions.filter((action) => action.withheld).length;
  const words =
    actions.length === 0
      ? "Nothing to do: both sides are in step."
      : `${plural(actions.length, "action")}${withheld === 0 ? "" : `, ${withheld} of them withheld by a guard`}.`;
  const canApply = can("admin") && typeof document.id === "string" && actions.length > 0;
  const apply = () =>
    act(
      `/v1/plans/${encodeURIComponent(document.id)}:apply`,
      { hash: document.hash },
      `${document.pair}: the plan was carried out`,
    );
  return h(
    "div",
    { class: "card" },
    h("p", null, h("b", null, `${document.pair}: `), words, h("small", { class: "block" }, `plan ${document.hash}`)),
    actions.slice(0, SHOWN_MAX).map(actionRow),
    actions.length > SHOWN_MAX
      ? h("p", { class: "faint" }, `${actions.length - SHOWN_MAX} more are not shown here.`)
      : null,
    h(
      "div",
      { class: "answers" },
      canApply
        ? button(`Apply all ${actions.length}, the withheld too`, "apply plan", apply, { class: "danger" })
        : null,
      command(`${commandLine("plan", document.pair, "--sweep", "--out", "plan.json")} && syncline apply plan.json`),
      button("Close", "close plan", close),
    ),
  );
}

function actionRow(action) {
  const writes = action.writes ?? [];
  return h(
    "div",
    { class: `action ${action.withheld ? "warn" : ""}` },
    writes.map((write) => [
      h(
        "p",
        null,
        h("b", null, `${write.op} `),
        `${action.entity} in ${write.side} `,
        write.id === null ? `(${action.situation})` : String(write.id),
        action.withheld ? h("span", { class: "chip warn" }, "withheld") : null,
        h("small", null, ` ${write.reason}`),
      ),
      changes(write.fields ?? []),
    ]),
  );
}
