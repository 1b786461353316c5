// A small NetSuite that speaks SOAP, as its public documentation describes it, on a real socket: it reads each envelope with a parser
// of its own, makes every signature again from the secrets it knows, refuses a nonce that it has seen and a time that is not now,
// and searches anew for each page. `disturb` is asked before each call and may change the world or answer in its place.

import { createHmac } from "node:crypto";
import { XMLParser } from "fast-xml-parser";
import { startRemote, type Answering, type Remote } from "../connector/remote.ts";

export const ACCOUNT = "1234567_SB1";
export const SECRETS = {
  consumer_key: "canary-consumer-key",
  consumer_secret: "canary-consumer-secret",
  token: "canary-token-id",
  token_secret: "canary-token-secret",
};

const SKEW_SECONDS = 300;
const EXPIRES_SECONDS = 900;

type Node = Readonly<Record<string, unknown>>;

interface Row {
  readonly id: string;
  readonly type: string;
  readonly externalId: string | null;
  /** Content of its elements, as XML. */
  readonly fields: Readonly<Record<string, string>>;
  readonly modified: number;
}

interface Search {
  readonly criteria: Node;
  readonly pageSize: number;
  used: number;
}

interface Call {
  readonly operation: string;
  readonly count: number;
  readonly passport: Readonly<Record<string, string>>;
  readonly body: Node;
  readonly xml: string;
}

export interface NetSuite {
  readonly remote: Remote;
  readonly calls: Call[];
  /** Seconds since 1970, by the server's clock. */
  now(): number;
  /** Seconds that the server's clock is ahead. */
  ahead: number;
  readonly rows: Map<string, Row>;
  /** Null: as usual. `lose`: the call is carried out, and its answer does not arrive. */
  disturb: (call: Call) => Answering | "lose" | null;
  add(type: string, fields: Readonly<Record<string, string>>): string;
  remove(id: string): void;
  /** Forgets every search, as time does. */
  expire(): void;
}

/** The names of schema types, by those of references to records. */
const TYPES: Readonly<Record<string, string>> = {
  customer: "Customer",
  contact: "Contact",
  inventoryItem: "InventoryItem",
  priceLevel: "PriceLevel",
  salesOrder: "SalesOrder",
  invoice: "Invoice",
  customerPayment: "CustomerPayment",
};

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (name, path) => name === "searchValue" || String(path).endsWith("nullFieldList.name"),
});

