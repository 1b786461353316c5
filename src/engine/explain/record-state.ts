// How a record stands as a whole, and what to type next: in step, waiting, not linked and why not, gone, out of scope, or unknown.

import type { Match } from "../../core/correlate.ts";
import type { Decision } from "../../core/decision.ts";
import { otherSide, SIDES, type BySide, type RemoteId, type Side } from "../../core/ids.ts";
import type { Entity } from "../context.ts";
import type { RecordHistory } from "../ports/history.ts";
import type { Told } from "./explanation.ts";
import type { Looked } from "./look.ts";

export interface RecordFacts {
  readonly names: BySide<string>;
  readonly history: RecordHistory;
  readonly side: Side;
  readonly id: RemoteId;
  readonly pair: string;
  readonly tombstonesMs: number;
}

export function recordState(looked: Looked, entity: Entity, facts: RecordFacts): Told {
  const { history, names, pair } = facts;
  const [intent] = history.intents;
  if (intent !== undefined)
    return told(
      "unknown-outcome",
      `a write to ${names[intent.side]} was begun in run ${intent.run}, and its outcome is not known; until it is, nothing is decided about the record`,
      [`syncline run ${pair}`, `syncline cases ${pair}`],
    );
  if (looked.failure !== null) return told("unreadable", looked.failure, ["syncline doctor"]);
  const state = stateOf(looked, entity, facts);
  const [failed] = history.quarantined;
  if (failed !== undefined)
    return told("quarantined", `${failed.code}: ${failed.message}. ${capital(state.text)}`, [
      `syncline quarantine retry ${failed.id}`,
      ...state.next,
    ]);
  const [parked] = history.parked;
  if (parked !== undefined)
    return told(
      "parked",
      `it waits until ${parked.parentEntity} ${names[parked.parentSide]}:${parked.parentId} is linked`,
      [`syncline explain ${pair} ${parked.parentEntity} ${names[parked.parentSide]}:${parked.parentId}`],
    );
  return state;
}

function stateOf(looked: Looked, entity: Entity, facts: RecordFacts): Told {
  const { link, decision } = looked;
  if (link === null) return loneState(looked, entity, facts);
  if (link.state === "tombstone") return tombstoneState(looked, entity, facts);
  const gone = SIDES.find((side) => looked.presence[side] === "absent");
  if (gone !== undefined) return goneState(looked, gone, entity, facts);
  if (decision === null) return told("unknown", "nothing can be decided about it now", []);
  return comparedState(looked, decision, facts);
}

function comparedState({ link }: Looked, decision: Decision, { history, names, pair }: RecordFacts): Told {
  if (decision.situation === "left-scope" || decision.situation === "right-scope") {
    const side = decision.situation === "left-scope" ? "left" : "right";
    return told(
      "out-of-scope",
      `it is out of scope in ${names[side]}: the link is kept as it is, and nothing is written, until it is back`,
      [],
    );
  }
  const open = history.cases.filter((each) => each.closedAt === null);
  const writes = decision.writes.flatMap((write) =>
    write.fields.map((field) => `${field.field} to ${names[write.side]}`),
  );
  const guard = withheldBy(decision, history);
  if (guard !== undefined)
    return told(
      "withheld",
      `the next run would write ${writes.join(", ")}, but the ${guard.op} guard of ${names[guard.side]} withholds it (case ${guard.id})`,
      throughGuard(pair),
    );
  if (writes.length > 0) return told("differs", `the next run writes ${writes.join(", ")}`, [`syncline run ${pair}`]);
  if (open.length > 0 || decision.cases.length > 0) {
    const [first] = open;
    return told(
      "waits",
      `it waits for a person: ${open.length === 0 ? "the next run opens a case" : open.map(({ id, kind, field }) => `case ${id} (${kind}${field === null ? "" : ` of ${field}`})`).join(", ")}`,
      first === undefined ? [`syncline run ${pair}`] : [`syncline cases ${pair}`],
    );
  }
  if (decision.blocked > 0)
    return told("blocked", "the two differ, and the mapping does not allow the write that would mend it", []);
  if ((decision.refused ?? []).length > 0)
    return told("refused", "the write was refused by its system, and would be refused again as it is", [
      `syncline quarantine ${pair}`,
    ]);
  return told(
    "in-step",
    link?.state === "frozen" ? "in step; the link thaws with the next run" : "in step: the next run writes nothing",
    [],
  );
}

function goneState({ decision }: Looked, gone: Side, entity: Entity, { history, names, pair }: RecordFacts): Told {
  const open = history.cases.find((each) => each.closedAt === null && each.field === null);
  if (open !== undefined)
    return told(
      "waits",
      `it is gone from ${names[gone]}, and a person is asked what shall become of its counterpart (case ${open.id})`,
      [
        `syncline cases resolve ${open.id} --take ${names[gone]}`,
        `syncline cases resolve ${open.id} --take ${names[otherSide(gone)]}`,
      ],
    );
  const { whenGone } = entity.mapping.policy;
  return told(
    "gone",
    `${names[gone]} says that it is gone; when a complete listing misses it too, the file says when_gone: ${whenGone[gone]}${decision?.situation === "unknown" || decision === null ? "" : ` (${decision.situation})`}`,
    [`syncline run ${pair} --sweep`],
  );
}

