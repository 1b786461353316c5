// Stands between a database and its client, and cuts the connection when the next commit goes by: before the server has seen it,
// or after, so that its answer is lost.

import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface CuttingProxy {
  /** Port on 127.0.0.1; 0 where it listens at a path. */
  readonly port: number;
  cutNextCommit(when: "before" | "after"): void;
  /** Breaks all connections that are open. */
  cutAll(): void;
  close(): Promise<void>;
}

export async function startCuttingProxy(
  target: { readonly path: string } | { readonly port: number },
  listenAt: string | null,
): Promise<CuttingProxy> {
  let cut: "before" | "after" | null = null;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = "path" in target ? connect(target.path) : connect(target.port, "127.0.0.1");
    let silent = false;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
      sockets.delete(client);
      sockets.delete(upstream);
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", end);
      socket.on("close", end);
    }
    client.on("data", (chunk) => {
      if (cut !== null && /commit\0?$/.test(chunk.toString("latin1"))) {
        const when = cut;
        cut = null;
        if (when === "before") return end();
        silent = true;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (silent) end();
      else client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => {
    if (listenAt === null) server.listen(0, "127.0.0.1", resolve);
    else server.listen(listenAt, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? (address satisfies AddressInfo).port : 0,
    cutNextCommit(when) {
      cut = when;
    },
    cutAll() {
      for (const socket of sockets) socket.destroy();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}
