// A plain REST server that keeps records in memory: what most small systems are. It answers what it stored, honours If-Match and
// Idempotency-Key where they are sent, and can be told to misbehave, or to let somebody edit between two calls.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Row = Record<string, unknown> & { id: string };

export interface Fault {
  readonly method: string;
  /** Matches the path. */
  readonly path: RegExp;
  /** Matches the query; left out: any. */
  readonly query?: RegExp;
  /** Status to answer, or what to do with the connection. */
  readonly answer:
    number | "reset-before" | "reset-after" | "garbage" | "error-after" | "html" | ((answered: Answered) => Answered);
  readonly headers?: Readonly<Record<string, string>>;
  times: number;
}

export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

export interface PlainServer {
  readonly url: string;
  /** By object, by id. */
  readonly rows: Map<string, Map<string, Row>>;
  readonly calls: {
    readonly method: string;
    readonly path: string;
    readonly body: unknown;
    readonly headers?: IncomingMessage["headers"];
  }[];
  /** Called before each call is carried out: a person who edits at just that moment. */
  meanwhile: ((method: string, path: string) => void) | null;
  /** Field by object that no two records may share: 409. */
  readonly unique: Map<string, string>;
  readonly faults: Fault[];
  /** Ids of records that were merged into another one, which is answered in their place. */
  readonly merged: Map<string, string>;
  /** It takes no notice of idempotency keys. */
  forgetsKeys: boolean;
  /** What the server makes of a record before it is stored. */
  normalise: (object: string, row: Row) => Row;
  table(object: string): Map<string, Row>;
  /** As a person does in the system's own screen. */
  put(object: string, row: Record<string, unknown> & { id?: string }): Row;
  edit(object: string, id: string, changes: Record<string, unknown>): void;
  writes(): PlainServer["calls"];
  close(): Promise<void>;
}

export async function startPlainServer(prefix: string): Promise<PlainServer> {
  const rows = new Map<string, Map<string, Row>>();
  const calls: PlainServer["calls"] = [];
  const faults: Fault[] = [];
  const answered = new Map<string, readonly [number, unknown]>();
  let nextId = 1;
  let tick = Date.parse("2026-01-01T00:00:00Z");
  const table = (object: string): Map<string, Row> => {
    const found = rows.get(object) ?? new Map<string, Row>();
    rows.set(object, found);
    return found;
  };
  const stamp = (): string => new Date((tick += 1000)).toISOString();

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

  const self: PlainServer = {
    url,
    rows,
    calls,
    faults,
    merged: new Map(),
    meanwhile: null,
    unique: new Map(),
    forgetsKeys: false,
    normalise: (_object, row) => row,
    table,
    put(object, row) {
      const stored = self.normalise(object, {
        ...row,
        id: row.id ?? `${prefix}${String(nextId++)}`,
        updatedAt: stamp(),
      });
      table(object).set(stored.id, stored);
      return stored;
    },
    edit(object, id, changes) {
      const row = table(object).get(id);
      if (row === undefined) throw new Error(`no ${object} ${id}`);
      table(object).set(id, { ...row, ...changes, updatedAt: stamp() });
    },
    writes: () => calls.filter((call) => call.method !== "GET" && !call.path.endsWith("/search")),
    close: () => close(server),
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const body: unknown = text === "" ? null : JSON.parse(text);
    const address = new URL(request.url ?? "/", url);
    const method = request.method ?? "GET";
    self.meanwhile?.(method, address.pathname);
    calls.push({ method, path: address.pathname + address.search, body, headers: request.headers });
    const fault = faults.find(
      (each) =>
        each.times > 0 &&
        each.method === method &&
        each.path.test(address.pathname) &&
        (each.query?.test(address.search) ?? true),
    );
    if (fault !== undefined) fault.times -= 1;
    if (fault?.answer === "reset-before") return void request.socket.destroy();
    if (typeof fault?.answer === "number") return send(response, fault.answer, { error: "told to" }, fault.headers);
    if (fault?.answer === "html") {
      response.writeHead(200, { "content-type": "text/html" });
      return void response.end("<!doctype html><title>Sign in</title>");
    }
    const key = request.headers["idempotency-key"];
    const known = typeof key === "string" && !self.forgetsKeys ? answered.get(key) : undefined;
    const [status, answer] = known ?? act(method, address, body, request.headers["if-match"]);
    if (typeof key === "string") answered.set(key, [status, answer]);
    if (typeof fault?.answer === "function") {
      const told = fault.answer({ status, body: answer });
      return send(response, told.status, told.body, fault.headers);
    }
    if (fault?.answer === "error-after") return send(response, 500, { error: "told to" }, fault.headers);
    if (fault?.answer === "reset-after") return void request.socket.destroy();
    if (fault?.answer === "garbage") {
      response.writeHead(200, { "content-type": "application/json" });
      return void response.end('{"items": [');
    }
    send(response, status, answer);
  }

  function act(method: string, address: URL, body: unknown, ifMatch: string | undefined): readonly [number, unknown] {
    const [, object = "", id] = address.pathname.split("/").map(decodeURIComponent);
    const records = table(object);
    const fields = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
    if (method === "POST" && id === "search") {
      const items = [...records.values()].filter((row) =>
        Object.entries(fields).every(([name, value]) => row[name] === value),
      );
      return [200, { items }];
    }
    if (method === "GET" && id === undefined) {
      const since = address.searchParams.get("since");
      const all = [...records.values()].filter((row) => since === null || String(row["updatedAt"]) >= since);
      const page = Number(address.searchParams.get("page") ?? "1");
      const size = Number(address.searchParams.get("size") ?? "1000");
      return [200, { items: all.slice((page - 1) * size, page * size), total: all.length }];
    }
    const unique = self.unique.get(object);
    const taken = (given: Record<string, unknown>): boolean =>
      unique !== undefined && [...records.values()].some((row) => row[unique] === given[unique]);
    if (method === "POST" && id === "batch") {
      const inputs = Array.isArray(fields["inputs"]) ? (fields["inputs"] as Record<string, unknown>[]) : [];
      return [
        200,
        {
          results: inputs.map((input) =>
            input["name"] === "refuse me" ? { error: "refused", status: 422 } : self.put(object, input),
          ),
        },
      ];
    }
    if (method === "POST")
      return taken(fields) ? [409, { error: `${String(unique)} is taken` }] : [201, self.put(object, fields)];
    if (method === "PUT" && id !== undefined && !records.has(id)) return [201, self.put(object, { ...fields, id })];
    const row = id === undefined ? undefined : records.get(self.merged.get(id) ?? id);
    if (id === undefined || row === undefined) return [404, { error: "not found" }];
    if (method === "GET") return [200, row];
    if (ifMatch !== undefined && ifMatch !== `"${String(row["updatedAt"])}"`)
      return [412, { error: "edited meanwhile" }];
    if (method === "DELETE") {
      records.delete(id);
      return [204, null];
    }
    const kept = method === "PATCH" ? row : { id };
    records.set(id, self.normalise(object, { ...kept, ...fields, id, updatedAt: stamp() }));
    return [200, records.get(id)];
  }
  return self;
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body === null ? undefined : JSON.stringify(body));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
