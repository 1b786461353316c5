// Plays a history: two faulty systems, a state in memory, one or two daemons, and the engine as it is. Afterwards faults stop, the
// daemon runs until it should have come to rest, and what happened is handed to the checkers.

import { otherSide, remoteId, type BySide, type Instant, type RunId } from "../core/ids.ts";
import type { PairParts, Ports } from "../engine/context.ts";
import type { Intent } from "../engine/ports/intent.ts";
import type { PairStore } from "../engine/ports/pair-store.ts";
import type { RunReport } from "../engine/ports/run.ts";
import { canonicalText } from "../core/value.ts";
import type { RunRequest } from "../engine/request.ts";
import { runPair } from "../engine/run.ts";
import type { Mapping } from "../mapping/mapping.ts";
import { digest256, digest64 } from "./digest.ts";
import type { Event, History, Round, RunKind, TimedEvent } from "./history.ts";
import { openMemoryStore, type MemoryStore } from "./memory-store.ts";
import { backup, restore } from "./memory/backup.ts";
import { newTables, pairTables, rowKey, type LinkRow, type StoredCase } from "./memory/tables.ts";
import { recordOf, type Populace, type Systems } from "./populace.ts";
import { hashText, randomOf } from "./random.ts";
import { openScheduler, type Process, type Scheduler } from "./scheduler.ts";
import type { ArmedFault } from "./system/faults.ts";
import { faultySystem } from "./system/faulty-system.ts";
import type { FaultySystem } from "./system/account.ts";
import type { Happening } from "./system/journal.ts";
import { weave, type StoreFault } from "./woven-store.ts";

export interface Cast {
  readonly mapping: Mapping;
  readonly populace: Populace;
}

export interface PlayOptions {
  /** Resolves when every promise that could go on has gone on: one turn of the event loop. */
  readonly idle: () => Promise<void>;
  /** Keeps what happened as text; null: only its hash. */
  readonly log: string[] | null;
}

interface RunEnd {
  readonly round: number;
  readonly process: string;
  readonly kind: RunKind;
  /** Null: it was killed, or threw. */
  readonly report: RunReport | null;
  readonly thrown: string | null;
  /** A simulated fault of the state made it throw. */
  readonly excused: boolean;
}

interface Figures {
  readonly steps: number;
  readonly faults: number;
  readonly crashes: number;
  readonly edits: number;
}

/** The world when it has come to rest, and how it got there. */
export interface Played {
  readonly history: History;
  readonly mapping: Mapping;
  readonly systems: Systems;
  readonly store: MemoryStore;
  readonly happenings: readonly Happening[];
  readonly runs: readonly RunEnd[];
  /** Keys of the writes whose answer arrived. */
  readonly answered: ReadonlySet<string>;
  /** Rounds in which a daemon was killed, or a run broke off. */
  readonly cut: ReadonlySet<number>;
  /** Rounds in which a system said what was not so. */
  readonly lied: ReadonlySet<number>;
  /** When the state was lost: how many things had happened by then, after which round, and whether all of it went. */
  readonly losses: readonly Loss[];
  /** Two dry runs one after the other when everything has gone quiet; of some histories none. */
  readonly plans: readonly DryRun[];
  /** Number of the first round in which nothing goes wrong any more. */
  readonly calmFrom: number;
  /** Of these rounds on nothing may be written. */
  readonly quietFrom: number;
  /** What was remembered when only the feeds of changes had been followed, before the first undisturbed sweep. */
  readonly followed: Memory;
  /** Rows of the state before the quiet rounds, and after them. */
  readonly rows: { readonly before: number; readonly after: number };
  readonly trace: string;
  readonly figures: Figures;
}

/** What a dry run said, and whether it changed anything. */
interface DryRun {
  readonly plan: string | null;
  readonly wrote: boolean;
}

export interface Loss {
  readonly at: number;
  readonly happenings: number;
  readonly round: number;
  readonly all: boolean;
}

/** The part of the state that says what has been agreed. */
export interface Memory {
  readonly happenings: number;
  readonly links: readonly LinkRow[];
  readonly cases: readonly StoredCase[];
  readonly quarantined: ReadonlySet<string>;
  /** Records that wait for another one's link. */
  readonly parked: ReadonlySet<string>;
  readonly intents: number;
  readonly cursors: ReadonlySet<string>;
}

