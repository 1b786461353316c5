// Time and order of the simulated world. Whatever waits for the world (a remote call, a statement of the database, a sleep) is a
// task here; one at a time is let go, chosen by the seed among those that are due. When none is due the clock jumps to the next.

import type { Instant } from "../core/ids.ts";
import { hashText, type Random } from "./random.ts";

/** A daemon, as far as time is concerned: killed it never goes on, frozen it goes on later. */
export interface Process {
  readonly name: string;
  alive: boolean;
  frozenUntil: number;
  /** Resolves when the process is killed. */
  readonly died: Promise<void>;
  kill(): void;
}

interface Task {
  readonly label: string;
  readonly process: Process | null;
  readonly due: number;
  readonly go: () => void;
}

export interface Scheduler {
  now(): Instant;
  /** Steps taken since the beginning. */
  steps(): number;
  /** Waits for its turn, `delayMs` from now at the earliest. Never resolves for a process that was killed. */
  turn(process: Process | null, label: string, delayMs: number): Promise<void>;
  sleep(process: Process | null, ms: number, signal: AbortSignal): Promise<void>;
  /** Lets tasks go until the work is done. @throws when nothing is left that it could wait for. */
  until(work: Promise<unknown>): Promise<void>;
  /** Lets what is under way without any process (webhooks, automations) come to its end. */
  drain(): Promise<void>;
  process(name: string): Process;
  /** Moves the clock while nothing runs. */
  advance(ms: number): void;
  /** Adds to what the trace's hash is made of. */
  note(text: string): void;
  trace(): string;
}

export interface SchedulerParts {
  readonly random: Random;
  readonly startsAt: Instant;
  /** Resolves when nothing is left to do at once: every promise that could go on has gone on. */
  readonly idle: () => Promise<void>;
  /** Called before each task is let go. */
  readonly beforeStep: (step: number, label: string) => void;
  /** Keeps what happened as text; null: only its hash. */
  readonly log: string[] | null;
}

/** More steps than any honest history takes: a run that never ends. */
const STEPS_MAX = 60_000;

export function openScheduler(parts: SchedulerParts): Scheduler {
  let now: number = parts.startsAt;
  let steps = 0;
  let hash = 0x811c9dc5;
  let tasks: Task[] = [];

  const note = (text: string): void => {
    hash = hashText(text, hash);
    parts.log?.push(`${String(steps).padStart(5)} ${String(now - parts.startsAt).padStart(8)} ms  ${text}`);
  };
  const readyAt = (task: Task): number => Math.max(task.due, task.process?.frozenUntil ?? 0);
  const step = (): void => {
    tasks = tasks.filter((task) => task.process === null || task.process.alive);
    if (tasks.length === 0)
      throw new Error("the simulated world stands still: something waits for what will never come");
    const next = Math.min(...tasks.map(readyAt));
    if (next > now) now = next;
    const ready = tasks.filter((task) => readyAt(task) <= now);
    const task = parts.random.pick(ready);
    tasks.splice(tasks.indexOf(task), 1);
    steps += 1;
    if (steps > STEPS_MAX) throw new Error("the simulated world never comes to rest");
    note(task.label);
    parts.beforeStep(steps, task.label);
    // What happens before a step may kill who was about to take it.
    if (task.process === null || task.process.alive) task.go();
  };

  return {
    now: () => now as Instant,
    steps: () => steps,
    turn: (process, label, delayMs) =>
      new Promise((go) => {
        if (process?.alive !== false) tasks.push({ label, process, due: now + delayMs, go });
      }),
    sleep: (process, ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) {
          resolve();
          return;
        }
        const onAbort = (): void => {
          tasks = tasks.filter((each) => each !== task);
          resolve();
        };
        // Whoever sleeps many times under one signal leaves nothing on it.
        const go = (): void => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        };
        const task: Task = { label: `${process?.name ?? ""} wakes`, process, due: now + ms, go };
        tasks.push(task);
        signal.addEventListener("abort", onAbort, { once: true });
      }),
    async until(work) {
      let done = false;
      const finish = (): void => void (done = true);
      work.then(finish, finish);
      for (;;) {
        await parts.idle();
        if (done) return;
        step();
      }
    },
    async drain() {
      for (;;) {
        await parts.idle();
        tasks = tasks.filter((task) => task.process === null || task.process.alive);
        if (tasks.length === 0) return;
        step();
      }
    },
    process(name) {
      let die: () => void = () => undefined;
      const died = new Promise<void>((resolve) => (die = resolve));
      const made: Process = {
        name,
        alive: true,
        frozenUntil: 0,
        died,
        kill() {
          made.alive = false;
          die();
        },
      };
      return made;
    },
    advance(ms) {
      now += ms;
    },
    note,
    trace: () => hash.toString(16).padStart(8, "0"),
  };
}
