// The other process, as seen from here: pages go in one after the other, and when it hangs or dies it is replaced. Only the
// input it died of fails; the others of the page are sent to the next one.

import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { failedResult, resultOfThrown } from "./failure.ts";
import { valueOfWire } from "./wire.ts";
import type { ExpressionResult } from "../core/expression.ts";

export interface EvaluationLimits {
  /** Wall-clock time of one input. Too small: a busy machine fails good records. Too large: a bad one holds up the rest. */
  readonly timeoutMs: number;
  /** Of the process, which runs out of memory and dies beyond it. */
  readonly memoryMb: number;
  /** Characters of one result, about. */
  readonly resultLength: number;
}

/** Values as texts; see wire.ts. */
export interface Page {
  readonly source: string;
  /** All variables there are; `bindings` may lack some. */
  readonly names: readonly string[];
  /** The same for all inputs, or one for each. */
  readonly bindings: string | readonly string[];
  readonly inputs: readonly string[];
}

/** An expression that killed the process, or timed out, this often in a row is not tried on the rest of the page. */
const STRIKES_MAX = 5;
/** Characters sent at once: too many fill the pipe and both memories. One input is always sent. */
const MESSAGE_LENGTH_MAX = 1_000_000;
/** Starting Node takes 50 ms, on a busy machine seconds. */
const START_MS = 30_000;

const CLOSED = "the expression compiler is closed";

type Ending = "timeout" | "died";
type Answer = { readonly value: string | null } | { readonly code: string; readonly message: string };

export class EvaluatingProcess {
  readonly limits: EvaluationLimits;
  private child: ChildProcess | null = null;
  /** Pages wait for each other. */
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(limits: EvaluationLimits) {
    this.limits = limits;
  }

  evaluate(page: Page): Promise<ExpressionResult[]> {
    const results = this.last.then(() => this.evaluatePage(page));
    this.last = results.then(
      () => undefined,
      () => undefined,
    );
    return results;
  }

  /** Ends the process; pages not done yet are rejected. */
  async close(): Promise<void> {
    this.closed = true;
    const { child } = this;
    if (child !== null) await ended(child, () => child.kill("SIGKILL"));
    await this.last;
  }

  private async evaluatePage(page: Page): Promise<ExpressionResult[]> {
    const results: ExpressionResult[] = [];
    let strikes = 0;
    while (results.length < page.inputs.length) {
      if (strikes >= STRIKES_MAX) {
        results.push(
          failedResult("E_EXPR_RESOURCE", `not tried: it went beyond its limits on ${String(strikes)} inputs in a row`),
        );
        continue;
      }
      const child = await this.start();
      const part = nextPart(page.inputs, results.length);
      const done = results.length;
      const bindings =
        typeof page.bindings === "string" ? page.bindings : page.bindings.slice(done, done + part.length);
      const ending = await this.ask(child, { ...page, bindings, inputs: part }, (answer) => {
        const result = resultOf(answer);
        strikes = !result.ok && result.code === "E_EXPR_TIMEOUT" ? strikes + 1 : 0;
        results.push(result);
        return strikes < STRIKES_MAX;
      });
      if (ending === null) continue;
      if (this.closed) throw new Error(CLOSED);
      results.push(this.resultOfEnding(ending));
      strikes += 1;
    }
    return results;
  }

  private resultOfEnding(ending: Ending): ExpressionResult {
    const { timeoutMs, memoryMb } = this.limits;
    return ending === "timeout"
      ? failedResult("E_EXPR_TIMEOUT", `it took longer than ${String(timeoutMs)} ms`)
      : failedResult("E_EXPR_RESOURCE", `it needs more than ${String(memoryMb)} MB of memory`);
  }

