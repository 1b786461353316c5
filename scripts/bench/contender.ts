// What is run in a process of its own and measured there: the engine, or the tuned script. It is told over the parent's channel what
// to do, and answers with seconds and its own peak memory.

import type { Contender, ContenderTask, PassAnswer } from "./contest.ts";
import { connect } from "./engine-contender.ts";
import { script } from "./script-contender.ts";

const SAMPLE_MS = 20;

function mebibytes(): number {
  return process.memoryUsage.rss() / 1_048_576;
}

async function measured(contender: Contender): Promise<PassAnswer> {
  const before = mebibytes();
  let peak = before;
  const sampler = setInterval(() => (peak = Math.max(peak, mebibytes())), SAMPLE_MS);
  const start = performance.now();
  try {
    await contender.pass();
  } finally {
    clearInterval(sampler);
  }
  return { seconds: (performance.now() - start) / 1000, before, peak: Math.max(peak, mebibytes()) };
}

async function serve(task: ContenderTask): Promise<void> {
  const contender = task.kind === "engine" ? await connect(task) : await script(task);
  process.on("message", (message) => {
    void (message === "pass" ? measured(contender) : contender.close().then(() => null)).then((answer) => {
      process.send?.(answer);
      if (answer === null) process.disconnect();
    });
  });
  process.send?.("ready");
}

await serve(JSON.parse(process.argv[2] ?? "null") as ContenderTask); // written by pair.ts