/** @param clock Seconds since 1970. */
export async function startNetSuite(clock: () => number): Promise<NetSuite> {
  const remote = await startRemote();
  const nonces = new Set<string>();
  const searches = new Map<string, Search>();
  const deleted: { readonly id: string; readonly type: string; readonly at: number }[] = [];
  let last = 100;

  const world: NetSuite = {
    remote,
    calls: [],
    now: () => clock() + world.ahead,
    ahead: 0,
    rows: new Map(),
    disturb: () => null,
    add(type, fields) {
      last += 1;
      const row = { id: String(last), type, externalId: null, fields, modified: world.now() };
      world.rows.set(row.id, row);
      return row.id;
    },
    remove(id) {
      const row = world.rows.get(id);
      if (row === undefined) throw new Error(`there is no record ${id}`);
      world.rows.delete(id);
      deleted.push({ id, type: row.type, at: world.now() });
    },
    expire: () => {
      searches.clear();
    },
  };

  const refused = (passport: Readonly<Record<string, string>>, algorithm: string): string | null => {
    const { account = "", consumerKey = "", token = "", nonce = "", timestamp = "", signature } = passport;
    const signs = [account, consumerKey, token, nonce, timestamp].join("&");
    const due = createHmac("sha256", `${SECRETS.consumer_secret}&${SECRETS.token_secret}`)
      .update(signs)
      .digest("base64");
    if (algorithm !== "HMAC-SHA256" || signature !== due) return "the signature is another";
    if (account !== ACCOUNT || consumerKey !== SECRETS.consumer_key || token !== SECRETS.token) return "not known";
    if (!/^[A-Za-z0-9]{6,64}$/.test(nonce) || nonces.has(nonce)) return "the nonce was used";
    if (Math.abs(Number(timestamp) - world.now()) > SKEW_SECONDS) return "the time is another";
    nonces.add(nonce);
    return null;
  };

  const searchPage = (id: string, index: number): string => {
    const search = searches.get(id);
    const root = (inner: string): string => `<c:searchResult xmlns:c="urn:core">${inner}</c:searchResult>`;
    if (search === undefined || world.now() - search.used > EXPIRES_SECONDS)
      return root(failed("INVALID_JOB_ID", "The job id is invalid or has expired"));
    search.used = world.now();
    const found = [...world.rows.values()].filter((row) => matches(row, search.criteria));
    const page = found.slice((index - 1) * search.pageSize, index * search.pageSize);
    return root(
      `${OK}<c:totalRecords>${String(found.length)}</c:totalRecords><c:pageSize>${String(search.pageSize)}</c:pageSize>` +
        `<c:totalPages>${String(Math.ceil(found.length / search.pageSize))}</c:totalPages><c:pageIndex>${String(index)}</c:pageIndex>` +
        `<c:searchId>${id}</c:searchId><c:recordList>${page.map((row) => recordXml("c:record", row)).join("")}</c:recordList>`,
    );
  };

  const write = (record: Node, id: string | null): Row => {
    const before = id === null ? undefined : world.rows.get(id);
    const emptied = listOf(fieldsOf(record["nullFieldList"])["name"]).map(String);
    const kept = Object.entries(before?.fields ?? {}).filter(([name]) => !emptied.includes(name));
    const sent = Object.entries(record).filter(([name]) => !name.startsWith("@") && name !== "nullFieldList");
    const fields = Object.fromEntries([...kept, ...sent.map(([name, value]) => [name, xmlOf(value)])]) as Row["fields"];
    const [type = ""] = Object.entries(TYPES).find(([, name]) => name === localName(record["@type"])) ?? [];
    const externalId = before?.externalId ?? (textOf(record["@externalId"]) || null);
    const row: Row = { id: id ?? String((last += 1)), type, externalId, fields, modified: world.now() };
    world.rows.set(row.id, row);
    return row;
  };

  const written = (row: Pick<Row, "id" | "type">): string =>
    `<writeResponse xmlns:c="urn:core">${OK}<baseRef xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="c:RecordRef" internalId="${row.id}" type="${row.type}"/></writeResponse>`;

  const missing = "That record does not exist.";
  const operations: Readonly<Record<string, (body: Node, header: Node) => string>> = {
    search(body, header) {
      const id = `WEBSERVICES_${ACCOUNT}_${String((last += 1))}`;
      const pageSize = Number(fieldsOf(header["searchPreferences"])["pageSize"] ?? 1000);
      searches.set(id, {
        criteria: fieldsOf(body["searchRecord"]),
        pageSize: Math.min(pageSize, 2),
        used: world.now(),
      });
      return searchPage(id, 1);
    },
    searchMoreWithId: (body) => searchPage(textOf(body["searchId"]), Number(body["pageIndex"])),
    get(body) {
      const ref = fieldsOf(body["baseRef"]);
      const row = world.rows.get(textOf(ref["@internalId"]));
      const found = row?.type === ref["@type"] ? row : undefined;
      const inner = found === undefined ? failed("RCRD_DSNT_EXIST", missing) : OK + recordXml("record", found);
      return `<readResponse xmlns:c="urn:core">${inner}</readResponse>`;
    },
    getDeleted(body) {
      const { deletedDate, type } = fieldsOf(body["getDeletedFilter"]);
      const [since] = listOf(fieldsOf(deletedDate)["searchValue"]);
      const types = listOf(fieldsOf(type)["searchValue"]);
      const from = Date.parse(String(since)) / 1000;
      const found = deleted.filter((each) => each.at >= from && types.includes(each.type));
      const index = Number(body["pageIndex"]);
      const page = found.slice((index - 1) * 2, index * 2);
      return (
        `<c:getDeletedResult xmlns:c="urn:core">${OK}<c:totalRecords>${String(found.length)}</c:totalRecords><c:pageSize>2</c:pageSize>` +
        `<c:totalPages>${String(Math.ceil(found.length / 2))}</c:totalPages><c:pageIndex>${String(index)}</c:pageIndex><c:deletedRecordList>` +
        page
          .map(
            ({ id, type: of, at }) =>
              `<c:deletedRecord><c:deletedDate>${instant(at)}</c:deletedDate><c:record xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="c:RecordRef" internalId="${id}" type="${of}"/></c:deletedRecord>`,
          )
          .join("") +
        "</c:deletedRecordList></c:getDeletedResult>"
      );
    },
    upsert(body) {
      const record = fieldsOf(body["record"]);
      const known = [...world.rows.values()].find((row) => row.externalId === record["@externalId"]);
      const email = textOf(record["email"]);
      const taken = [...world.rows.values()].some(
        (row) => email !== "" && row.fields["email"] === email && row !== known,
      );
      if (taken)
        return `<writeResponse xmlns:c="urn:core">${failed("UNIQUE_CUST_ID_REQD", "already exists")}</writeResponse>`;
      return written(write(record, known?.id ?? null));
    },
    update(body) {
      const record = fieldsOf(body["record"]);
      const id = textOf(record["@internalId"]);
      if (!world.rows.has(id))
        return `<writeResponse xmlns:c="urn:core">${failed("RCRD_DSNT_EXIST", missing)}</writeResponse>`;
      return written(write(record, id));
    },
    delete(body) {
      const id = textOf(fieldsOf(body["baseRef"])["@internalId"]);
      const row = world.rows.get(id);
      if (row === undefined)
        return `<writeResponse xmlns:c="urn:core">${failed("RCRD_DSNT_EXIST", missing)}</writeResponse>`;
      world.remove(id);
      return written(row);
    },
  };

  remote.handle(({ body: xml, headers }, count) => {
    const { Envelope } = parser.parse(xml) as { readonly Envelope: Node };
    const header = fieldsOf(Envelope["Header"]);
    const [found] = Object.entries(fieldsOf(Envelope["Body"])).filter(([name]) => !name.startsWith("@"));
    const [operation = "", content] = found ?? [];
    const passport = fieldsOf(header["tokenPassport"]);
    const signature = fieldsOf(passport["signature"]);
    const told = Object.fromEntries(Object.entries(passport).map(([name, value]) => [name, textOf(value)]));
    const call: Call = { operation, count, passport: told, body: fieldsOf(content), xml };
    world.calls.push(call);
    if (headers["soapaction"] !== `"${operation}"`) return { status: 400 };
    const why = refused({ ...told, signature: textOf(signature["#text"]) }, textOf(signature["@algorithm"]));
    if (why !== null)
      return fault("INVALID_LOGIN_ATTEMPT", `Invalid login attempt: ${why} (nonce ${told["nonce"] ?? ""}).`);
    const other = world.disturb(call);
    if (other !== null && other !== "lose") return other;
    const answer = operations[operation];
    if (answer === undefined) return fault("INVALID_REQUEST", operation);
    const answered = envelope(
      `<m:${operation}Response xmlns:m="urn:messages">${answer(call.body, header)}</m:${operation}Response>`,
    );
    return other === "lose" ? "cut" : answered;
  });
  return world;
}

