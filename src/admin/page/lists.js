// @ts-nocheck This runs in browsers, whose types the rest of the program must not see.
// Quarantine, runs, systems: rows of what failed, what was done, and who was called.

import { button, command, due, h, moment } from "./dom.js";
import { commandLine, effectWords, outcomeWords, plural, situations } from "./words.js";

const RUN_ROWS = 20;
const QUARANTINE_ROWS = 100;

/** A table that turns into cards on a narrow screen: every cell knows its column. */
function table(columns, rows) {
  const body = rows.map(({ tone, cells }) =>
    h(
      "tr",
      { class: tone ?? "" },
      cells.map((content, index) =>
        h("td", { "data-column": columns[index], class: content === "" ? "blank" : null }, h("div", null, content)),
      ),
    ),
  );
  return h(
    "table",
    { class: "rows" },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        columns.map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h("tbody", null, body),
  );
}

// ---------------------------------------------------------------- quarantine

export function quarantine({ quarantine: rows }, can, act, look) {
  if (rows.length === 0) return h("p", { class: "none" }, "None. No record fails.");
  const retry = (label, body, done) =>
    button(label, `retry ${JSON.stringify(body)}`, () => act("/v1/quarantine:retry", body, done), {
      disabled: !can("operate"),
    });
  const shown = rows.slice(0, QUARANTINE_ROWS).map((row) => ({
    tone: "warn",
    cells: [
      [`${row.pair} · ${row.entity}`],
      button(`${row.side}:${row.record}`, `quarantined ${row.id}`, () => look(row.pair, `${row.side}:${row.record}`), {
        class: "quiet",
        title: "history of this record",
      }),
      [h("b", null, row.code), " ", row.message],
      [plural(row.attempts, "try", "tries"), row.next === null ? ", not again by itself" : [", next ", due(row.next)]],
      [
        retry("Retry", { ids: [row.id] }, `${row.side}:${row.record} is tried again in the next run`),
        command(commandLine("quarantine", "retry", row.id)),
      ],
    ],
  }));
  return [
    table(["where", "record", "why", "tries", "what to do"], shown),
    h(
      "p",
      { class: "answers" },
      retry("Retry all", { all: true }, "all are tried again in the next run"),
      command(commandLine("quarantine", "retry", "--all")),
      rows.length > QUARANTINE_ROWS
        ? h("span", { class: "faint" }, ` ${rows.length - QUARANTINE_ROWS} more are not shown`)
        : null,
    ),
  ];
}

// ---------------------------------------------------------------- runs

export function runs({ runs: rows }, look) {
  if (rows.length === 0) return h("p", { class: "none" }, "No run yet.");
  return table(
    ["when", "pair", "outcome", "written", "situations", "took"],
    folded(rows)
      .slice(0, RUN_ROWS)
      .map((entry) => runRow(entry, look)),
  );
}

/** Neighbouring runs of a pair that found nothing to do are one row. */
function folded(rows) {
  const entries = [];
  for (const run of rows) {
    const quiet = isQuiet(run);
    const last = entries.at(-1);
    if (quiet && last?.quiet === true && last.run.pair === run.pair) last.count += 1;
    else entries.push({ run, quiet, count: 1 });
  }
  return entries;
}

function isQuiet(run) {
  return (
    run.outcome === "ok" &&
    run.kind === "changes" &&
    effectWords(run).length === 0 &&
    situations(run).every(([name]) => name === "in-sync")
  );
}

function runRow({ run, quiet, count }, look) {
  const { tone, words } = outcomeWords(run);
  const when = [moment(run.ended ?? run.started), " ", h("small", null, run.kind)];
  if (quiet)
    return {
      tone: "quiet",
      cells: [
        when,
        run.pair,
        count === 1 ? "nothing to do" : `nothing to do, ${count} times`,
        "",
        "",
        `${run.seconds} s`,
      ],
    };
  const written = effectWords(run);
  const found = situations(run).map(([name, number]) =>
    h("span", { class: `tag ${name === "in-sync" ? "" : "new"}` }, `${number} ${name}`),
  );
  const outcome = [
    h("span", { class: `dot ${tone}` }, ""),
    words,
    run.message === null ? null : h("small", { class: "block" }, run.message),
  ];
  const details =
    written.length === 0
      ? "nothing"
      : [
          written.map((line) => h("div", null, line)),
          button("which records", `effects ${run.run}`, () => look(run), { class: "quiet" }),
        ];
  return {
    tone,
    cells: [
      when,
      run.pair,
      outcome,
      details,
      h("div", { class: "tags" }, found),
      run.seconds === null ? "" : `${run.seconds} s`,
    ],
  };
}

// ---------------------------------------------------------------- history

/** Effects, newest first, field by field. */
export function effects(rows) {
  if (rows.length === 0) return h("p", { class: "none" }, "Nothing was ever written to it by Syncline.");
  return h(
    "ol",
    { class: "history" },
    rows.map((row) =>
      h(
        "li",
        null,
        h(
          "p",
          null,
          h("b", null, `${row.op} `),
          `${row.entity} ${row.side}:${row.record}`,
          " ",
          moment(row.at),
          h("small", null, ` ${row.reason} · run ${row.run}`),
        ),
        row.fields.length === 0 ? null : changes(row.fields),
      ),
    ),
  );
}

/** Fields before and after. */
export function changes(fields) {
  const text = (value) =>
    value === null || value === undefined
      ? "(empty)"
      : typeof value === "object"
        ? JSON.stringify(value)
        : String(value);
  return h(
    "dl",
    { class: "changes" },
    fields.map((field) => {
      const readBack =
        field.readBack !== undefined &&
        field.readBack !== null &&
        JSON.stringify(field.readBack) !== JSON.stringify(field.after);
      return h(
        "div",
        null,
        h("dt", null, field.field),
        h(
          "dd",
          null,
          h("del", null, text(field.before)),
          " → ",
          h("ins", null, text(field.after)),
          readBack ? h("small", null, ` (kept as ${text(field.readBack)})`) : null,
        ),
      );
    }),
  );
}

// ---------------------------------------------------------------- systems

export function systems({ systems: rows, budgets }) {
  if (rows.length === 0) return h("p", { class: "none" }, "No system is configured.");
  const left = (system) =>
    budgets
      .filter((budget) => budget.system === system)
      .map((budget) => h("div", null, `${budget.limit}: ${Math.round(budget.remainingRatio * 100)} % left`));
  return table(
    ["system", "connector", "calls by answer", "limits", "last error"],
    rows.map(({ system, connector, calls, lastError }) => ({
      tone: lastError === null ? "" : "warn",
      cells: [
        h("b", null, system),
        connector,
        h(
          "div",
          { class: "tags" },
          Object.entries(calls).map(([status, count]) =>
            h("span", { class: `tag ${/^[23]/.test(status) ? "" : "new"}` }, `${count} × ${status}`),
          ),
        ),
        left(system).length === 0 ? "nothing known" : left(system),
        lastError ?? "none",
      ],
    })),
  );
}
