// Cases: what waits for a person, and a person's word on it.

import { remoteId, type RemoteId } from "../../core/ids.ts";
import { isFields, isList, type Value } from "../../core/value.ts";
import type { CaseKind } from "../../core/decision.ts";
import type { CaseRow } from "../../engine/ledger.ts";
import type { CaseResolution } from "../../engine/ports/waiting.ts";
import { pairAsked, pairNamed, sideNamed, type Desk } from "../desk.ts";
import { Refusal } from "../problem-document.ts";
import { bodyOf, pageOf, textOf } from "../reading.ts";
import { ok, type Route } from "../route.ts";
import { shownCase } from "../shown.ts";

type Answer = CaseResolution["answer"];

/** What a run can act on. A tripped guard is not answered: its plan is approved. */
const ANSWERS: Readonly<Record<CaseKind, readonly Answer["kind"][]>> = {
  conflict: ["take", "value", "dismiss"],
  oscillation: ["take", "value", "dismiss"],
  gone: ["take", "dismiss"],
  "gone-edited": ["take", "dismiss"],
  ambiguous: ["link", "dismiss"],
  "matched-taken": ["link", "dismiss"],
  "unknown-outcome": ["link", "dismiss"],
  "value-rejected": ["take", "dismiss"],
  drift: ["take", "dismiss"],
  guard: [],
};

export function caseRoutes(desk: Desk): readonly Route[] {
  const { ledger } = desk;
  return [
    {
      kind: "read",
      path: "/v1/cases",
      role: "view",
      queries: ["pair", "limit", "page"],
      async read({ query }) {
        const page = pageOf(query);
        const pair = await pairAsked(desk, query);
        return ok(page.cut(await ledger.cases({ pair, limit: page.reach })).map(shownCase));
      },
    },
    {
      kind: "act",
      path: "/v1/cases/{case}:resolve",
      role: "operate",
      async decide({ params, body, caller }) {
        const id = params["case"] ?? "";
        const row = await ledger.case(id);
        // A closed case and one that never was look alike here; the ledger knows which, and refuses either.
        const answer = row === null ? { kind: "dismiss" as const } : await answerOf(desk, row, body);
        return {
          facts: { case: id, answer: row === null ? null : answer.kind },
          carryOut: async () => ok(shownCase(await ledger.resolveCase(id, answer, caller.name))),
        };
      },
    },
  ];
}

/** `{ take: SIDE }`, `{ value: JSON }`, `{ link: ID }` or `{ dismiss: true }`. @throws Refusal 422. */
async function answerOf(desk: Desk, row: CaseRow, body: Value): Promise<Answer> {
  const given = bodyOf(body, ["take", "value", "link", "dismiss"]);
  const [word, another] = Object.keys(given);
  if (word === undefined || another !== undefined) throw invalid("say one of take, value, link, dismiss");
  const allowed = ANSWERS[row.kind];
  if (allowed.length === 0) {
    throw invalid(
      `a tripped guard is not answered; look and approve: syncline plan ${row.pair} --sweep --out plan.json && syncline apply plan.json`,
    );
  }
  if (!allowed.some((kind) => kind === word))
    throw invalid(`a case of kind ${row.kind} is answered with ${allowed.join(" or ")}`);
  if (word === "take") return { kind: "take", side: await takenSide(desk, row, textOf(given, "take")) };
  if (word === "link") return { kind: "link", id: linkedRecord(row, given["link"] ?? null) };
  if (word === "value") {
    const value = given["value"] ?? null;
    const wrong = await desk.checkValue(row, value);
    if (wrong !== null) throw invalid(wrong);
    return { kind: "value", value };
  }
  if (given["dismiss"] !== true) throw invalid('"dismiss" is true');
  return { kind: "dismiss" };
}

async function takenSide(desk: Desk, row: CaseRow, name: string): Promise<"left" | "right"> {
  const pair = await pairNamed(desk, row.pair);
  const side = sideNamed(pair, name);
  if (side === null)
    throw invalid(
      `pair ${row.pair} has no side "${name.slice(0, 80)}"; it has ${pair.sides.left.name} and ${pair.sides.right.name}`,
    );
  return side;
}

/** One of the records that the case lists; an ambiguous one is not the place to name others. */
function linkedRecord(row: CaseRow, given: Value): RemoteId {
  const id = remoteId(given);
  if (id === null) throw invalid('"link" is the id of a record');
  const listed =
    row.kind === "ambiguous" && isFields(row.values)
      ? Object.values(row.values).flatMap((list) => (isList(list) ? list : []))
      : [];
  if (listed.length > 0 && !listed.includes(id))
    throw invalid("this record is not one of the case's candidates; to link others: syncline links add");
  return id;
}

function invalid(message: string): Refusal {
  return new Refusal(422, "INVALID", message);
}
