// CardDAV speaks XML and vCards; the rest of the connector speaks JSON. Each function makes the requests of one operation and
// gives cards as { id, etag, uid, name, email, phone, card }: id is the last part of the card's address, card its whole text.

const PROPS = "<D:prop><D:getetag/><C:address-data/></D:prop>";
const XML = { "content-type": "application/xml; charset=utf-8" };

/** `list`: every card of the address book. */
export async function list(_variables, { send }) {
  const answer = await report(
    send,
    `<C:addressbook-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">${PROPS}</C:addressbook-query>`,
  );
  return answer.status === 207 ? good({ cards: responses(answer.body).map(cardOf) }) : answer;
}

/** `changes`: by sync-token. Without one, all there is and the token to go on from. */
export async function changes({ cursor }, { send }) {
  const answer = await report(
    send,
    `<D:sync-collection xmlns:D="DAV:"><D:sync-token>${escaped(cursor ?? "")}</D:sync-token><D:sync-level>1</D:sync-level>` +
      `<D:prop><D:getetag/></D:prop></D:sync-collection>`,
  );
  // A token that is no longer known: the reader has to start over.
  if (answer.status !== 207) return /valid-sync-token/.test(String(answer.body)) ? { ...answer, status: 410 } : answer;
  const found = responses(answer.body);
  const gone = found.filter(({ status }) => status === 404).map(({ id }) => ({ id, deleted: true }));
  const hrefs = found.filter(({ status }) => status !== 404).map(({ href }) => `<D:href>${escaped(href)}</D:href>`);
  let cards = [];
  if (hrefs.length > 0) {
    const read = await report(
      send,
      `<C:addressbook-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">${PROPS}${hrefs.join("")}</C:addressbook-multiget>`,
    );
    if (read.status !== 207) return read;
    // What was deleted in between is told by the next reading.
    cards = responses(read.body).flatMap((one) => (one.text === null ? [] : [cardOf(one)]));
  }
  return good({ cards: [...cards, ...gone], token: unescaped(inside(answer.body, "sync-token") ?? "") });
}

/** `get`: one card. */
export async function get({ id }, { send }) {
  const answer = await send({
    method: "GET",
    path: `/${encodeURIComponent(id)}`,
    headers: { accept: "text/vcard" },
    reads: true,
  });
  return answer.status === 200 ? good(cardOf({ id, etag: answer.headers.etag, text: String(answer.body) })) : answer;
}

/** `create`: the key of the write is the card's name, so that a second attempt meets the first one's card. */
export async function create({ record, op }, { send }) {
  const uid = op.key.replace(/[^\w-]/g, "-");
  const empty = `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${uid}\r\nFN:\r\nN:;;;;\r\nEND:VCARD\r\n`;
  const answer = await put(send, `${uid}.vcf`, edited(empty, record), { "if-none-match": "*" });
  return answer.status === 201 || answer.status === 412 ? good({ id: `${uid}.vcf` }) : answer;
}

/** `update`: the card as it was read with these properties put in; If-Match comes from the guard. */
export async function update({ id, changed, item }, { send }) {
  const answer = await put(send, id, edited(item.card, changed), {});
  return answer.status < 300 ? good({ id }) : answer;
}

function good(body) {
  return { status: 200, headers: {}, body };
}

function report(send, body) {
  const headers = { ...XML, accept: "application/xml", depth: "1" };
  return send({ method: "REPORT", path: "/", headers, body: `<?xml version="1.0"?>${body}`, reads: true });
}

function put(send, id, card, headers) {
  const type = { "content-type": "text/vcard; charset=utf-8" };
  return send({ method: "PUT", path: `/${encodeURIComponent(id)}`, headers: { ...type, ...headers }, body: card });
}

/** The responses of a multistatus, whatever prefixes it uses. */
function responses(xml) {
  return [...String(xml).matchAll(/<(?:\w+:)?response>([\s\S]*?)<\/(?:\w+:)?response>/g)].map(([, part]) => {
    const href = unescaped(inside(part, "href") ?? "");
    const text = inside(part, "address-data");
    return {
      href,
      id: decodeURIComponent(href.split("/").at(-1) ?? ""),
      status: Number(/\s(\d{3})\s/.exec(inside(part, "status") ?? "")?.[1] ?? 200),
      etag: unescaped(inside(part, "getetag") ?? ""),
      text: text === null ? null : unescaped(text),
    };
  });
}

function inside(xml, name) {
  return new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([\\s\\S]*?)</(?:\\w+:)?${name}>`).exec(xml)?.[1] ?? null;
}

function cardOf({ id, etag, text }) {
  const lines = unfolded(text ?? "");
  const value = (name) => {
    const line = lines.find((each) => new RegExp(`^(?:[\\w-]+\\.)?${name}[;:]`, "i").test(each));
    return line === undefined ? null : plainText(line.slice(valueAt(line)));
  };
  return { id, etag, uid: value("UID"), name: value("FN"), email: value("EMAIL"), phone: value("TEL"), card: text };
}

/** The card with these properties replaced, added or, where null, taken out; every other line stays as it is. */
function edited(card, { name, email, phone }) {
  let lines = unfolded(card);
  const put = (property, value) => {
    if (value === undefined) return;
    const at = lines.findIndex((line) => new RegExp(`^(?:[\\w-]+\\.)?${property}[;:]`, "i").test(line));
    if (value === null || value === "") lines = lines.filter((_, index) => index !== at);
    else if (at >= 0) lines[at] = lines[at].slice(0, valueAt(lines[at])) + cardText(value);
    else lines.splice(lines.length - 1, 0, `${property}:${cardText(value)}`);
  };
  put("FN", name);
  if (typeof name === "string") {
    const [last = "", ...first] = name.trim().split(/\s+/).reverse();
    const at = lines.findIndex((line) => /^N[;:]/i.test(line));
    const written = `N:${cardText(last)};${cardText(first.reverse().join(" "))};;;`;
    if (at >= 0) lines[at] = written;
    else lines.splice(lines.length - 1, 0, written);
  }
  put("EMAIL", email);
  put("TEL", phone);
  return `${lines.join("\r\n")}\r\n`;
}

/** Long lines go on in the next one, after a blank. */
function unfolded(card) {
  return card
    .replace(/\r?\n[ \t]/g, "")
    .split(/\r?\n/)
    .filter((line) => line !== "");
}

/** Where the value of a line begins: behind the first colon outside of quotes. */
function valueAt(line) {
  let quoted = false;
  for (let index = 0; index < line.length; index += 1) {
    if (line[index] === '"') quoted = !quoted;
    if (line[index] === ":" && !quoted) return index + 1;
  }
  return line.length;
}

function plainText(value) {
  return value.replace(/\\([\\;,nN])/g, (_, sign) => (sign === "n" || sign === "N" ? "\n" : sign));
}

function cardText(value) {
  return String(value)
    .replace(/[\\;,]/g, "\\$&")
    .replace(/\r?\n/g, "\\n");
}

const ENTITIES = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function unescaped(text) {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) =>
    name === undefined
      ? String.fromCodePoint(decimal === undefined ? parseInt(hex, 16) : Number(decimal))
      : (ENTITIES[name] ?? whole),
  );
}

function escaped(text) {
  return String(text).replace(/[&<>]/g, (sign) => `&${Object.keys(ENTITIES).find((name) => ENTITIES[name] === sign)};`);
}
