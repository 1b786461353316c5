// @ts-nocheck This runs in browsers, whose types the rest of the program must not see.
// Elements without markup: whatever comes from a system is set as text and can be nothing else.

/**
 * @param tag Name of the element.
 * @param props Attributes; `on` holds listeners; false, null and undefined are left out.
 * @param children Elements, texts, lists of them; null is left out.
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(element, child);
    else if (typeof child === "object") element.appendChild(child);
    else element.appendChild(document.createTextNode(String(child)));
  }
}

/** A button that does one thing and cannot be pressed twice meanwhile. `key` lets it keep the focus when the page changes. */
export function button(label, key, action, props = {}) {
  const press = async (event) => {
    const pressed = event.currentTarget;
    // Not `disabled`: that would take the focus away from whoever works with the keyboard.
    if (pressed.getAttribute("aria-busy") === "true") return;
    pressed.setAttribute("aria-busy", "true");
    try {
      await action();
    } finally {
      pressed.removeAttribute("aria-busy");
    }
  };
  return h("button", { type: "button", "data-key": key, ...props, on: { click: press } }, label);
}

/** What to type instead of pressing. Selected whole by one click. */
export function command(text) {
  return h("code", { class: "command", title: "on the command line" }, text);
}

/** A time that keeps telling how long ago it was; see `tick`. */
export function moment(iso) {
  return h("time", { datetime: iso, title: iso, "data-at": Date.parse(iso) }, "");
}

/** A time that something is due. */
export function due(iso) {
  return h("time", { datetime: iso, title: iso, "data-at": Date.parse(iso), "data-due": true }, "");
}

export function tick(now) {
  for (const time of document.querySelectorAll("time[data-at]")) {
    const ahead = Number(time.dataset.at) - now;
    const words = time.dataset.due !== undefined && ahead < 500 ? "due now" : fromNow(ahead);
    if (time.textContent !== words) time.textContent = words;
  }
}

function fromNow(ms) {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const length =
    seconds < 60
      ? `${seconds} s`
      : seconds < 5400
        ? `${Math.round(seconds / 60)} min`
        : seconds < 129_600
          ? `${Math.round(seconds / 3600)} h`
          : `${Math.round(seconds / 86_400)} days`;
  if (seconds === 0) return "now";
  return ms < 0 ? `${length} ago` : `in ${length}`;
}

const shown = new Map();

/**
 * Shows `make(value)` in the element when the value differs from what it shows now, so that nobody loses the focus, an
 * opened detail or a half-typed answer because something elsewhere has changed.
 */
export function show(id, value, make) {
  const text = JSON.stringify(value);
  if (shown.get(id) === text) return;
  const place = document.getElementById(id);
  const editing =
    place.contains(document.activeElement) &&
    document.activeElement.tagName === "INPUT" &&
    document.activeElement.value !== "";
  if (editing) return;
  shown.set(id, text);
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const opened = new Set([...place.querySelectorAll("details[open][data-key]")].map((details) => details.dataset.key));
  place.replaceChildren(...[make(value)].flat());
  for (const details of place.querySelectorAll("details[data-key]"))
    if (opened.has(details.dataset.key)) details.open = true;
  if (focused === undefined) return;
  const again = [...place.querySelectorAll("[data-key]")].find((element) => element.dataset.key === focused);
  // What was worked with may be gone, as an answered case's buttons: the next tab goes on from here, not from the top.
  if (again === undefined) place.tabIndex = -1;
  (again ?? place).focus();
}
