// What happens, told to whoever listens: server-sent events, the demo's console.

import type { Value } from "../core/value.ts";

interface DaemonEvent {
  readonly event: string;
  readonly data: Value;
}

export interface Events {
  publish(event: string, data: Value): void;
  /** @returns the function that ends it. */
  subscribe(listener: (event: DaemonEvent) => void): () => void;
}

export function createEvents(): Events {
  const listeners = new Set<(event: DaemonEvent) => void>();
  return {
    publish(event, data) {
      for (const listener of listeners) listener({ event, data });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