  /** The running process, or a new one that is ready. */
  private async start(): Promise<ChildProcess> {
    if (this.closed) throw new Error(CLOSED);
    if (this.child !== null) return this.child;
    const { timeoutMs, memoryMb, resultLength } = this.limits;
    // jsonata's own clock comes first: it ends one input without ending the process. It is read between steps only.
    const args = [String(Math.ceil(timeoutMs * 0.7)), String(resultLength)];
    const child = fork(fileURLToPath(new URL("./evaluating-child.mjs", import.meta.url)), args, {
      execPath: process.execPath,
      execArgv: [
        `--max-old-space-size=${String(memoryMb)}`,
        "--disallow-code-generation-from-strings",
        "--disable-proto=delete",
      ],
      env: {},
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      serialization: "advanced",
    });
    this.child = child;
    child.on("error", () => {
      // A message to a process that is ending; `exit` tells the rest.
    });
    child.once("exit", () => {
      if (this.child === child) this.child = null;
    });
    if (await isReady(child)) return child;
    throw new Error(this.closed ? CLOSED : "the process that evaluates expressions could not be started");
  }

  /**
   * @param onAnswer Called for each answer in order; false: no more of them.
   * @returns How the process ended while it worked; null: it did not.
   */
  private ask(child: ChildProcess, page: Page, onAnswer: (answer: Answer) => boolean): Promise<Ending | null> {
    return new Promise((resolve) => {
      let missing = page.inputs.length;
      let timer = setTimeout(onTimeout, this.limits.timeoutMs);
      let timedOut = false;

      function onTimeout() {
        // When it was this process that stood still, the answer is here already and is read before the immediate.
        const before = missing;
        setImmediate(() => {
          if (missing !== before || missing === 0) return;
          timedOut = true;
          child.kill("SIGKILL");
        });
      }
      function done(ending: Ending | null) {
        clearTimeout(timer);
        child.off("message", onMessage);
        child.off("disconnect", onDisconnect);
        idle(child);
        resolve(ending);
      }
      const onMessage = (answer: Answer) => {
        clearTimeout(timer);
        missing -= 1;
        const goOn = onAnswer(answer);
        if (missing === 0) done(null);
        else if (goOn) timer = setTimeout(onTimeout, this.limits.timeoutMs);
        else {
          // It works on what nobody waits for any more.
          child.kill("SIGKILL");
          if (this.child === child) this.child = null;
          done(null);
        }
      };
      // Comes after the last message, which `exit` may not.
      function onDisconnect() {
        done(timedOut ? "timeout" : "died");
      }

      child.on("message", onMessage);
      child.once("disconnect", onDisconnect);
      busy(child);
      if (child.connected) child.send(page);
      else {
        // It ended while it had nothing to do, so no input is to blame; the next one is asked.
        if (this.child === child) this.child = null;
        done(null);
      }
    }).then((ending) => {
      if (ending !== null && this.child === child) this.child = null;
      return ending as Ending | null;
    });
  }
}

function resultOf(answer: Answer): ExpressionResult {
  if ("value" in answer) {
    try {
      return { ok: true, value: answer.value === null ? undefined : valueOfWire(answer.value) };
    } catch (thrown) {
      const result = resultOfThrown(thrown);
      if (result === null) throw thrown;
      return result;
    }
  }
  const { code, message } = answer;
  return code === "E_EXPR_TIMEOUT" || code === "E_EXPR_RESOURCE"
    ? failedResult(code, message)
    : failedResult("E_EXPR_FAILED", message);
}

function nextPart(inputs: readonly string[], from: number): readonly string[] {
  let length = 0;
  let to = from;
  while (to < inputs.length && (to === from || length + (inputs[to]?.length ?? 0) <= MESSAGE_LENGTH_MAX)) {
    length += inputs[to]?.length ?? 0;
    to += 1;
  }
  return inputs.slice(from, to);
}

/** An idle process must not keep the program alive; a busy one must, or a page would never be answered. */
function idle(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

function busy(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

function isReady(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
    const onReady = () => settle(true);
    const onExit = () => settle(false);
    function settle(ready: boolean) {
      clearTimeout(timer);
      child.off("message", onReady);
      child.off("exit", onExit);
      child.off("error", onExit);
      resolve(ready);
    }
    child.once("message", onReady);
    child.once("exit", onExit);
    child.once("error", onExit);
  });
}

function ended(child: ChildProcess, end: () => void): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.ref();
    child.once("exit", () => resolve());
    end();
  });
}
