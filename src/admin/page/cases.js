// @ts-nocheck This runs in browsers, whose types the rest of the program must not see.
// Cases side by side: what each side shows, and the answers that fit.

import { button, command, h, moment } from "./dom.js";
import { commandLine, kindWords, valueText } from "./words.js";

const SHOWN_MAX = 50;

export function cases({ cases: rows, status }, can, act, look) {
  if (rows.length === 0) return h("p", { class: "none" }, "None. Nothing waits for a person.");
  const sides = new Map(status.pairs.map((pair) => [pair.pair, pair.sides]));
  const more = rows.length - SHOWN_MAX;
  return [
    ...rows.slice(0, SHOWN_MAX).map((row) => card(row, namesOf(sides.get(row.pair)), can, act, look)),
    ...(more > 0
      ? [h("p", { class: "faint" }, `${more} more are not shown here. `, command(commandLine("cases")))]
      : []),
  ];
}

function namesOf(sides) {
  return { left: sides?.left.name ?? "left", right: sides?.right.name ?? "right" };
}

function card(row, names, can, act, look) {
  const title = `${row.pair} · ${row.entity}${row.field === null ? "" : ` · ${row.field}`}`;
  return h(
    "article",
    { class: `card case ${row.answered ? "busy" : "warn"}`, "aria-label": `case ${row.id}` },
    h("header", null, h("h3", null, kindWords(row.kind)), h("span", { class: "chip" }, row.kind)),
    h("p", { class: "faint" }, title, " · since ", moment(row.since), ` · case ${row.id}`),
    sideBySide(row, names, look),
    row.answered
      ? h("p", null, "Answered; the next run acts on it. ", command(commandLine("run", row.pair)))
      : answers(row, names, can, act),
  );
}

// ---------------------------------------------------------------- what each side shows

function sideBySide(row, names, look) {
  const rows = rowsOf(row, names);
  const head = (side) => {
    const id = row[side];
    if (id === null) return h("th", { scope: "col" }, names[side]);
    return h(
      "th",
      { scope: "col" },
      `${names[side]} `,
      button(id, `look ${row.id} ${side}`, () => look(row.pair, `${names[side]}:${id}`), {
        class: "quiet",
        title: "history of this record",
      }),
    );
  };
  const note = noteOf(row, names);
  const table = h(
    "table",
    { class: "sidebyside" },
    h("thead", null, h("tr", null, h("th", { scope: "col" }, "field"), head("left"), head("right"))),
    h(
      "tbody",
      null,
      rows.map(([field, left, right, differs]) =>
        h(
          "tr",
          { class: differs ? "differs" : "" },
          h("th", { scope: "row" }, field),
          cell(names.left, left),
          cell(names.right, right),
        ),
      ),
    ),
  );
  return [
    note === null ? null : h("p", null, note),
    rows.length === 0 && row.left === null && row.right === null ? null : table,
  ];
}

