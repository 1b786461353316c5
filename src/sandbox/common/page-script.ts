// What runs in the visitor's browser: fetches the moving parts every second, turns a cell into an editor, sends what was
// typed. Plain JavaScript as it is served; everything shown was escaped by the server.

export const PAGE_SCRIPT = `"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const shape = JSON.parse(byId("shape").textContent);
  const rows = byId("rows");
  let page = 1;
  let pages = 1;
  let editing = false;
  let shownRows = null;
  let shownLog = null;
  let complaint;

  const say = (text) => {
    byId("message").textContent = text;
    clearTimeout(complaint);
    complaint = setTimeout(() => { byId("message").textContent = ""; }, 5000);
  };

  const refresh = async () => {
    const query = new URLSearchParams({ object: shape.object, q: byId("search").value, order: byId("order").value, page: String(page) });
    const parts = await (await fetch("/ui/view?" + query)).json();
    if (!editing && parts.rows !== shownRows) rows.innerHTML = shownRows = parts.rows;
    if (parts.log !== shownLog) byId("log").innerHTML = shownLog = parts.log;
    pages = parts.pages;
    page = Math.min(page, pages);
    byId("summary").textContent = parts.summary;
    byId("place").textContent = page + " / " + pages;
  };
  const refreshQuietly = () => refresh().catch(() => say("this sandbox does not answer"));

  const send = async (path, values) => {
    const response = await fetch("/ui/" + shape.object + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(values),
    });
    if (!response.ok) say((await response.json()).message);
    await refreshQuietly();
    return response.ok;
  };

  const edit = (cell) => {
    if (editing) return;
    editing = true;
    const field = shape.fields.find((one) => one.name === cell.dataset.field);
    const before = cell.textContent;
    const editor = document.createElement(field.choices ? "select" : "input");
    for (const choice of field.choices || []) editor.append(new Option(choice, choice));
    editor.value = before;
    cell.replaceChildren(editor);
    editor.focus();
    let ended = false;
    const end = (keep) => {
      if (ended) return;
      ended = true;
      const typed = editor.value;
      cell.textContent = keep ? typed : before;
      editing = false;
      shownRows = null;
      if (keep && typed !== before) send("/" + cell.parentElement.dataset.id, { [field.name]: typed });
    };
    editor.addEventListener("blur", () => end(true));
    editor.addEventListener("keydown", (event) => {
      if (event.key === "Enter") end(true);
      if (event.key === "Escape") end(false);
    });
    if (field.choices) editor.addEventListener("change", () => end(true));
  };

  rows.addEventListener("click", (event) => {
    const cell = event.target.closest("td[data-field]");
    if (cell && event.target === cell) edit(cell);
    const id = event.target.closest(".delete") && event.target.closest("tr").dataset.id;
    if (id && confirm("Delete " + id + "?")) send("/" + id + "/delete", {});
  });
  rows.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("td[data-field]")) return;
    event.preventDefault();
    edit(event.target);
  });
  byId("search").addEventListener("input", () => { page = 1; refreshQuietly(); });
  byId("order").addEventListener("change", refreshQuietly);
  byId("back").addEventListener("click", () => { page = Math.max(1, page - 1); refreshQuietly(); });
  byId("forward").addEventListener("click", () => { page = Math.min(pages, page + 1); refreshQuietly(); });
  byId("new").addEventListener("click", () => byId("form").showModal());
  byId("form").addEventListener("submit", async (event) => {
    if (event.submitter && event.submitter.value === "cancel") return;
    event.preventDefault();
    const form = event.target;
    if (await send("", Object.fromEntries(new FormData(form)))) {
      form.reset();
      byId("form").close();
    }
  });
  refreshQuietly();
  setInterval(() => { if (!document.hidden) refreshQuietly(); }, 1000);
})();
`;