const OK = '<c:status xmlns:c="urn:core" isSuccess="true"/>';

function failed(code: string, message: string): string {
  return `<c:status xmlns:c="urn:core" isSuccess="false"><c:statusDetail type="ERROR"><c:code>${code}</c:code><c:message>${message}</c:message></c:statusDetail></c:status>`;
}

function envelope(inner: string): Answering {
  return {
    headers: { "content-type": "text/xml; charset=utf-8" },
    body: `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>${inner}</soapenv:Body></soapenv:Envelope>`,
  };
}

/** As the service says that a whole call is refused. */
export function fault(code: string, message: string): Answering {
  const inner =
    `<soapenv:Fault><faultcode>soapenv:Server.userException</faultcode><faultstring>${message}</faultstring><detail>` +
    `<f:fault xmlns:f="urn:faults"><f:code>${code}</f:code><f:message>${message}</f:message></f:fault></detail></soapenv:Fault>`;
  const answer = envelope(inner);
  return typeof answer === "object" ? { ...answer, status: 500 } : answer;
}

/** A record with its status, as `writeResponse` or the answer of one operation holds it. */
export function statusOf(operation: string, wrapper: string, code: string): Answering {
  return envelope(
    `<m:${operation}Response xmlns:m="urn:messages"><${wrapper}>${failed(code, "no")}</${wrapper}></m:${operation}Response>`,
  );
}

