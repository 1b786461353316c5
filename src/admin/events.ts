// Server-sent events: whoever watches is told what the daemon tells. Nothing is kept; a watcher that comes back asks anew.

import type { FastifyReply } from "fastify";
import type { Value } from "../core/value.ts";
import type { Operator } from "../engine/operator.ts";
import { Refusal } from "./problem-document.ts";

/** Each holds a connection and a timer. */
const WATCHERS_MAX = 100;
/** A proxy drops connections that are silent for a minute or so. */
const HEARTBEAT_MS = 15_000;
/** A watcher that reads slower than this is dropped; it comes back by itself. */
const UNREAD_BYTES_MAX = 1 << 20;

export interface Events {
  /** @throws Refusal 503 when too many watch already. */
  open(reply: FastifyReply): void;
  close(): void;
}

/** @param textOf JSON of an event, without secrets. */
export function createEvents(
  operator: Operator,
  headers: Readonly<Record<string, string>>,
  textOf: (value: Value) => string,
): Events {
  const watchers = new Set<() => void>();

  return {
    open(reply) {
      if (watchers.size >= WATCHERS_MAX) throw new Refusal(503, "UNAVAILABLE", "too many are watching events already");
      reply.hijack();
      const { raw } = reply;
      const end = (): void => {
        if (!watchers.delete(end)) return;
        clearInterval(heartbeat);
        unsubscribe();
        raw.end();
      };
      const write = (text: string): void => {
        raw.write(text);
        if (raw.writableLength > UNREAD_BYTES_MAX) raw.destroy();
      };
      watchers.add(end);
      raw.on("close", end);
      raw.on("error", end);
      raw.writeHead(200, { ...headers, "content-type": "text/event-stream; charset=utf-8" });
      write("retry: 2000\n\n");
      const heartbeat = setInterval(() => write(": still here\n\n"), HEARTBEAT_MS);
      heartbeat.unref();
      const unsubscribe = operator.subscribe(({ event, data }) =>
        write(`event: ${event.replaceAll(/[\r\n]/g, " ")}\ndata: ${textOf(data)}\n\n`),
      );
    },
    close() {
      for (const end of watchers) end();
    },
  };
}