function cell(side, value) {
  const empty = value === null || value === undefined || value === "";
  return h("td", { "data-side": side, class: empty ? "empty" : "" }, value === undefined ? "" : valueText(value));
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** [field, left, right, differs] */
function rowsOf(row, names) {
  const { kind, values } = row;
  if (!isObject(values)) return [];
  if (kind === "conflict" || kind === "oscillation") {
    const { left, right } = values;
    if (!isObject(left) || !isObject(right)) return [[row.field ?? "value", left, right, true]];
    return [...new Set([...Object.keys(left), ...Object.keys(right)])].map((field) => [
      field,
      left[field],
      right[field],
      JSON.stringify(left[field]) !== JSON.stringify(right[field]),
    ]);
  }
  const only = values.kept ?? values.only;
  if (only !== undefined && isObject(values.record)) {
    const isLeft = only === names.left;
    return Object.entries(values.record).map(([field, value]) => [
      field,
      isLeft ? value : undefined,
      isLeft ? undefined : value,
      false,
    ]);
  }
  if (kind === "ambiguous") return [["candidates", listed(values[names.left]), listed(values[names.right]), false]];
  if (kind === "value-rejected")
    return [
      [
        row.field ?? "value",
        values.side === "left" ? values.found : undefined,
        values.side === "right" ? values.found : undefined,
        true,
      ],
    ];
  if (kind === "unknown-outcome" && isObject(values.sent)) {
    return Object.entries(values.sent).map(([field, value]) => [
      field,
      values.side === "left" ? value : undefined,
      values.side === "right" ? value : undefined,
      false,
    ]);
  }
  return [];
}

function listed(ids) {
  return Array.isArray(ids) ? ids.join(", ") : undefined;
}

/** What the table does not say. */
function noteOf(row, names) {
  const { kind, values } = row;
  if (!isObject(values)) return values === null ? null : valueText(values);
  const sideWord = (side) => names[side] ?? side;
  switch (kind) {
    case "guard":
      return `${values.count} × ${values.op} in ${sideWord(values.side)} would go over the limit of ${values.limit}; they were decided and not carried out.`;
    case "value-rejected":
      return `${sideWord(values.side)}: ${values.message}`;
    case "unknown-outcome":
      return `The ${values.op} in ${sideWord(values.side)} may or may not have arrived: ${values.message}`;
    case "matched-taken":
      return isObject(values.unlinked) && isObject(values.taken)
        ? `${values.unlinked.side}:${values.unlinked.id} matches ${values.taken.side}:${values.taken.id}, which is linked to another record already.`
        : valueText(values);
    case "gone":
    case "gone-edited":
      return values.only === undefined
        ? `The record is gone in ${values.gone}; ${values.kept} still shows:`
        : `Only ${values.only} has this record:`;
    case "conflict":
    case "oscillation":
    case "ambiguous":
      return null;
    default:
      return valueText(values);
  }
}

// ---------------------------------------------------------------- answers

function answers(row, names, can, act) {
  const path = `/v1/cases/${encodeURIComponent(row.id)}:resolve`;
  const choices = choicesOf(row, names);
  if (choices.length === 0)
    return h(
      "p",
      null,
      "Look at the plan, then approve it: ",
      command(`${commandLine("plan", row.pair, "--sweep", "--out", "plan.json")} && syncline apply plan.json`),
    );
  const send = (choice) => {
    if (choice.sure !== undefined && !window.confirm(choice.sure)) return undefined;
    return act(path, choice.body, `case ${row.id}: answered; the next run acts on it`);
  };
  return h(
    "div",
    { class: "answers" },
    choices.map((choice) =>
      h(
        "div",
        { class: "answer" },
        button(choice.label, `${row.id} ${choice.label}`, () => send(choice), {
          class: choice.sure === undefined ? "" : "danger",
          disabled: !can("operate"),
        }),
        command(commandLine("cases", "resolve", row.id, ...choice.words)),
      ),
    ),
    row.kind === "conflict" && !isObject(row.values?.left) && !isObject(row.values?.right)
      ? otherValue(row, names, can, act, path)
      : null,
    row.kind === "unknown-outcome" ? arrivedAs(row, names, can, act, path) : null,
    row.kind === "value-rejected" || row.kind === "drift" || row.kind === "matched-taken"
      ? h("p", { class: "faint" }, "Or mend the record in its system, or the mapping: the case then closes by itself.")
      : null,
  );
}

/** [{ label, body, words, sure }] */
function choicesOf(row, names) {
  const take = (side, label, sure) => ({ label, body: { take: names[side] }, words: ["--take", names[side]], sure });
  const dismiss = (label) => ({ label, body: { dismiss: true }, words: ["--dismiss"] });
  const link = (id, label) => ({ label, body: { link: id }, words: ["--link", id] });
  switch (row.kind) {
    case "conflict":
    case "oscillation":
      return [
        take("left", `Take ${names.left}`),
        take("right", `Take ${names.right}`),
        dismiss("Leave both as they are"),
      ];
    case "gone":
    case "gone-edited": {
      const { gone, kept } = row.values ?? {};
      const goneSide = gone === names.left ? "left" : gone === names.right ? "right" : null;
      if (goneSide === null) return [dismiss("Leave it as it is")];
      const keptSide = goneSide === "left" ? "right" : "left";
      return [
        take(keptSide, `Keep it: create it again in ${gone}`),
        take(goneSide, `Delete it in ${kept} too`, `Delete ${kept}:${row[keptSide]} in ${kept}?`),
        dismiss("Unlink, keep the one there is"),
      ];
    }
    case "ambiguous":
      return [
        ...candidatesOf(row, names).map(({ id, left, right }) =>
          link(id, `Link ${names.left} ${left} with ${names.right} ${right}`),
        ),
        dismiss("Leave them unlinked"),
      ];
    case "matched-taken":
      return [dismiss("Leave it unlinked")];
    case "unknown-outcome": {
      const written = row.values?.side;
      const id = row[written];
      return [
        ...(id === null || id === undefined ? [] : [link(id, `It arrived, as ${names[written]} ${id}`)]),
        dismiss("It did not arrive: try again"),
      ];
    }
    case "value-rejected":
    case "drift":
      return [dismiss("Leave it as it is")];
    default:
      return [];
  }
}

/** The links that a person can choose: one record of the case with each candidate of the other side. */
function candidatesOf(row, names) {
  const lists = { left: row.values?.[names.left] ?? [], right: row.values?.[names.right] ?? [] };
  if (!Array.isArray(lists.left) || !Array.isArray(lists.right)) return [];
  const found = [];
  if (row.left !== null) for (const id of lists.right) found.push({ id, left: row.left, right: id });
  if (row.right !== null)
    for (const id of lists.left)
      if (!lists.right.includes(id) && id !== row.left) found.push({ id, left: id, right: row.right });
  return found;
}

function arrivedAs(row, names, can, act, path) {
  const where = names[row.values?.side] ?? "the other side";
  const label = `id of the record in ${where}`;
  const input = h("input", { "aria-label": label, placeholder: label, autocomplete: "off" });
  const send = () =>
    input.value.trim() === ""
      ? undefined
      : act(path, { link: input.value.trim() }, `case ${row.id}: answered; the next run acts on it`);
  return h(
    "div",
    { class: "answer" },
    input,
    button("It arrived, as this one", `${row.id} arrived`, send, { disabled: !can("operate") }),
    command(`${commandLine("cases", "resolve", row.id, "--link")} ID`),
  );
}

function otherValue(row, names, can, act, path) {
  const input = h("input", {
    "aria-label": `another value, as ${names.left} writes it`,
    placeholder: `another value, as ${names.left} writes it`,
    autocomplete: "off",
  });
  const send = () => {
    const text = input.value.trim();
    if (text === "") return undefined;
    return act(
      path,
      { value: typedLike(row.values?.left ?? row.values?.right, text) },
      `case ${row.id}: answered; the next run acts on it`,
    );
  };
  return h(
    "div",
    { class: "answer" },
    input,
    button("Take this value", `${row.id} value`, send, { disabled: !can("operate") }),
    command(`${commandLine("cases", "resolve", row.id, "--value")} JSON`),
  );
}

/** What was typed, as the kind of value that stands there. */
function typedLike(sample, text) {
  if (typeof sample === "number" && text !== "" && !Number.isNaN(Number(text))) return Number(text);
  if (typeof sample === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}
