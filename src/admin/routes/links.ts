// Links: which records belong together, what happened to them, and links by hand.

import { remoteId, type LinkId, type RemoteId, type Side } from "../../core/ids.ts";
import type { Fields } from "../../core/value.ts";
import type { PairSummary } from "../../engine/operator.ts";
import { entityNamed, linkId, pairNamed, sideNamed, type Desk } from "../desk.ts";
import { Refusal } from "../problem-document.ts";
import { bodyOf, pageOf, textOf } from "../reading.ts";
import { ok, type Call, type Route } from "../route.ts";
import { byName, shownEffect, shownLink } from "../shown.ts";

export function linkRoutes(desk: Desk): readonly Route[] {
  const { ledger, operator } = desk;
  return [
    {
      kind: "read",
      path: "/v1/pairs/{pair}/links",
      role: "view",
      queries: ["entity", "record", "limit", "page", "after"],
      async read({ params, query }) {
        const page = pageOf(query);
        const summary = await pairNamed(desk, params["pair"]);
        const entity = query["entity"] === undefined ? null : entityNamed(summary, query["entity"]);
        const record = query["record"] === undefined ? null : recordOf(summary, query["record"]);
        const after = query["after"] === undefined ? null : afterOf(query["after"]);
        return ok(
          page.cut(await ledger.links({ pair: summary.pair, entity, record, limit: page.reach, after })).map(shownLink),
        );
      },
    },
    {
      kind: "act",
      path: "/v1/pairs/{pair}/links",
      role: "admin",
      async decide(call) {
        const { pair, entity, left, right } = await namedIn(desk, call);
        return {
          facts: { pair, entity, left, right },
          async carryOut() {
            return { status: 201, json: shownLink(await ledger.addLink(pair, entity, left, right, call.caller.name)) };
          },
        };
      },
    },
    {
      kind: "act",
      path: "/v1/pairs/{pair}/links:remove",
      role: "admin",
      async decide(call) {
        const { pair, entity, left, right } = await namedIn(desk, call);
        return {
          facts: { pair, entity, left, right },
          async carryOut() {
            await ledger.removeLink(pair, entity, left, right, call.caller.name);
            return ok({ entity, left, right, state: "tombstone" });
          },
        };
      },
    },
    {
      kind: "read",
      path: "/v1/pairs/{pair}/explain/{entity}/{side}/{record}",
      role: "view",
      queries: ["field"],
      async read({ params, query }) {
        const summary = await pairNamed(desk, params["pair"]);
        const entity = entityNamed(summary, params["entity"] ?? "");
        const record = recordOf(summary, `${params["side"] ?? ""}:${params["record"] ?? ""}`);
        return ok(await operator.explain(summary.pair, { entity, ...record }, query["field"] ?? null));
      },
    },
    {
      kind: "read",
      path: "/v1/links/{link}/history",
      role: "view",
      queries: ["limit", "page"],
      async read({ params, query }) {
        const page = pageOf(query);
        const id = linkId(params["link"]);
        const rows = id === null ? [] : await ledger.effects({ run: null, link: id, limit: page.reach });
        if (rows.length === 0 && (id === null || !(await isThere(desk, id)))) {
          throw new Refusal(404, "NOT_FOUND", `there is no link ${(params["link"] ?? "").slice(0, 80)}`);
        }
        const pairs = byName(await operator.pairs());
        return ok(page.cut(rows).map((row) => shownEffect(row, pairs)));
      },
    },
  ];
}

/** Links are listed by growing id, so the one after its predecessor is the one asked for. Needed only when it has no effects. */
async function isThere(desk: Desk, id: LinkId): Promise<boolean> {
  const before = (BigInt(id) - 1n).toString() as LinkId;
  const pairs = await desk.operator.pairs();
  const found = await Promise.all(
    pairs.map(({ pair }) => desk.ledger.links({ pair, entity: null, record: null, limit: 1, after: before })),
  );
  return found.some(([link]) => link?.id === id);
}

/** `SIDE:ID`, as on the command line. */
function recordOf(pair: PairSummary, text: string): { readonly side: Side; readonly id: RemoteId } {
  const colon = text.indexOf(":");
  const side = colon < 1 ? null : sideNamed(pair, text.slice(0, colon));
  const id = remoteId(text.slice(colon + 1));
  if (side !== null && id !== null) return { side, id };
  const { left, right } = pair.sides;
  throw new Refusal(400, "BAD_REQUEST", `record is SIDE:ID, as in ${left.name}:1234 or ${right.name}:1234`);
}

function afterOf(text: string): LinkId {
  const id = linkId(text);
  if (id === null) throw new Refusal(400, "BAD_PAGE", "after is the id of the last link of the page before");
  return id;
}

interface NamedLink {
  readonly pair: string;
  readonly entity: string;
  readonly left: RemoteId;
  readonly right: RemoteId;
}

async function namedIn(desk: Desk, { params, body }: Call): Promise<NamedLink> {
  const summary = await pairNamed(desk, params["pair"]);
  const given = bodyOf(body, ["entity", "left", "right"]);
  const entity = entityNamed(summary, textOf(given, "entity"));
  return { pair: summary.pair, entity, left: idIn(given, "left"), right: idIn(given, "right") };
}

function idIn(body: Fields, name: string): RemoteId {
  const id = remoteId(body[name]);
  if (id === null) throw new Refusal(422, "INVALID", `"${name}" is the id of a record`);
  return id;
}
