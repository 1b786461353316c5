// Two systems of the scenarios as servers of their own: a shop that speaks as WooCommerce does, and a warehouse that can be down.

import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Row = Record<string, unknown>;

interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

async function listen(
  answer: (request: IncomingMessage, url: URL, body: Row, response: ServerResponse) => void,
): Promise<Listening> {
  const server: Server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const body: unknown = text === "" ? {} : JSON.parse(text);
      answer(request, new URL(request.url ?? "/", "http://localhost"), body as Row, response); // a JSON object
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listening on a port
  return {
    url: `http://127.0.0.1:${String(port)}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

export interface Shop extends Listening {
  readonly orders: Map<number, Row>;
  /** A customer pays; `hooks`: where the shop tells it. */
  order(number: number, hooks: string | null): Promise<number | null>;
}

export async function startShop(secret: string): Promise<Shop> {
  const orders = new Map<number, Row>();
  const listening = await listen((request, url, body, response) => {
    const [, id] = /^\/wp-json\/wc\/v3\/orders(?:\/(\d+))?$/.exec(url.pathname) ?? [null, undefined];
    if (id !== undefined) {
      const order = orders.get(Number(id));
      if (order === undefined) return send(response, 404, { code: "woocommerce_rest_shop_order_invalid_id" });
      if (request.method === "PUT") orders.set(Number(id), { ...order, ...body, date_modified_gmt: stamp() });
      return send(response, 200, orders.get(Number(id)));
    }
    const after = url.searchParams.get("modified_after");
    const page = Number(url.searchParams.get("page") ?? "1");
    const size = Number(url.searchParams.get("per_page") ?? "10");
    const found = [...orders.values()].filter((each) => after === null || String(each["date_modified_gmt"]) > after);
    send(response, 200, found.slice((page - 1) * size, page * size), { "X-WP-Total": String(found.length) });
  });
  return {
    ...listening,
    orders,
    async order(number, hooks) {
      const shipping = {
        first_name: "Ada",
        last_name: "Lovelace",
        address_1: "12 St James's Square",
        city: "London",
        postcode: "SW1Y 4JH",
        country: "GB",
      };
      const made: Row = {
        id: number,
        number: String(number),
        status: "processing",
        currency: "GBP",
        total: "20.00",
        date_created_gmt: stamp(),
        date_modified_gmt: stamp(),
        shipping,
        line_items: [{ sku: "00123", quantity: 2 }],
      };
      orders.set(number, made);
      if (hooks === null) return null;
      const body = JSON.stringify(made);
      const signature = createHmac("sha256", secret).update(body).digest("base64");
      const answer = await fetch(hooks, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-wc-webhook-topic": "order.created",
          "x-wc-webhook-delivery-id": `d-${String(number)}`,
          "x-wc-webhook-signature": signature,
        },
        body,
      });
      return answer.status;
    },
  };
}

function stamp(): string {
  return new Date().toISOString().slice(0, 19);
}

export interface Warehouse extends Listening {
  readonly orders: Row[];
  /** Answers 503 to everything. */
  down: boolean;
  /** Takes the next order in and loses the answer. */
  losesAnswer: boolean;
}

export async function startWarehouse(): Promise<Warehouse> {
  const orders: Row[] = [];
  const taken = new Map<string, Row>();
  const listening = await listen((request, url, body, response) => {
    if (self.down) return send(response, 503, { error: "closed for maintenance" });
    const [, id] = /^\/orders\/(\d+)$/.exec(url.pathname) ?? [];
    if (id !== undefined) {
      const found = orders.find((each) => each["id"] === id);
      return found === undefined ? send(response, 404, {}) : send(response, 200, found);
    }
    if (request.method === "POST") {
      const key = String(request.headers["idempotency-key"]);
      const made = taken.get(key) ?? {
        ...body,
        id: String(orders.length + 1),
        revision: 1,
        changed_at: new Date().toISOString(),
        status: "open",
      };
      if (!taken.has(key)) orders.push(made);
      taken.set(key, made);
      if (self.losesAnswer) {
        self.losesAnswer = false;
        return void request.socket.destroy();
      }
      return send(response, 201, made);
    }
    const reference = url.searchParams.get("reference");
    const after = Number(url.searchParams.get("after") ?? "0");
    const found = orders.filter(
      (each) => (reference === null || each["reference"] === reference) && Number(each["id"]) > after,
    );
    send(response, 200, { orders: found, ...(reference === null && after === 0 ? { total: found.length } : {}) });
  });
  const self: Warehouse = { ...listening, orders, down: false, losesAnswer: false };
  return self;
}
