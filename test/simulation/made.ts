// Small histories made by hand: who enters what, and when a run looks. Nothing goes wrong in them, so whatever a checker finds
// afterwards was put there by a test.

import type { RemoteId, Side } from "../../src/core/ids.ts";
import { remoteId } from "../../src/core/ids.ts";
import type { Fields } from "../../src/core/value.ts";
import { mappingOf, type FamilyMember } from "../../src/simulation/family.ts";
import type { Event, History, RunKind } from "../../src/simulation/history.ts";
import { pairTables, type PairTables } from "../../src/simulation/memory/tables.ts";
import { play, type Played } from "../../src/simulation/play.ts";
import { familyPopulace } from "../../src/simulation/populace.ts";
import { randomOf } from "../../src/simulation/random.ts";
import { drawSwarm, type Habits } from "../../src/simulation/system/habits.ts";
import type { Happening } from "../../src/simulation/system/journal.ts";

const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const PLAIN: FamilyMember = {
  matching: "email",
  conflict: "review",
  atLink: "review",
  whenGone: { a: "unlink", b: "unlink" },
  goneEdited: "review",
  deletes: true,
  grouped: false,
  counter: false,
  tags: false,
  oneWay: null,
  child: null,
  scope: null,
  guarded: false,
  nested: false,
};

const HONEST: Habits = {
  versions: "number",
  tellsModified: true,
  guard: "if-match",
  needsCurrent: false,
  get: true,
  find: true,
  verify: "find",
  repeat: "unsafe",
  unique: false,
  changes: true,
  tellsDeletes: true,
  keepsDeleted: false,
  settleMs: 2000,
  lagMs: 0,
  pageSize: 50,
  paging: "keyset",
  tellsTotal: false,
  answersRecord: true,
  answersVersion: true,
  batch: 50,
  latencyMs: 0,
  skewMs: 0,
  spelling: "as-is",
  automation: "none",
  webhooks: false,
};

export interface Made {
  readonly member?: Partial<FamilyMember>;
  readonly habits?: Partial<Habits>;
  /** The runs one after the other, each with what people did before it. */
  readonly rounds: readonly (readonly Event[])[];
  readonly run?: RunKind;
}

function historyOf({ rounds, habits = {}, run = "sweep" }: Made): History {
  const own = { ...HONEST, ...habits };
  return {
    seed: "made-by-hand",
    swarm: drawSwarm(randomOf("made-by-hand")),
    habits: { left: own, right: own },
    rounds: rounds.map((events) => ({
      run,
      second: null,
      restMs: 60_000,
      events: events.map((event) => ({ at: 0, on: null, event })),
    })),
  };
}

export function playMade(made: Made): Promise<Played> {
  const member = { ...PLAIN, ...made.member };
  return play(historyOf(made), { mapping: mappingOf(member), populace: familyPopulace(member) }, { idle, log: null });
}

export function create(side: Side, number: number, object = 0): Event {
  return { kind: "create", side, object, number, pick: 1 };
}

/** The first record of the other side, entered here too. */
export function twin(side: Side, number: number): Event {
  return { kind: "twin", side, object: 0, number, pick: 0 };
}

/** The first record's name. */
export function rename(side: Side, number: number): Event {
  return { kind: "edit", side, object: 0, number, pick: 0, field: 0 };
}

export function remove(side: Side): Event {
  return { kind: "delete", side, object: 0, pick: 0 };
}

export function id(text: string): RemoteId {
  const made = remoteId(text);
  if (made === null) throw new Error(`${text} is no id`);
  return made;
}

export function tablesOf(played: Played): PairTables {
  return pairTables(played.store.tables, played.mapping.pair);
}

/** What the record shows at the end. */
export function shown(played: Played, record: RemoteId): Fields {
  const fields = played.happenings.findLast((each) => each.id === record)?.after;
  if (fields === null || fields === undefined) throw new Error(`${record} is not there`);
  return fields;
}

/** One more thing that happened, at the very end unless said otherwise. */
function happening(played: Played, more: Partial<Happening> & Pick<Happening, "side" | "id">): Happening {
  const { happenings } = played;
  const last = happenings.at(-1);
  return {
    seq: happenings.length,
    step: (last?.step ?? 0) + 1,
    round: played.quietFrom - 1,
    at: (last?.at ?? 0) + 1_000_000,
    actor: "engine",
    object: "person",
    before: null,
    after: null,
    sent: null,
    key: `key-${String(happenings.length)}`,
    intended: true,
    other: null,
    asked: null,
    blind: false,
    unseen: false,
    ...more,
  };
}

export function withHappenings(
  played: Played,
  ...added: readonly (Partial<Happening> & Pick<Happening, "side" | "id">)[]
): Played {
  return added.reduce<Played>((so, more) => ({ ...so, happenings: [...so.happenings, happening(so, more)] }), played);
}

/** The record with some fields set, by whom. */
export function edited(
  played: Played,
  side: Side,
  record: RemoteId,
  set: Fields,
  actor: Happening["actor"],
): Partial<Happening> & Pick<Happening, "side" | "id"> {
  const before = shown(played, record);
  return { side, id: record, actor, before, after: { ...before, ...set }, sent: actor === "engine" ? set : null };
}
