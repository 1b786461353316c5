// The pairs: what each is up to, and the words that start, stop and release it.

import type { Value } from "../../core/value.ts";
import { pairNamed, type Desk } from "../desk.ts";
import { bodyOf, flagOf } from "../reading.ts";
import { ok, type ActRoute, type Role, type Route } from "../route.ts";
import { isoOf, shownPair } from "../shown.ts";

export function pairRoutes(desk: Desk): readonly Route[] {
  const { ledger, operator } = desk;
  const allPairs = async (): Promise<readonly Value[]> => {
    const pairs = await operator.pairs();
    return Promise.all(pairs.map(async (summary) => shownPair(summary, await ledger.figures(summary.pair))));
  };
  return [
    {
      kind: "read",
      path: "/v1/status",
      role: "view",
      queries: [],
      async read({ caller }) {
        const { ready, why } = operator.ready();
        const you = { name: caller.name, role: caller.role };
        return ok({ version: desk.version, time: isoOf(desk.now()), ready, why, you, pairs: await allPairs() });
      },
    },
    { kind: "read", path: "/v1/pairs", role: "view", queries: [], read: async () => ok(await allPairs()) },
    {
      kind: "read",
      path: "/v1/pairs/{pair}",
      role: "view",
      queries: [],
      async read({ params }) {
        const summary = await pairNamed(desk, params["pair"]);
        return ok(shownPair(summary, await ledger.figures(summary.pair)));
      },
    },
    {
      kind: "act",
      path: "/v1/pairs/{pair}:run",
      role: "operate",
      async decide({ params, body, caller }) {
        const { pair } = await pairNamed(desk, params["pair"]);
        const sweep = flagOf(bodyOf(body, ["sweep"]), "sweep");
        const kind = sweep ? "sweep" : "changes";
        return {
          facts: { pair, kind },
          async carryOut() {
            await operator.startRun(pair, { sweep }, caller.name);
            return { status: 202, json: { pair, started: kind } };
          },
        };
      },
    },
    word(desk, "pause", "operate", (pair, who) => operator.pause(pair, who), { paused: true }),
    word(desk, "resume", "operate", (pair, who) => operator.resume(pair, who), { paused: false }),
    word(desk, "accept", "admin", (pair, who) => operator.accept(pair, who), { accepted: true }),
  ];
}

/** `POST pairs/{p}:WORD` without further choices. */
function word(
  desk: Desk,
  name: string,
  role: Role,
  carryOut: (pair: string, who: string) => Promise<void>,
  told: Readonly<Record<string, boolean>>,
): ActRoute {
  return {
    kind: "act",
    path: `/v1/pairs/{pair}:${name}`,
    role,
    async decide({ params, body, caller }) {
      const { pair } = await pairNamed(desk, params["pair"]);
      bodyOf(body, []);
      return {
        facts: { pair },
        async carryOut() {
          await carryOut(pair, caller.name);
          return ok({ pair, ...told });
        },
      };
    },
  };
}
