// Progress bars: only for people at a terminal, on standard error.

import cliProgress from "cli-progress";
import type { Progress } from "../engine/ports/world.ts";

export interface ShownProgress extends Progress {
  stop(): void;
}

const PHASES = { read: "reading ", decide: "deciding", write: "writing " } as const;

export function showProgress(wanted: boolean): ShownProgress {
  if (!wanted || !process.stderr.isTTY) return { phase: () => undefined, stop: () => undefined };
  const bars = new cliProgress.MultiBar(
    {
      format: "{phase} {entity} {bar} {value}{of}",
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      noTTYOutput: false,
      barsize: 24,
    },
    cliProgress.Presets.shades_classic,
  );
  const known = new Map<string, cliProgress.SingleBar>();
  return {
    phase(entity, phase, done, total) {
      const key = `${entity} ${phase}`;
      const most = Math.max(total ?? done, done, 1);
      const facts = { entity, phase: PHASES[phase], of: total === null ? "" : ` of ${String(total)}` };
      const bar = known.get(key) ?? bars.create(most, 0, facts);
      known.set(key, bar);
      bar.setTotal(most);
      bar.update(done, facts);
    },
    stop: () => bars.stop(),
  };
}
