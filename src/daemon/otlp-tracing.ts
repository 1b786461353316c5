// Traces by OpenTelemetry's own packages, over OTLP and HTTP. A request is told when it has ended, with its duration, so its span is
// written then, below the run in whose asynchronous context it was made. A receiver that is slow or away costs spans, never a run:
// they wait in a queue of fixed size, and what does not fit is dropped.

import { AsyncLocalStorage } from "node:async_hooks";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";
import type { TracesConfig } from "../config/settings.ts";
import type { Log } from "../engine/ports/world.ts";
import { systemClock } from "./system-ports.ts";
import type { RunEnd, RunFacts, Tracing } from "./tracing.ts";

/** A receiver in trouble holds up nothing but the stop, by this long at the most. */
const EXPORT_TIMEOUT_MS = 10_000;
/** Spans that wait: some megabytes, and what a sweep of a hundred thousand requests has beyond that is lost. */
const QUEUE_MAX = 8192;

/** Outcomes that are as they should be. */
const GOOD_RUNS: ReadonlySet<string> = new Set(["ok", "partial", "withheld"]);

export function traceByOtlp(config: TracesConfig, version: string, log: Log): Tracing {
  const headers = Object.fromEntries([...config.headers].map(([name, secret]) => [name, secret.reveal()]));
  const exporter = new OTLPTraceExporter({ url: config.url, headers, timeoutMillis: EXPORT_TIMEOUT_MS });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": config.service, "service.version": version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.sampledFraction) }),
    spanProcessors: [
      new BatchSpanProcessor(telling(exporter, log), {
        maxQueueSize: QUEUE_MAX,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer("syncline", version);
  const current = new AsyncLocalStorage<Span>();

  return {
    called({ system, operation, status, seconds }) {
      const run = current.getStore();
      const endedAt = systemClock.now();
      const span = tracer.startSpan(
        `${system} ${operation}`,
        {
          kind: SpanKind.CLIENT,
          startTime: endedAt - Math.round(seconds * 1000),
          attributes: { "syncline.system": system, "syncline.operation": operation, "syncline.status": status },
        },
        run === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, run),
      );
      if (!isGood(status)) span.setStatus({ code: SpanStatusCode.ERROR, message: status });
      span.end(endedAt);
    },
    waited({ system, reason, ms }) {
      current.getStore()?.addEvent("waited", {
        "syncline.system": system,
        "syncline.reason": reason,
        "syncline.wait_ms": ms,
      });
    },
    async during(facts, work, endOf) {
      const span = tracer.startSpan("run", { attributes: attributesOf(facts) }, ROOT_CONTEXT);
      try {
        const result = await current.run(span, work);
        endRun(span, endOf(result));
        return result;
      } catch (thrown) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: "broke off" });
        throw thrown;
      } finally {
        span.end();
      }
    },
    // What could not be sent has been told.
    close: () => provider.shutdown().catch(() => undefined),
  };
}

function attributesOf({ pair, run, kind, dryRun }: RunFacts): Readonly<Record<string, string | boolean>> {
  return { "syncline.pair": pair, "syncline.run": run, "syncline.kind": kind, "syncline.dry_run": dryRun };
}

function endRun(span: Span, { outcome, reason }: RunEnd): void {
  span.setAttribute("syncline.outcome", outcome);
  if (reason !== null) span.setAttribute("syncline.reason", reason);
  if (!GOOD_RUNS.has(outcome)) span.setStatus({ code: SpanStatusCode.ERROR, message: reason ?? outcome });
}

/** A status of HTTP below 400, or "ok" of the protocols that have none. */
function isGood(status: string): boolean {
  return /^\d{3}$/.test(status) ? Number(status) < 400 : status === "ok";
}

/** The first of several failures in a row is told. */
function telling(exporter: SpanExporter, log: Log): SpanExporter {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined;
        if (failed && !isFailing)
          log.warn("traces could not be sent", { spans: spans.length, message: result.error?.message ?? "" });
        isFailing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush === undefined ? {} : { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
  };
}
