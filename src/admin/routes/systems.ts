// The systems: calls and errors, what is left of their limits, and everything as it happens.

import { remainingRatio } from "../../core/budget.ts";
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
      async read() {
        const budgets = await desk.operator.budgets();
        return ok(
          budgets.map((row) => ({
            system: row.system,
            limit: row.limit,
            calls: row.calls,
            seconds: row.perMs / 1000,
            used: row.used,
            remainingRatio: remainingRatio(row),
            heldUntil: row.heldUntil === null ? null : new Date(row.heldUntil).toISOString(),
          })),
        );
      },
    },
    { kind: "stream", path: "/v1/events", role: "view", stream: (reply) => events.open(reply) },
  ];
}
