// The page of a sandbox as HTML: a table of records that can be edited in place, and beside it what happens. The server
// renders all of it; the script (page-script.ts) fetches the moving parts again every second.

import type { LogLine, Activity } from "./activity.ts";
import type { Plain, Stored } from "./database.ts";
import { PAGE_STYLE } from "./page-style.ts";
import type { Records } from "./records.ts";
import type { FieldShape, ObjectShape } from "./shape.ts";

export interface PageOptions {
  readonly records: Records;
  readonly activity: Activity;
  readonly now: () => number;
  readonly title: string;
  readonly about: string;
  /** CSS colour that tells the two sandboxes apart. */
  readonly accent: string;
}

/** What the visitor looks at. */
export interface View {
  readonly shape: ObjectShape;
  readonly search: string;
  readonly order: "changed" | "id";
  /** From 1. */
  readonly page: number;
}

export interface Parts {
  readonly rows: string;
  readonly log: string;
  readonly summary: string;
  readonly pages: number;
}

const ROWS = 40;
/** How long a change stays marked: long enough to look over from the other page. */
const FRESH_MS = 8000;

export function renderParts(options: PageOptions, view: View): Parts {
  const { shape } = view;
  const all = options.records.database.list(shape.object);
  const wanted = view.search.trim().toLowerCase();
  const found = wanted === "" ? [...all] : all.filter((record) => matches(record, wanted));
  if (view.order === "changed") found.sort((a, b) => b.changedAt - a.changedAt || (a.id < b.id ? -1 : 1));
  const pages = Math.max(1, Math.ceil(found.length / ROWS));
  const start = (Math.min(view.page, pages) - 1) * ROWS;
  const rows = found.slice(start, start + ROWS).map((record) => row(options, shape, record));
  const empty = `<tr><td class="none" colspan="${String(shape.fields.length + 3)}">Nothing here.</td></tr>`;
  return {
    rows: rows.length === 0 ? empty : rows.join(""),
    log: options.activity
      .lines()
      .map((line) => logLine(line))
      .join(""),
    summary: found.length === all.length ? String(all.length) : `${String(found.length)} of ${String(all.length)}`,
    pages,
  };
}

export function renderPage(options: PageOptions, view: View): string {
  const parts = renderParts(options, view);
  const { shape } = view;
  const tabs = options.records.shapes.map(
    (one) => `<a href="/?object=${one.object}"${one === shape ? ' aria-current="page"' : ""}>${escape(one.title)}</a>`,
  );
  const heads = shape.fields.map(
    (field) => `<th scope="col"${isNumber(field) ? ' class="number"' : ""}>${escape(field.label)}</th>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(options.title)}</title>
<style>:root { --accent: ${options.accent}; }${PAGE_STYLE}</style>
</head>
<body>
<header><h1>${escape(options.title)}</h1><p>${escape(options.about)}</p></header>
<nav>${tabs.join("")}</nav>
<div class="tools">
<input id="search" type="search" placeholder="Search" aria-label="Search" value="${escape(view.search)}">
<select id="order" aria-label="Order"><option value="changed">last changed first</option><option value="id">by number</option></select>
<button id="new" type="button">New ${escape(shape.singular)}</button>
<span><b id="summary">${parts.summary}</b> ${escape(shape.title.toLowerCase())}</span>
<span class="pager"><button id="back" type="button" aria-label="Page before">‹</button> <span id="place">1 / ${String(parts.pages)}</span> <button id="forward" type="button" aria-label="Next page">›</button></span>
</div>
<main>
<div class="table"><table><thead><tr><th scope="col">No.</th>${heads.join("")}<th scope="col">Changed (UTC)</th><th></th></tr></thead><tbody id="rows">${parts.rows}</tbody></table></div>
<aside><h2>What happens here</h2><ol id="log">${parts.log}</ol></aside>
</main>
<dialog id="form"><form method="dialog"><h2>New ${escape(shape.singular)}</h2>${shape.fields.map((field) => formField(field)).join("")}
<menu><button value="cancel" formnovalidate>Cancel</button><button id="create" value="default">Create</button></menu></form></dialog>
<div id="message" role="status"></div>
<script type="application/json" id="shape">${JSON.stringify(pageShape(shape)).replaceAll("<", "\\u003c")}</script>
<script src="/ui/page.js"></script>
</body>
</html>`;
}

/** What the script must know of a field to offer the right editor. */
function pageShape(shape: ObjectShape): object {
  return {
    object: shape.object,
    fields: shape.fields.map((field) => ({ name: field.name, choices: choicesOf(field) })),
  };
}

function choicesOf(field: FieldShape): readonly string[] | null {
  if (field.kind === "choice") return field.required === true ? field.choices : ["", ...field.choices];
  return field.kind === "boolean" ? ["", "true", "false"] : null;
}

function row(options: PageOptions, shape: ObjectShape, record: Stored): string {
  const fresh = options.activity.freshFields(record.id, FRESH_MS);
  const cells = shape.fields.map((field) => {
    const classes = [
      ...(isNumber(field) ? ["number"] : []),
      ...(field.readOnly === true ? ["fixed"] : []),
      ...(fresh?.has(field.name) === true ? ["fresh"] : []),
    ];
    const edit = field.readOnly === true ? "" : ` tabindex="0" data-field="${field.name}"`;
    return `<td class="${classes.join(" ")}"${edit}>${escape(shownText(record.values[field.name] ?? null))}</td>`;
  });
  const changed = new Date(record.changedAt).toISOString().replace("T", " ").slice(0, 19);
  return (
    `<tr data-id="${escape(record.id)}"${fresh === null ? "" : ' class="fresh"'}><th scope="row">${escape(record.id)}</th>${cells.join("")}` +
    `<td class="time">${changed}</td><td><button class="delete" type="button" aria-label="Delete ${escape(record.id)}">✕</button></td></tr>`
  );
}

function logLine(line: LogLine): string {
  const time = new Date(line.at).toISOString().slice(11, 19);
  const times = line.times > 1 ? ` <b>×${String(line.times)}</b>` : "";
  return `<li class="${line.tone}"><time>${time}</time> ${escape(line.text)}${times}</li>`;
}

function formField(field: FieldShape): string {
  if (field.readOnly === true) return "";
  const attributes = `name="${field.name}"${field.required === true ? " required" : ""}`;
  const choices = choicesOf(field);
  const input =
    choices === null
      ? `<input ${attributes}${field.kind === "date" ? ' type="date"' : ""} autocomplete="off">`
      : `<select ${attributes}>${choices.map((choice) => `<option>${escape(choice)}</option>`).join("")}</select>`;
  return `<label>${escape(field.label)}${input}</label>`;
}

function matches(record: Stored, wanted: string): boolean {
  return [record.id, ...Object.values(record.values)].some((value) =>
    String(value ?? "")
      .toLowerCase()
      .includes(wanted),
  );
}

function isNumber(field: FieldShape): boolean {
  return field.kind === "amount" || field.kind === "integer";
}

function shownText(value: Plain): string {
  return value === null ? "" : String(value);
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
