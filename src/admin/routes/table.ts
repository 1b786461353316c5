// Every endpoint there is. The server mounts them, the OpenAPI document is held against them.

import type { Desk } from "../desk.ts";
import type { Events } from "../events.ts";
import type { Route } from "../route.ts";
import { caseRoutes } from "./cases.ts";
import { healthRoutes } from "./health.ts";
import { linkRoutes } from "./links.ts";
import { pairRoutes } from "./pairs.ts";
import { planRoutes } from "./plans.ts";
import { quarantineRoutes } from "./quarantine.ts";
import { runRoutes } from "./runs.ts";
import { systemRoutes } from "./systems.ts";

export function allRoutes(desk: Desk, events: Events): readonly Route[] {
  return [
    ...healthRoutes(desk),
    ...pairRoutes(desk),
    ...planRoutes(desk),
    ...runRoutes(desk),
    ...linkRoutes(desk),
    ...caseRoutes(desk),
    ...quarantineRoutes(desk),
    ...systemRoutes(desk, events),
  ];
}
