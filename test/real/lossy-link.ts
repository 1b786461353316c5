// A link to a system that can lose the answer to one chosen request: the system acts, and we never hear of it. Or that breaks in
// the middle of what is sent. Both are done by chaos-proxy.mjs of the kit; here is only decided when: by looking for a text in
// what is sent or, where that is encrypted, by counting.

import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

interface ChaosProxy {
  readonly port: number;
  readonly counters: { readonly resets: number };
  set(faults: Readonly<Record<string, unknown>>): void;
  clear(): void;
  close(): Promise<void>;
}

export interface LossyLink {
  readonly port: number;
  /** The answer to the next request that holds this text gets lost. Resolves when that has happened. */
  loseAnswerTo(text: string): Promise<void>;
  /** Every connection breaks once so many bytes more have been sent to the system. Resolves when that has happened. */
  breakAfter(bytes: number): Promise<void>;
  close(): Promise<void>;
}

export async function startLossyLink(upstreamPort: number): Promise<LossyLink> {
  const folder = process.env["SYNCLINE_REAL_DIR"];
  if (folder === undefined) throw new Error("SYNCLINE_REAL_DIR does not name the folder of chaos-proxy.mjs");
  const module: unknown = await import(pathToFileURL(join(folder, "chaos-proxy.mjs")).href);
  if (!hasStartProxy(module)) throw new Error(`${folder}/chaos-proxy.mjs has no startProxy`);
  const chaos = await module.startProxy({ listenPort: 0, upstreamPort });

  let awaited: { readonly text: string; readonly lost: () => void } | null = null;
  let breaking: { left: number; readonly broken: () => void } | null = null;
  const live = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ port: chaos.port, host: "127.0.0.1" });
    live.add(client);
    let tail = "";
    client.on("data", (piece) => {
      if (breaking !== null && (breaking.left -= piece.length) <= 0) {
        const { broken } = breaking;
        breaking = null;
        chaos.set({ killLive: true });
        upstream.once("close", broken);
        return;
      }
      // Head and body may come in pieces.
      tail = (tail + piece.toString("latin1")).slice(-100_000);
      if (awaited !== null && tail.includes(awaited.text)) {
        const { lost } = awaited;
        awaited = null;
        chaos.set({ dropResponse: true });
        upstream.once("close", () => {
          chaos.clear();
          lost();
        });
      }
      upstream.write(piece);
    });
    upstream.on("data", (piece) => {
      tail = "";
      client.write(piece);
    });
    upstream.on("error", () => client.resetAndDestroy()).on("close", () => client.destroySoon());
    client
      .on("error", () => upstream.destroy())
      .on("close", () => {
        live.delete(client);
        upstream.destroy();
      });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("a listening socket has no address");
  return {
    port: address.port,
    loseAnswerTo: (text) =>
      new Promise((lost) => {
        awaited = { text, lost };
      }),
    breakAfter: (bytes) =>
      new Promise((broken) => {
        breaking = { left: bytes, broken };
      }),
    async close() {
      for (const client of live) client.destroy();
      await new Promise((closed) => server.close(closed));
      await chaos.close();
    },
  };
}

function hasStartProxy(
  module: unknown,
): module is { startProxy: (options: { listenPort: number; upstreamPort: number }) => Promise<ChaosProxy> } {
  return (
    typeof module === "object" && module !== null && "startProxy" in module && typeof module.startProxy === "function"
  );
}