function recordXml(tag: string, { id, type, externalId, fields, modified }: Row): string {
  const inner = Object.entries({ ...fields, lastModifiedDate: instant(modified) })
    .map(([name, value]) =>
      value.startsWith("<ref ") ? value.replace("<ref ", `<${name} `) : `<${name}>${value}</${name}>`,
    )
    .join("");
  const external = externalId === null ? "" : ` externalId="${externalId}"`;
  return `<${tag} xmlns:c="urn:core" xmlns:r="${NAMESPACES[type] ?? ""}" xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="r:${TYPES[type] ?? ""}" internalId="${id}"${external}>${inner}</${tag}>`;
}

const NAMESPACES: Readonly<Record<string, string>> = {
  customer: "urn:relationships_2025_2.lists.webservices.netsuite.com",
  contact: "urn:relationships_2025_2.lists.webservices.netsuite.com",
  inventoryItem: "urn:accounting_2025_2.lists.webservices.netsuite.com",
  priceLevel: "urn:accounting_2025_2.lists.webservices.netsuite.com",
  salesOrder: "urn:sales_2025_2.transactions.webservices.netsuite.com",
  invoice: "urn:sales_2025_2.transactions.webservices.netsuite.com",
  customerPayment: "urn:customers_2025_2.transactions.webservices.netsuite.com",
};

/** Which records each kind of search is over; the one over transactions, and over items, names the type itself. */
const SEARCHES: Readonly<Record<string, string>> = {
  CustomerSearchBasic: "customer",
  ContactSearchBasic: "contact",
  PriceLevelSearchBasic: "priceLevel",
};

function matches(row: Row, criteria: Node): boolean {
  const type = SEARCHES[localName(criteria["@type"])];
  if (type !== undefined && row.type !== type) return false;
  return Object.entries(criteria).every(([name, given]) => {
    if (name.startsWith("@")) return true;
    const field = fieldsOf(given);
    const values = listOf(field["searchValue"]).map(String);
    if (name === "type") return values.includes(`_${row.type}`);
    if (name === "mainLine") return values[0] === "true";
    if (name === "lastModifiedDate") return row.modified >= Date.parse(values[0] ?? "") / 1000;
    return field["@operator"] === "is" && values[0] === row.fields[name];
  });
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace("Z", "+00:00");
}

function fieldsOf(value: unknown): Node {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Node) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : value === undefined ? [] : [value];
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const text = fieldsOf(value)["#text"];
  return typeof text === "string" ? text : "";
}

function localName(value: unknown): string {
  const text = textOf(value);
  return text.slice(text.indexOf(":") + 1);
}

/** An element's content as it is kept: a reference by itself, anything else as XML. */
function xmlOf(value: unknown): string {
  if (typeof value === "string") return value;
  const fields = fieldsOf(value);
  if (typeof fields["@internalId"] === "string") return `<ref internalId="${fields["@internalId"]}"/>`;
  return Object.entries(fields)
    .filter(([name]) => !name.startsWith("@"))
    .flatMap(([name, entry]) => listOf(entry).map((one) => `<${name}>${xmlOf(one)}</${name}>`))
    .join("");
}
