// A system with pages and batches that keeps its records in memory: as quick as a remote one can be, so that what is measured is
// who talks to it.

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

type Row = Record<string, unknown> & { readonly id: string };

export interface BatchServer {
  readonly url: string;
  readonly rows: Map<string, Row>;
  calls: number;
  close(): Promise<void>;
}

export async function startBatchServer(prefix: string, seed: readonly Row[]): Promise<BatchServer> {
  const rows = new Map(seed.map((row) => [row.id, row]));
  let tick = Date.UTC(2026, 6, 1);
  const stamp = (): string => new Date((tick += 1000)).toISOString();
  const server = createServer((request, response) => {
    self.calls += 1;
    void bodyOf(request).then((body) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer(request.method ?? "GET", new URL(request.url ?? "/", "http://x"), body)));
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const self: BatchServer = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    rows,
    calls: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  function put(id: string, fields: object): Row {
    const row: Row = { ...rows.get(id), ...fields, id, updatedAt: stamp() };
    rows.set(id, row);
    return row;
  }

  function answer(method: string, { pathname, searchParams }: URL, body: unknown): unknown {
    const [, verb, id] = pathname.split("/");
    if (verb === "list") {
      const page = Number(searchParams.get("page") ?? "1");
      const size = Number(searchParams.get("size") ?? "500");
      return { items: [...rows.values()].slice((page - 1) * size, page * size), total: rows.size };
    }
    const inputs = inputsOf(body);
    if (verb === "create") return { results: inputs.map((input) => put(`${prefix}${String(rows.size + 1)}`, input)) };
    if (verb === "update") return { results: inputs.map((input) => put("id" in input ? String(input.id) : "", input)) };
    if (verb === "read") return { results: idsOf(body).flatMap((each) => rows.get(each) ?? []) };
    return method === "PATCH" && id !== undefined ? put(id, body as object) : (rows.get(id ?? "") ?? null);
  }
  return self;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? null : JSON.parse(text);
}

function inputsOf(body: unknown): readonly object[] {
  return typeof body === "object" && body !== null && "inputs" in body && Array.isArray(body.inputs)
    ? (body.inputs as object[])
    : [];
}

function idsOf(body: unknown): readonly string[] {
  const ids =
    typeof body === "object" && body !== null && "ids" in body && Array.isArray(body.ids)
      ? (body.ids as unknown[])
      : [];
  return ids.map((each) =>
    typeof each === "object" && each !== null && "id" in each ? String(each.id) : String(each),
  );
}
