// Waits at 127.0.0.1 for the browser to come back from the server.

import { createServer } from "node:http";

export interface Loopback {
  readonly port: number;
  close(): Promise<void>;
}

/** Text for the person at the browser, and its status. */
export interface LoopbackPage {
  readonly status: number;
  readonly text: string;
}

/** @param port Null: any that is free. @throws The system's error when the port is taken. */
export async function listenForRedirect(
  { port, path }: { readonly port: number | null; readonly path: string },
  came: (query: URLSearchParams) => Promise<LoopbackPage>,
): Promise<Loopback> {
  const server = createServer((request, response) => {
    const answer = ({ status, text }: LoopbackPage): void => {
      response.writeHead(status, {
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        connection: "close",
      });
      response.end(`${text}\n`);
    };
    const url = new URL(request.url ?? "/", "http://loopback");
    // A page of the web could lead a browser here under another name (DNS rebinding).
    const host = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(request.headers.host ?? "");
    if (request.method !== "GET" || url.pathname !== path || !host) {
      answer({ status: 404, text: "There is nothing here." });
      return;
    }
    came(url.searchParams).then(answer, () => answer({ status: 500, text: "It did not work; see the terminal." }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
