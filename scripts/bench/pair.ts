// The engine against a tuned script, each in a process of its own, over the same records in systems of its own: first load, nothing
// changed, one in a hundred changed on each side. In turns, so that what else the machine does meets both.

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { Log } from "../../src/engine/ports/world.ts";
import { startEmbedded } from "../../src/store/embedded.ts";
import { startBatchServer, type BatchServer } from "./batch-server.ts";
import type { ContenderTask, PassAnswer } from "./contest.ts";
import { customers } from "./customers.ts";
import { shortNumber, type Figures } from "./figures.ts";

const KINDS = ["engine", "script"] as const;
const PHASES = ["first load", "nothing changed", "1 % changed on each side"] as const;
/** A pass without changes is short: the best of these. */
const QUIET_PASSES = 3;
/** The engine pays for its promises, and no more than this. */
const WANTED = 0.6;

const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (message, facts) => console.error(message, facts),
};

interface Side {
  readonly left: BatchServer;
  readonly right: BatchServer;
  readonly child: ChildProcess;
}

type Answers = Readonly<Record<(typeof KINDS)[number], PassAnswer>>;

/** @param judged False: the ratios are told and not judged. */
export async function measurePair(count: number, judged: boolean): Promise<Figures> {
  // One cluster for all measurements of this account: only the first waits for it to be made.
  const folder = join(tmpdir(), `syncline-bench-${String(process.getuid?.() ?? 0)}`);
  const embedded = await startEmbedded({ dataDir: folder, log: quiet, transport: "loopback" });
  const { host, port, user, password } = embedded.connection;
  const url = (database: string): string => `postgres://${user}:${password ?? ""}@${host}:${String(port)}/${database}`;
  const sides = new Map<string, Side>();
  try {
    for (const kind of KINDS) {
      await onServer(url("postgres"), `drop database if exists ${nameOf(kind)}`);
      await onServer(url("postgres"), `create database ${nameOf(kind)}`);
      sides.set(kind, await startSide(kind, count, url(nameOf(kind))));
    }
    const phases: Answers[] = [];
    const calls: number[] = [];
    for (const phase of PHASES) {
      if (phase === "1 % changed on each side") for (const side of sides.values()) changeSome(side);
      const passes = phase === "nothing changed" ? QUIET_PASSES : 1;
      const found: Record<string, PassAnswer> = {};
      for (let round = 0; round < passes; round += 1) {
        for (const kind of KINDS) found[kind] = better(found[kind], await ask(sideOf(sides, kind)));
      }
      phases.push(found as Answers);
      for (const kind of KINDS) calls.push(callsOf(sideOf(sides, kind)) / passes);
    }
    for (const kind of KINDS) verify(sideOf(sides, kind), kind);
    return figuresOf(count, phases, calls, judged);
  } finally {
    for (const { left, right, child } of sides.values()) {
      await end(child);
      await left.close();
      await right.close();
    }
    for (const kind of KINDS) await onServer(url("postgres"), `drop database if exists ${nameOf(kind)} with (force)`);
    await embedded.stop();
  }
}

function sideOf(sides: ReadonlyMap<string, Side>, kind: string): Side {
  const side = sides.get(kind);
  if (side === undefined) throw new Error(`no ${kind}`);
  return side;
}

/** Two measurements at once do not meet. */
function nameOf(kind: string): string {
  return `bench_${kind}_${String(process.pid)}`;
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

async function startSide(kind: ContenderTask["kind"], count: number, database: string): Promise<Side> {
  const left = await startBatchServer("l", customers(count));
  const right = await startBatchServer("r", []);
  const task: ContenderTask = { kind, left: left.url, right: right.url, database };
  const child = fork(fileURLToPath(new URL("./contender.ts", import.meta.url)), [JSON.stringify(task)]);
  await once(child, "message");
  return { left, right, child };
}

async function ask({ child }: Side): Promise<PassAnswer> {
  child.send("pass");
  const [answer] = (await Promise.race([once(child, "message"), once(child, "exit").then(() => [null])])) as [
    PassAnswer | null,
  ];
  if (answer === null) throw new Error("a contender ended early");
  return answer;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.send("close");
  await ended;
}

/** Calls since the last time. */
function callsOf({ left, right }: Side): number {
  const calls = left.calls + right.calls;
  left.calls = 0;
  right.calls = 0;
  return calls;
}

function better(one: PassAnswer | undefined, other: PassAnswer): PassAnswer {
  return one === undefined || other.seconds < one.seconds ? other : one;
}

/** Every hundredth record of the left, and the one after it on the right. */
function changeSome({ left, right }: Side): void {
  const stamp = new Date(Date.UTC(2026, 11, 1)).toISOString();
  const byEmail = new Map([...right.rows.values()].map((row) => [String(row["email"]).toLowerCase(), row]));
  [...left.rows.values()].forEach((row, index) => {
    if (index % 100 === 0) left.rows.set(row.id, { ...row, note: "changed on the left", updatedAt: stamp });
    const partner = index % 100 === 1 ? byEmail.get(String(row["email"]).toLowerCase()) : undefined;
    if (partner !== undefined)
      right.rows.set(partner.id, { ...partner, note: "changed on the right", updatedAt: stamp });
  });
}

/** Both have done the same work, or nothing was measured. */
function verify({ left, right }: Side, kind: string): void {
  const notes = (rows: BatchServer["rows"]): string =>
    JSON.stringify([...rows.values()].map((row) => [String(row["email"]).toLowerCase(), row["note"]].join(" ")).sort());
  if (left.rows.size !== right.rows.size || notes(left.rows) !== notes(right.rows))
    throw new Error(`${kind}: the two systems are not in step`);
}

function figuresOf(count: number, phases: readonly Answers[], calls: readonly number[], judged: boolean): Figures {
  const peak = Math.max(...phases.map(({ engine }) => engine.peak));
  const values: Record<string, number> = { records: count, enginePeakMebibytes: peak };
  const lines = [`${String(count)} records; engine / tuned script, seconds`];
  const ratios = phases.map(({ engine, script }, index) => {
    const name = PHASES[index] ?? "";
    lines.push(
      `${name.padEnd(26)} ${engine.seconds.toFixed(2)} / ${script.seconds.toFixed(2)}   (calls ${String(calls[index * 2])} / ${String(calls[index * 2 + 1])})`,
    );
    values[`engine, ${name}`] = engine.seconds;
    values[`script, ${name}`] = script.seconds;
    return {
      name: `${name}: of the script's speed`,
      ratio: script.seconds / engine.seconds,
      atLeast: judged ? WANTED : null,
    };
  });
  lines.push(
    `peak memory of the process     ${shortNumber(peak)} MiB / ${shortNumber(Math.max(...phases.map(({ script }) => script.peak)))} MiB`,
  );
  return { title: "Engine: two systems over HTTP with batches, state in Postgres", lines, ratios, values };
}
