// The public webhook listener: POST /hooks/{system}, on a port of its own. A delivery is verified over its raw bytes, its
// hints are made durable, and only then is the sender answered. Its content is never believed: the records are read again.
//
//   202 stored · 200 known already · 401, 413, 415, 400 as verification says · 404 unknown path · 405 · 503 database · 429 flood

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Webhooks } from "../connector/webhook/webhooks.ts";
import type { Secret } from "../connector/secret.ts";
import type { Instant, RemoteId, Side } from "../core/ids.ts";
import type { Hint } from "../engine/ports/hint.ts";
import type { Log } from "../engine/ports/world.ts";

/** One system that sends webhooks, and who listens to each of its objects. */
export interface HookTarget {
  readonly webhooks: Webhooks;
  readonly secrets: ReadonlyMap<string, Secret>;
  /** By object name: the entities and sides of pairs that it is. */
  readonly listeners: ReadonlyMap<
    string,
    readonly { readonly pair: string; readonly entity: string; readonly side: Side }[]
  >;
}

export interface HookPorts {
  readonly targets: ReadonlyMap<string, HookTarget>;
  store(delivery: {
    readonly system: string;
    readonly id: string;
    readonly hints: readonly (Hint & { readonly pair: string })[];
  }): Promise<boolean>;
  /** Told after the hints are durable. */
  arrived(pairs: ReadonlySet<string>): void;
  counted(system: string, result: string): void;
  readonly log: Log;
}

export interface HookListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Deliveries being handled at once; beyond it a sender is told to come back, and polling covers what it drops. */
const IN_FLIGHT_MAX = 200;
const REQUEST_TIMEOUT_MS = 10_000;

export async function listenForHooks(
  address: { readonly host: string; readonly port: number },
  ports: HookPorts,
): Promise<HookListener> {
  let inFlight = 0;
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: 32_768 },
    (request, response) => {
      if (inFlight >= IN_FLIGHT_MAX) {
        answer(response, 429, { "retry-after": "1" });
        return;
      }
      inFlight += 1;
      void receive(request, response, ports).finally(() => {
        inFlight -= 1;
      });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.host, () => resolve());
  });
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

async function receive(request: IncomingMessage, response: ServerResponse, ports: HookPorts): Promise<void> {
  const system = /^\/hooks\/([^/?]{1,100})(?:\?|$)/.exec(request.url ?? "")?.[1];
  const target = system === undefined ? undefined : ports.targets.get(decoded(system));
  if (system === undefined || target === undefined) {
    ports.counted("unknown", "unknown");
    answer(response, 404);
    return;
  }
  try {
    await handle(request, response, decoded(system), target, ports);
  } catch (error) {
    ports.counted(system, "failed");
    ports.log.error("a webhook delivery could not be stored", {
      system,
      error: error instanceof Error ? error.message : String(error),
    });
    answer(response, 503, { "retry-after": "5" });
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  system: string,
  target: HookTarget,
  ports: HookPorts,
): Promise<void> {
  const rawBody = await readBody(request, target.webhooks.bytesMax);
  if (rawBody === null) {
    ports.counted(system, "refused");
    answer(response, 413);
    return;
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(",") : (value ?? ""),
    ]),
  );
  const host = headers["x-forwarded-host"] ?? headers["host"] ?? "";
  const scheme = headers["x-forwarded-proto"] ?? "http";
  const url = `${scheme}://${host}${request.url ?? ""}`;
  const received = await target.webhooks.receive(
    { method: request.method ?? "", url, headers, rawBody },
    target.secrets,
    Date.now(),
  );
  if (received.kind === "refused") {
    ports.counted(system, "refused");
    ports.log.warn("webhook refused", { system, code: received.code, status: received.status, why: received.message });
    answer(response, received.status);
    return;
  }
  const due = Date.now() as Instant;
  const hints = received.events.flatMap((event) =>
    (target.listeners.get(event.object) ?? []).map(({ pair, entity, side }) => ({
      pair,
      entity,
      side,
      id: event.id satisfies RemoteId,
      channel: "webhook" as const,
      due,
    })),
  );
  const isNew = await ports.store({ system, id: received.deliveryId, hints });
  ports.counted(system, isNew ? "accepted" : "duplicate");
  answer(response, isNew ? 202 : 200);
  if (isNew && hints.length > 0) ports.arrived(new Set(hints.map((hint) => hint.pair)));
}

/** The raw bytes; null when there are more than allowed. */
async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.byteLength;
    if (size > bytesMax) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Strangers learn nothing but the status. */
function answer(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    ...(status === 413 ? { connection: "close" } : {}),
    ...headers,
  });
  response.end(`${String(status)}\n`);
}
