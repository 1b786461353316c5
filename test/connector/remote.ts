// A remote system for the connector's tests: a real HTTP server on a free port that answers what a test tells it to, and
// remembers what it was asked.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

export interface Asked {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; text and bytes as they are. */
  readonly body?: unknown;
}

/** `cut`: the connection breaks without an answer. A function has the response to itself. */
export type Answering = Reply | "cut" | ((response: ServerResponse) => void);

export type Handler = (asked: Asked, count: number) => Answering;

export interface Remote {
  readonly origin: string;
  readonly asked: Asked[];
  handle(handler: Handler): void;
  /** Answers in this order; the last one again and again. */
  answers(...list: readonly Answering[]): void;
  close(): Promise<void>;
}

export async function startRemote(first: Handler = () => ({ status: 404 })): Promise<Remote> {
  let handler = first;
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const url = new URL(request.url ?? "/", "http://remote");
      const one: Asked = {
        method: request.method ?? "",
        url: request.url ?? "",
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      asked.push(one);
      reply(handler(one, asked.length), response);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    origin: `http://127.0.0.1:${String(address.port)}`,
    asked,
    handle(next) {
      handler = next;
    },
    answers(...list) {
      let at = -1;
      handler = () => {
        at = Math.min(at + 1, list.length - 1);
        return list[at] ?? { status: 404 };
      };
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function reply(answer: Answering, response: ServerResponse): void {
  if (answer === "cut") {
    response.socket?.destroy();
    return;
  }
  if (typeof answer === "function") {
    answer(response);
    return;
  }
  const { status = 200, headers = {}, body } = answer;
  const raw = typeof body === "string" || Buffer.isBuffer(body);
  const type = body === undefined || raw ? {} : { "content-type": "application/json" };
  response.writeHead(status, { ...type, ...headers });
  response.end(body === undefined || raw ? body : JSON.stringify(body));
}