const STARTS_AT = Date.UTC(2026, 0, 1) as Instant;
const NO_STATE = pairTables(
  newTables(() => STARTS_AT),
  "nobody",
);
/** Longer than any lag, settle time, wait for a parent, or lease. */
const LONG_MS = 600_000;
const DAY_MS = 86_400_000;

export async function play(history: History, cast: Cast, options: PlayOptions): Promise<Played> {
  const world = openWorld(history, cast, options);
  for (const round of history.rounds) await world.round(round);
  await world.calm();
  // Plans cost as much as runs: of every fourth history.
  const plans = hashText(history.seed) % 4 === 0 ? [await world.plan(), await world.plan()] : [];
  const calmFrom = world.rounds();
  for (const run of ["changes", "changes", "changes"] as const) await world.undisturbed(run);
  const followed = world.memory();
  // Whatever was refused while things went wrong has been due again by now.
  world.scheduler.advance(DAY_MS);
  for (const run of ["sweep", "sweep", "sweep", "changes"] as const) await world.undisturbed(run);
  const before = world.rowCount();
  const quietFrom = world.rounds();
  for (const run of ["sweep", "changes"] as const) await world.undisturbed(run);
  const { systems, store, happenings, runs, answered, cut, lied, losses, scheduler } = world;
  return {
    history,
    mapping: cast.mapping,
    systems,
    store,
    happenings,
    runs,
    answered,
    cut,
    lied,
    losses,
    plans,
    calmFrom,
    quietFrom,
    followed,
    rows: { before, after: world.rowCount() },
    trace: scheduler.trace(),
    figures: world.figures(),
  };
}

export interface World {
  readonly scheduler: Scheduler;
  readonly systems: Systems;
  readonly store: MemoryStore;
  readonly happenings: readonly Happening[];
  readonly runs: readonly RunEnd[];
  readonly answered: ReadonlySet<string>;
  readonly cut: ReadonlySet<number>;
  readonly lied: ReadonlySet<number>;
  readonly losses: readonly Loss[];
  round(round: Round): Promise<void>;
  undisturbed(run: RunKind): Promise<void>;
  plan(): Promise<DryRun>;
  /** What a person has the engine do beside its runs. */
  asked<T>(task: (parts: PairParts, ports: Ports, request: RunRequest) => Promise<T>): Promise<T>;
  calm(): Promise<void>;
  rounds(): number;
  rowCount(): number;
  memory(): Memory;
  figures(): Figures;
}

interface Daemon {
  readonly process: Process;
  readonly stop: AbortController;
}

