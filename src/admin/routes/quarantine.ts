// Quarantine: records that fail, and another try.

import { isList, type Fields, type Value } from "../../core/value.ts";
import { pairAsked, pairNamed, type Desk } from "../desk.ts";
import { Refusal } from "../problem-document.ts";
import { bodyOf, flagOf, pageOf, textOf } from "../reading.ts";
import { ok, type Route } from "../route.ts";
import { byName, shownQuarantine } from "../shown.ts";

const IDS_MAX = 1000;

export function quarantineRoutes(desk: Desk): readonly Route[] {
  const { ledger, operator } = desk;
  return [
    {
      kind: "read",
      path: "/v1/quarantine",
      role: "view",
      queries: ["pair", "limit", "page"],
      async read({ query }) {
        const page = pageOf(query);
        const pair = await pairAsked(desk, query);
        const pairs = byName(await operator.pairs());
        return ok(
          page.cut(await ledger.quarantine({ pair, limit: page.reach })).map((row) => shownQuarantine(row, pairs)),
        );
      },
    },
    {
      kind: "act",
      path: "/v1/quarantine:retry",
      role: "operate",
      async decide({ body, caller }) {
        const { which, facts } = await whichOf(desk, body);
        return { facts, carryOut: async () => ok({ retried: await ledger.retryQuarantined(which, caller.name) }) };
      },
    },
  ];
}

interface Which {
  readonly which: { readonly ids: readonly string[] } | { readonly pair: string | null };
  readonly facts: Fields;
}

/** `{ ids: […] }`, `{ pair: NAME }` or `{ all: true }`: retrying everything is never what an empty body means. */
async function whichOf(desk: Desk, body: Value): Promise<Which> {
  const given = bodyOf(body, ["ids", "pair", "all"]);
  const [word, another] = Object.keys(given);
  if (another !== undefined) throw oneOf();
  switch (word) {
    case "ids": {
      const ids = idsOf(given["ids"] ?? null);
      return { which: { ids }, facts: { ids } };
    }
    case "pair": {
      const { pair } = await pairNamed(desk, textOf(given, "pair"));
      return { which: { pair }, facts: { pair } };
    }
    case "all":
      if (!flagOf(given, "all")) throw oneOf();
      return { which: { pair: null }, facts: { all: true } };
    default:
      throw oneOf();
  }
}

function idsOf(value: Value): readonly string[] {
  const ids = isList(value) ? value.filter((id) => typeof id === "string") : [];
  if (!isList(value) || ids.length !== value.length || ids.length === 0 || ids.length > IDS_MAX) {
    throw new Refusal(422, "INVALID", `"ids" is a list of 1 to ${String(IDS_MAX)} ids of quarantine rows`);
  }
  return ids;
}

function oneOf(): Refusal {
  return new Refusal(422, "INVALID", "say which: ids, pair, or all: true");
}
