// Runs: what each did, and to which records.

import type { RunId } from "../../core/ids.ts";
import type { RunRow } from "../../engine/ports/run.ts";
import { isFields } from "../../core/value.ts";
import { pairAsked, pairNamed, type Desk } from "../desk.ts";
import { Refusal } from "../problem-document.ts";
import { pageOf } from "../reading.ts";
import { ok, type Route } from "../route.ts";
import { byName, shownEffect, shownRun } from "../shown.ts";

export function runRoutes(desk: Desk): readonly Route[] {
  const { ledger, operator } = desk;
  const runNamed = async (id: string | undefined): Promise<RunRow & { readonly pair: string }> => {
    const found = await ledger.run((id ?? "") as RunId);
    if (found === null) throw new Refusal(404, "NOT_FOUND", `there is no run ${(id ?? "").slice(0, 80)}`);
    return found;
  };
  return [
    {
      kind: "read",
      path: "/v1/runs",
      role: "view",
      queries: ["pair", "limit", "page", "before"],
      async read({ query }) {
        const page = pageOf(query);
        const pair = await pairAsked(desk, query);
        const before = query["before"] === undefined ? null : (await runNamed(query["before"])).run;
        return ok(page.cut(await ledger.runs({ pair, limit: page.reach, before })).map(shownRun));
      },
    },
    {
      kind: "read",
      path: "/v1/runs/{run}",
      role: "view",
      queries: [],
      read: async ({ params }) => ok(shownRun(await runNamed(params["run"]))),
    },
    {
      kind: "read",
      path: "/v1/runs/{run}/effects",
      role: "view",
      queries: ["limit", "page"],
      async read({ params, query }) {
        const page = pageOf(query);
        const { run } = await runNamed(params["run"]);
        const pairs = byName(await operator.pairs());
        return ok(
          page.cut(await ledger.effects({ run, link: null, limit: page.reach })).map((row) => shownEffect(row, pairs)),
        );
      },
    },
    {
      kind: "act",
      path: "/v1/runs/{run}:undo",
      role: "admin",
      async decide({ params }) {
        const { run, pair, endedAt } = await runNamed(params["run"]);
        const { running } = await pairNamed(desk, pair);
        if (endedAt === null && running === run) throw new Refusal(409, "RUNNING", `run ${run} is still under way`);
        return {
          facts: { pair, run },
          async carryOut() {
            const document = await operator.undo(pair, run);
            const id = isFields(document) ? document["id"] : undefined;
            if (typeof id !== "string") return { status: 201, json: document };
            return { status: 201, json: document, headers: { location: `/v1/plans/${encodeURIComponent(id)}` } };
          },
        };
      },
    },
  ];
}
