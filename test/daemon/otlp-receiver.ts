// A receiver of OpenTelemetry traces: OTLP as JSON over HTTP, on a socket of its own.

import { createServer } from "node:http";

interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  /** 2: an error. */
  readonly status: number;
  readonly seconds: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** Attributes of the service, and headers, of the last post. */
  readonly last: {
    readonly service: Readonly<Record<string, unknown>>;
    readonly headers: NodeJS.Dict<string | string[]>;
  };
  /** What it answers from now on. */
  answers(status: number): void;
  close(): Promise<void>;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Posted {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly PostedSpan[] }[];
  }[];
}

interface PostedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number };
  readonly attributes: readonly Attribute[];
  readonly events: readonly { readonly name: string }[];
}

const attributesOf = (attributes: readonly Attribute[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  let last: OtlpReceiver["last"] = { service: {}, headers: {} };
  let status = 200;
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (bytes: Buffer) => (text += bytes.toString("utf8")));
    request.on("end", () => {
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
      if (status !== 200) return;
      const posted = JSON.parse(text) as Posted; // what the specification of OTLP says
      for (const { resource, scopeSpans } of posted.resourceSpans) {
        last = { service: attributesOf(resource.attributes), headers: request.headers };
        spans.push(...scopeSpans.flatMap((scope) => scope.spans.map(received)));
      }
    });
  });
  const port = await new Promise<number>((done) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      done(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return {
    url: `http://127.0.0.1:${String(port)}/v1/traces`,
    spans,
    get last() {
      return last;
    },
    answers(next) {
      status = next;
    },
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

function received(span: PostedSpan): ReceivedSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? "",
    name: span.name,
    kind: span.kind,
    status: span.status.code ?? 0,
    seconds: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e9,
    attributes: attributesOf(span.attributes),
    events: span.events.map(({ name }) => name),
  };
}
