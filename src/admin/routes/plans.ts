// Plans: made, looked at, and carried out exactly as they were looked at.

import { isFields, type Fields } from "../../core/value.ts";
import type { StoredPlan } from "../../engine/ports/run.ts";
import { pairNamed, type Desk } from "../desk.ts";
import { Refusal } from "../problem-document.ts";
import { bodyOf, flagOf, textOf } from "../reading.ts";
import { ok, type Route } from "../route.ts";
import { isoOf } from "../shown.ts";

export function planRoutes(desk: Desk): readonly Route[] {
  const { ledger, operator } = desk;
  const planNamed = async (id: string | undefined): Promise<StoredPlan & { readonly pair: string }> => {
    const found = await ledger.plan(id ?? "");
    if (found === null) throw new Refusal(404, "NOT_FOUND", `there is no plan ${(id ?? "").slice(0, 80)}`);
    return found;
  };
  return [
    {
      kind: "act",
      path: "/v1/pairs/{pair}/plans",
      role: "operate",
      async decide({ params, body }) {
        const { pair } = await pairNamed(desk, params["pair"]);
        const sweep = flagOf(bodyOf(body, ["sweep"]), "sweep");
        return {
          facts: { pair, kind: sweep ? "sweep" : "changes" },
          async carryOut() {
            const document = await operator.plan(pair, { sweep });
            const id = isFields(document) ? document["id"] : undefined;
            if (typeof id !== "string") return { status: 201, json: document };
            return { status: 201, json: document, headers: { location: `/v1/plans/${encodeURIComponent(id)}` } };
          },
        };
      },
    },
    {
      kind: "read",
      path: "/v1/plans/{plan}",
      role: "view",
      queries: [],
      async read({ params }) {
        const { id, pair, hash, createdAt, document } = await planNamed(params["plan"]);
        const whole: Fields = isFields(document) ? document : { document };
        return ok({ id, pair, hash, created: isoOf(createdAt), ...whole });
      },
    },
    {
      kind: "act",
      path: "/v1/plans/{plan}:apply",
      role: "admin",
      async decide({ params, body, caller }) {
        const { id, pair, hash } = await planNamed(params["plan"]);
        const given = bodyOf(body, ["hash"]);
        // Whoever says which hash was looked at approves that and nothing else.
        if (given["hash"] !== undefined && textOf(given, "hash") !== hash) {
          throw new Refusal(409, "PLAN_STALE", `plan ${id} has another hash; look at it again`);
        }
        return { facts: { pair, plan: id, hash }, carryOut: async () => ok(await operator.apply(id, caller.name)) };
      },
    },
  ];
}