export function openWorld(history: History, cast: Cast, options: PlayOptions): World {
  const happenings: Happening[] = [];
  const runs: RunEnd[] = [];
  const armed: ArmedFault[] = [];
  const answered = new Set<string>();
  const cut = new Set<number>();
  const lied = new Set<number>();
  const losses: Loss[] = [];
  let loss: { readonly all: boolean } | null = null;
  const storeFaults: StoreFault[] = [];
  const counts = { faults: 0, crashes: 0, edits: 0 };
  let number = 0;
  let keys = 0;
  let queue: readonly TimedEvent[] = [];
  let roundStart = 0;
  let daemons: readonly Daemon[] = [];
  let isCalm = false;

  const scheduler = openScheduler({
    random: randomOf(`${history.seed} order`),
    startsAt: STARTS_AT,
    idle: options.idle,
    log: options.log,
    beforeStep: (step, label) => {
      const due = queue.filter(({ at, on }) => at <= step - roundStart && (on === null || label.endsWith(` ${on}`)));
      if (due.length === 0) return;
      queue = queue.filter((each) => !due.includes(each));
      for (const { event } of due) happen(event);
    },
  });
  const store = openMemoryStore(() => scheduler.now());
  const { mapping, populace } = cast;
  const pair = store.pair(mapping.pair);
  const intentOf = (key_: string): Intent | null =>
    [...(store.tables.pairs.get(mapping.pair)?.intents.values() ?? [])].find((intent) => intent.key === key_) ?? null;
  const systemOf = (side: "left" | "right"): FaultySystem =>
    faultySystem({
      side,
      habits: history.habits[side],
      objects: populace.objects[side],
      random: randomOf(`${history.seed} ${side}`),
      scheduler,
      round: () => number,
      intentOf: (sent) => {
        const intent = intentOf(sent);
        return intent === null ? null : { other: intent.decision[otherSide(intent.side)] };
      },
      happened: (happening) => void happenings.push({ ...happening, seq: happenings.length }),
      announce: (object, id) => void announce(side, object, id),
      armed,
      used: ({ mishap }) => {
        counts.faults += 1;
        const blind = !history.habits[side].get || armed.some((each) => each.side === side && each.operation === "get");
        if (mishap === "omits" || mishap === "empty" || mishap === "stale" || (mishap === "garbled" && blind))
          lied.add(number);
      },
      answered: (answeredKey) => void answered.add(answeredKey),
    });
  const systems: Systems = { left: systemOf("left"), right: systemOf("right") };

  /** The account's webhook: lost, late or doubled, as it happens. */
  async function announce(side: "left" | "right", object: string, id: Happening["id"]): Promise<void> {
    if (!history.habits[side].webhooks) return;
    const chance = hashText(`${history.seed} ${side} ${id} ${String(happenings.length)}`);
    if (!isCalm && chance % 5 === 0) return;
    const entities = mapping.entities
      .filter((entity) => entity.objects[side] === object)
      .map((entity) => entity.policy.name);
    const delivery = `${side} ${String(happenings.length)}`;
    for (let copy = 0; copy < (chance % 7 === 0 ? 2 : 1); copy += 1) {
      await scheduler.turn(null, `webhook of ${id}`, chance % 4000);
      // Anybody may send a hint: about a record that changed long ago, or one that never was.
      const named = chance % 11 === 0 ? (remoteId(`${id}9`) ?? id) : id;
      const hints = entities.map((entity) => ({
        pair: mapping.pair,
        entity,
        side,
        id: named,
        channel: "webhook" as const,
        due: scheduler.now(),
      }));
      await store.ledger.storeDelivery({ system: `${side}-system`, id: delivery, hints });
    }
  }

  function happen(event: Event): void {
    scheduler.note(`event ${JSON.stringify(event)}`);
    switch (event.kind) {
      case "crash":
        if (daemons.length > 0) counts.crashes += 1;
        cut.add(number);
        // Of two daemons now this one, now the other.
        daemons[counts.crashes % Math.max(1, daemons.length)]?.process.kill();
        return;
      case "stall":
        for (const { process } of daemons.slice(0, 1)) process.frozenUntil = scheduler.now() + event.ms;
        return;
      case "stop":
        for (const { stop } of daemons.slice(0, 1)) stop.abort();
        return;
      case "store":
        storeFaults.push(event.when);
        return;
      case "fault":
        armed.push(event);
        return;
      case "state-lost":
        loss = { all: event.all || loss?.all === true };
        return;
      case "answer":
        answerOldest(event.side);
        return;
      default:
        counts.edits += 1;
        act(event);
    }
  }

  function answerOldest(side: "left" | "right"): void {
    const open = [...(store.tables.pairs.get(mapping.pair)?.cases.values() ?? [])].find(
      (row) => !row.closed && row.answer === null && row.kind === "conflict",
    );
    // The ledger in memory does it at once.
    if (open !== undefined) void store.ledger.resolveCase(open.id, { kind: "take", side }, "a person");
  }

  function act(event: Extract<Event, { readonly kind: "create" | "twin" | "edit" | "blank" | "delete" }>): void {
    const shape = populace.objects[event.side][event.object % populace.objects[event.side].length];
    if (shape === undefined) return;
    const { side } = event;
    const system = systems[side];
    const made = (): void => {
      if (event.kind === "create") {
        const fields = populace.fresh(systems, side, shape.name, event.number, event.pick);
        if (fields !== null) system.create("person", shape.name, fields, null);
        return;
      }
      if (event.kind === "twin") {
        const other = side === "left" ? systems.right : systems.left;
        const counterpart = mapping.entities.find((entity) => entity.objects[side] === shape.name)?.objects[other.side];
        const from = counterpart === undefined ? null : recordOf(other, counterpart, event.pick);
        const fields =
          from === null ? null : populace.twin(systems, side, shape.name, from.fields, from.id, event.number);
        if (fields !== null) system.create("person", shape.name, fields, null);
        return;
      }
      const record = recordOf(system, shape.name, event.pick);
      if (record === null) return;
      const fields =
        event.kind === "delete"
          ? null
          : populace.edited(
              systems,
              side,
              shape.name,
              record.fields,
              event.field,
              event.kind === "blank" ? null : event.number,
            );
      // Whoever made a record that nobody has heard of yet looks for it by its key: no engine could find it under another.
      const row = system.table(shape.name).rows.get(record.id);
      const isKeyed = shape.key !== null && fields !== null && fields[shape.key] !== record.fields[shape.key];
      if (isKeyed && row?.key !== null && row?.key !== undefined && intentOf(row.key) !== null) return;
      if (event.kind === "delete" || fields !== null) system.change("person", shape.name, record.id, fields, null);
    };
    made();
  }

  const newDaemon = (name: string): Daemon => ({ process: scheduler.process(name), stop: new AbortController() });

  function portsOf({ process }: Daemon): Ports {
    return {
      clock: { now: () => scheduler.now(), sleep: (ms, signal) => scheduler.sleep(process, ms, signal) },
      ids: { run: () => `r_${key()}` as RunId, key },
      digest64,
      digest256,
      store: weave<PairStore>(pair, scheduler, process, storeFaults, () => void (counts.faults += 1)),
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      progress: { phase: quiet },
    };
  }

  /** Sorts by time, and within a moment by order. */
  function key(): string {
    keys += 1;
    return `${String(scheduler.now()).padStart(15, "0")}${String(keys).padStart(11, "0")}`;
  }

  function partsOf({ process }: Daemon): PairParts {
    const connected = { left: systems.left.connect(process), right: systems.right.connect(process) };
    const objects = (
      entity: Mapping["entities"][number],
    ): BySide<ReturnType<(typeof connected)["left"]["object"]>> => ({
      left: connected.left.object(entity.objects.left, entity.wanted.left),
      right: connected.right.object(entity.objects.right, entity.wanted.right),
    });
    return {
      mapping,
      meaning: digest256(mapping.meaning),
      entities: mapping.entities.map((entity) => ({
        name: entity.policy.name,
        mapping: entity,
        objects: objects(entity),
      })),
    };
  }

  function requestOf(daemon: Daemon, kind: RunKind): RunRequest {
    return {
      run: `r_${key()}` as RunId,
      kind,
      entity: null,
      dryRun: false,
      only: null,
      owner: daemon.process.name,
      signal: daemon.stop.signal,
      calls: () => ({}),
    };
  }

  async function runOnce(daemon: Daemon, kind: RunKind): Promise<void> {
    const faultsBefore = counts.faults;
    const end = { round: number, process: daemon.process.name, kind };
    try {
      const { report } = await runPair(partsOf(daemon), portsOf(daemon), requestOf(daemon, kind));
      scheduler.note(`${daemon.process.name} ends: ${report.outcome} ${report.reason ?? ""} ${report.message ?? ""}`);
      // What it had begun nobody has written down.
      if (report.reason === "lease-lost") cut.add(number);
      runs.push({ ...end, report, thrown: null, excused: false });
    } catch (thrown) {
      cut.add(number);
      const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      scheduler.note(`${daemon.process.name} throws: ${message.split("\n")[0] ?? ""}`);
      runs.push({
        ...end,
        report: null,
        thrown: message,
        excused: message.includes("simulated") || counts.faults > faultsBefore,
      });
    }
  }

  async function play_(round: Round): Promise<void> {
    queue = round.events;
    roundStart = scheduler.steps();
    for (const system of [systems.left, systems.right])
      for (const shape of system.parts.objects) system.table(shape.name).roundAt = roundStart;
    scheduler.note(`round ${String(number)}: ${round.run}`);
    const tables = pairTables(store.tables, mapping.pair);
    const kept = backup(tables);
    // Somebody has looked, and has given back what was missing.
    if (tables.paused !== null && hashText(`${history.seed} resumes ${String(number)}`) % 3 > 0) tables.paused = null;
    const first = newDaemon(`d${String(number)}`);
    const second = round.second === null ? null : newDaemon(`e${String(number)}`);
    daemons = second === null ? [first] : [first, second];
    const works = [Promise.race([runOnce(first, round.run), first.process.died])];
    if (second !== null && round.second !== null) {
      const { afterMs, run } = round.second;
      const later = scheduler.sleep(second.process, afterMs, second.stop.signal).then(() => runOnce(second, run));
      works.push(Promise.race([later, second.process.died]));
    }
    await scheduler.until(Promise.all(works));
    // Nobody of this round goes on into the next one.
    for (const { process } of daemons) process.kill();
    daemons = [];
    const rest = queue;
    queue = [];
    for (const { event } of rest) happen(event);
    if (loss !== null) {
      scheduler.note(`the state is lost: ${loss.all ? "all of it" : "what came in this round"}`);
      restore(tables, loss.all ? backup(NO_STATE) : kept);
      losses.push({ at: scheduler.now(), happenings: happenings.length, round: number, all: loss.all });
      loss = null;
    }
    scheduler.advance(round.restMs);
    number += 1;
  }

  return {
    scheduler,
    systems,
    store,
    happenings,
    runs,
    answered,
    cut,
    lied,
    losses,
    round: play_,
    async undisturbed(run) {
      await play_({ run, second: null, events: [], restMs: 0 });
      await scheduler.drain();
      scheduler.advance(LONG_MS);
    },
    async plan() {
      const rowsOf = (): string => {
        const { links, cases, hints, intents, effects } = pairTables(store.tables, mapping.pair);
        return canonicalText(
          [links, cases, hints, intents].flatMap((map) => [...map.keys()].map(String)).concat(String(effects.length)),
        );
      };
      const before = { rows: rowsOf(), happenings: happenings.length };
      const daemon = newDaemon("plan");
      const request = { ...requestOf(daemon, "sweep"), dryRun: true };
      let plan: string | null = null;
      await scheduler.until(
        runPair(partsOf(daemon), portsOf(daemon), request).then((result) => {
          plan = result.plan?.hash ?? null;
        }),
      );
      return { plan, wrote: rowsOf() !== before.rows || happenings.length !== before.happenings };
    },
    async asked(task) {
      const daemon = newDaemon("person");
      const work = task(partsOf(daemon), portsOf(daemon), requestOf(daemon, "changes"));
      await scheduler.until(work);
      return work;
    },
    async calm() {
      isCalm = true;
      armed.length = 0;
      storeFaults.length = 0;
      await scheduler.drain();
      scheduler.advance(LONG_MS);
      const tables = store.tables.pairs.get(mapping.pair);
      // A person resumes what a system's failure has paused.
      if (tables !== undefined) tables.paused = null;
    },
    rounds: () => number,
    rowCount() {
      const tables = store.tables.pairs.get(mapping.pair);
      if (tables === undefined) return 0;
      // A field that went round in circles comes to rest by the question about it, however late.
      const cases = [...tables.cases.values()].filter((row) => !row.closed && row.kind !== "oscillation").length;
      return (
        tables.links.size +
        tables.hints.size +
        tables.intents.size +
        cases +
        tables.quarantine.size +
        tables.parked.size +
        tables.unlinked.size +
        tables.effects.length
      );
    },
    memory() {
      const tables = pairTables(store.tables, mapping.pair);
      return {
        happenings: happenings.length,
        links: [...tables.links.values()],
        cases: [...tables.cases.values()].filter((row) => !row.closed),
        quarantined: new Set(tables.quarantine.keys()),
        parked: new Set([...tables.parked.values()].map((row) => rowKey(row.entity, row.side, row.id))),
        intents: tables.intents.size,
        cursors: new Set(tables.cursors.keys()),
      };
    },
    figures: () => ({ ...counts, steps: scheduler.steps() }),
  };
}

function quiet(): void {
  // Nobody reads the log of a simulated daemon.
}
