// @ts-nocheck This runs in browsers, whose types the rest of the program must not see.
// Asking the daemon. The token lives in this tab's session storage and nowhere else.

const KEY = "syncline-token";

/** What the daemon refused, in its words. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function headers(more = {}) {
  const token = sessionStorage.getItem(KEY);
  return {
    accept: "application/json",
    "x-syncline": "1",
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...more,
  };
}

export function setToken(token) {
  sessionStorage.setItem(KEY, token);
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, credentials: "omit", redirect: "error" });
  } catch {
    throw new Refused(0, "the daemon does not answer");
  }
  const text = await response.text();
  if (response.ok) return parseExact(text);
  let detail = `the daemon answered ${response.status}`;
  try {
    detail = JSON.parse(text).detail ?? detail;
  } catch {
    // Not our daemon's answer: its status says enough.
  }
  throw new Refused(response.status, detail);
}

export function get(path) {
  return ask(path, { headers: headers() });
}

export function post(path, body = {}) {
  return ask(path, {
    method: "POST",
    headers: headers({ "content-type": "application/json" }),
    body: JSON.stringify(body),
  });
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** Numbers that would lose digits here are kept as texts: they are shown, never computed with. */
export function parseExact(text) {
  return JSON.parse(
    text.replace(TOKEN, (token) => (!token.startsWith('"') && token.length >= 16 ? `"${token}"` : token)),
  );
}

/** Listens until the connection ends. @returns after the end; throws Refused when it was not let in. */
export async function listen(heard, connected) {
  const response = await fetch("/v1/events", {
    headers: headers({ accept: "text/event-stream" }),
    credentials: "omit",
  }).catch(() => null);
  if (response === null) return;
  if (!response.ok) throw new Refused(response.status, "events are not told");
  connected();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: "" }));
    if (done) return;
    if (/^event:/m.test(value)) heard();
  }
}
