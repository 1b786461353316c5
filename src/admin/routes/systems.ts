// The systems: calls and errors, what is left of their limits, and everything as it happens.

import type { Desk } from "../desk.ts";
import type { Events } from "../events.ts";
import { ok, type Route } from "../route.ts";

export function systemRoutes(desk: Desk, events: Events): readonly Route[] {
  return [
    {
      kind: "read",
      path: "/v1/systems",
      role: "view",
      queries: [],
      async read() {
        const systems = await desk.operator.systems();
        return ok(
          systems.map(({ system, connector, calls, lastError }) => ({
            system,
            connector,
            calls: { ...calls },
            lastError,
          })),
        );
      },
    },
    {
      kind: "read",
      path: "/v1/budgets",
      role: "view",
      queries: [],
      // Only what systems have told or the daemon has counted; empty while nothing is known.
      read: () =>
        Promise.resolve(
          ok(desk.metrics.budgets().map(({ system, limit, remainingRatio }) => ({ system, limit, remainingRatio }))),
        ),
    },
    { kind: "stream", path: "/v1/events", role: "view", stream: (reply) => events.open(reply) },
  ];
}
