// Traces are off unless the config says where they go; then the packages that write them are loaded, and not before.

import type { TracesConfig } from "../config/settings.ts";
import type { Log } from "../engine/ports/world.ts";
import type { Tracing } from "./tracing.ts";

const NO_TRACING: Tracing = {
  called: () => undefined,
  waited: () => undefined,
  during: (_facts, work) => work(),
  close: () => Promise.resolve(),
};

export async function openTracing(config: TracesConfig | null, version: string, log: Log): Promise<Tracing> {
  if (config === null) return NO_TRACING;
  const { traceByOtlp } = await import("./otlp-tracing.ts");
  return traceByOtlp(config, version, log);
}