function tombstoneState(
  { link, presence }: Looked,
  entity: Entity,
  { history, names, side, id, pair, tombstonesMs }: RecordFacts,
): Told {
  const remembered = history.links.find((each) => each.id === link?.id);
  const why = remembered?.reason ?? "no reason was kept";
  const until = link === null ? "" : ` until ${new Date(link.since + tombstonesMs).toISOString().slice(0, 10)}`;
  const there = presence[side] === "present";
  const deletion = history.effects.filter((effect) => effect.op === "delete" && effect.linkId === link?.id).at(-1);
  return told(
    "tombstoned",
    `its link has ended: ${why}. ${there ? `${names[side]}:${id} is still there, and is neither matched nor made again${until}` : `${names[side]} does not show it any more`}`,
    deletion !== undefined
      ? [`syncline undo ${deletion.run} --out undo.json`]
      : there && link !== null
        ? [`syncline links add ${pair} ${entity.name} ${link.left} ${link.right}`]
        : [],
  );
}

function loneState(
  { presence, decision, match }: Looked,
  entity: Entity,
  { history, names, side, id, pair }: RecordFacts,
): Told {
  if (presence[side] === "absent") {
    const known = history.effects.length > 0;
    return told(
      known ? "gone" : "unknown-record",
      `${names[side]} has no ${entity.name} ${id}${known ? ", and no link of it is remembered any more" : ", and nothing is remembered of one"}`,
      [`syncline links ${pair} --entity ${entity.name}`],
    );
  }
  if (presence[side] === "out-of-scope")
    return told("out-of-scope", `not linked: it is out of the scope that ${names[side]} has in the mapping`, []);
  const why = unlinkedWhy(match, decision, entity, { names, side });
  const guard = withheldBy(decision, history);
  if (guard !== undefined)
    return told(
      "withheld",
      `not linked: ${why}, but the ${guard.op} guard of ${names[guard.side]} withholds it (case ${guard.id})`,
      throughGuard(pair),
    );
  return told("unlinked", `not linked: ${why}`, nextOfLone({ match, decision }, history, pair));
}

function unlinkedWhy(
  match: Match | null,
  decision: Decision | null,
  entity: Entity,
  { names, side }: Pick<RecordFacts, "names" | "side">,
): string {
  const other = names[otherSide(side)];
  const rules = entity.mapping.matchFields.map((fields) => fields.join(" + ")).filter((text) => text !== "");
  const by = rules.length === 0 ? "" : ` by ${rules.join(", or by ")}`;
  switch (match?.kind) {
    case "one":
      return `${other}:${match.id} matches it${by}; the next run links the two`;
    case "taken":
      return `its only match, ${other}:${match.id}, is linked with another record`;
    case "ambiguous":
      return `several records may belong together${by}: ${[...match.candidates.map((each) => `${other}:${each}`), ...match.rivals.map((each) => `${names[side]}:${each}`)].join(", ")}`;
    case "no-key":
      return `it has none of the values that it could be matched${by}`;
    default:
      break;
  }
  const nobody = entity.mapping.policy.matches ? `nobody in ${other} matches it${by}` : "the mapping matches nobody";
  if (decision === null) return nobody;
  if (decision.writes.some((write) => write.op === "create")) return `${nobody}; the next run makes it in ${other}`;
  if (decision.writes.some((write) => write.op === "delete"))
    return `${nobody}, and the next run deletes it: ${decision.writes[0]?.reason ?? ""}`;
  if (decision.blocked > 0) return `${nobody}, and the mapping does not allow creates in ${other}`;
  return nobody;
}

function nextOfLone(
  { match, decision }: Pick<Looked, "match" | "decision">,
  { cases }: RecordHistory,
  pair: string,
): readonly string[] {
  const open = cases.find((each) => each.closedAt === null);
  if (open !== undefined)
    return [`syncline cases resolve ${open.id} --link ID`, `syncline cases resolve ${open.id} --dismiss`];
  const acts =
    match?.kind === "one" || (decision !== null && (decision.writes.length > 0 || decision.cases.length > 0));
  return acts ? [`syncline run ${pair} --sweep`] : [];
}

/** A standing guard withholds its whole class. */
function withheldBy(decision: Decision | null, { guards }: RecordHistory): RecordHistory["guards"][number] | undefined {
  return guards.find(
    (guard) => decision?.writes.some(({ side, op }) => side === guard.side && op === guard.op) === true,
  );
}

function throughGuard(pair: string): readonly string[] {
  return [`syncline plan ${pair} --sweep --out plan.json`, "syncline apply plan.json"];
}

function told(code: string, text: string, next: readonly string[]): Told {
  return { code, text, next };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
