// One HTTP exchange, and all that can go wrong with it as a value.
//
// What is held here: only http and https; the address is resolved once, checked and then connected to (a second look-up could
// answer otherwise); no redirects, no proxies from the environment; the whole exchange has a deadline, so that an answer that
// drips cannot hold a connection; the body is bounded after unpacking. `reached` is false only when the connection was never
// made: then a write certainly had no effect.

import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw, type InputType, type ZlibOptions } from "node:zlib";
import { Agent, buildConnector, type Dispatcher } from "undici";
import { mayReach } from "./address.ts";

interface HttpRequest {
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query, encoded; sent as it is. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly kind: "response";
  readonly status: number;
  /** Names in lower case; a header sent twice is joined with commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Unpacked. */
  readonly bytes: Uint8Array;
}

interface HttpFailure {
  readonly kind: "failed";
  readonly reached: boolean;
  readonly code: string;
  readonly message: string;
}

export interface HttpClient {
  send(request: HttpRequest): Promise<HttpResponse | HttpFailure>;
  close(): Promise<void>;
}

/** All addresses of a name, or an error and none. The default asks the system. */
export type Resolve = (
  hostname: string,
  answer: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

export interface HttpOptions {
  readonly allowPrivate: boolean;
  readonly connectTimeoutMs: number;
  /** For the whole exchange. */
  readonly responseTimeoutMs: number;
  readonly responseBytesMax: number;
  readonly connections: number;
  readonly resolve?: Resolve;
}

class BlockedAddress extends Error {
  override readonly name = "BlockedAddress";
  readonly code = "E_SSRF_BLOCKED";
}

/** The answer grew beyond the limit, packed or unpacked. */
class TooLarge extends Error {
  override readonly name = "TooLarge";
}

export function createHttpClient(options: HttpOptions): HttpClient {
  // The very errors that ended an attempt to connect: with any other, bytes may have been sent.
  const connecting = new WeakSet<object>();
  const connect = guardedConnector(options, connecting);
  const agent = new Agent({
    connect,
    connections: options.connections,
    pipelining: 1,
    // Servers commonly drop idle connections after 5 s; a request sent into one that is being closed has an unknown outcome.
    keepAliveTimeout: 4000,
    keepAliveMaxTimeout: 4000,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    send: (request) => exchange(agent, request, options, connecting),
    close: () => agent.destroy(),
  };
}

function guardedConnector(options: HttpOptions, connecting: WeakSet<object>): buildConnector.connector {
  const base = buildConnector({
    timeout: options.connectTimeoutMs,
    lookup: guardedLookup(options),
    autoSelectFamily: true,
  });
  return (target, callback) => {
    const literal = target.hostname.replace(/^\[(.*)\]$/, "$1");
    if (isIP(literal) !== 0 && !mayReach(literal, options.allowPrivate)) {
      const error = blocked(literal, options.allowPrivate);
      connecting.add(error);
      callback(error, null);
      return;
    }
    base(target, (...[error, socket]) => {
      if (error !== null) {
        connecting.add(error);
        callback(error, null);
      } else callback(null, socket);
    });
  };
}

function guardedLookup(options: HttpOptions): LookupFunction {
  const resolve = options.resolve ?? resolveBySystem;
  return (hostname, wanted, callback) => {
    resolve(hostname, (error, addresses) => {
      const bad = addresses.find(({ address }) => !mayReach(address, options.allowPrivate));
      const [first] = addresses;
      if (error !== null) callback(error, "", 0);
      else if (bad !== undefined) callback(blocked(hostname, options.allowPrivate), "", 0);
      else if (first === undefined) callback(new Error(`${hostname} has no address`), "", 0);
      else if (wanted.all === true) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };
}

const resolveBySystem: Resolve = (hostname, answer) => {
  systemLookup(hostname, { all: true }, (error, addresses) => {
    answer(error, error === null ? addresses : []);
  });
};

function blocked(host: string, allowPrivate: boolean): BlockedAddress {
  const mend = allowPrivate
    ? "link-local, metadata, multicast and reserved addresses are never reached"
    : "a private system in the house needs allow_private: true";
  return new BlockedAddress(`${host} is not a public address; ${mend}`);
}

async function exchange(
  agent: Agent,
  request: HttpRequest,
  options: HttpOptions,
  connecting: WeakSet<object>,
): Promise<HttpResponse | HttpFailure> {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort();
  }, options.responseTimeoutMs);
  const onAbort = (): void => {
    deadline.abort();
  };
  request.signal.addEventListener("abort", onAbort);
  if (request.signal.aborted) deadline.abort();
  try {
    const response = await agent.request({
      origin: request.origin,
      path: request.path,
      method: request.method,
      headers: { "accept-encoding": "gzip, deflate, br", ...request.headers },
      body: request.body,
      signal: deadline.signal,
    });
    const packed = await readBody(response.body, options.responseBytesMax);
    const headers = joinedHeaders(response.headers);
    const bytes = await unpack(packed, headers["content-encoding"] ?? "", options.responseBytesMax);
    return { kind: "response", status: response.statusCode, headers, bytes };
  } catch (error) {
    if (typeof error !== "object" || error === null) throw error;
    return failure(error, { request, options, late: deadline.signal.aborted, never: connecting.has(error) });
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener("abort", onAbort);
  }
}

async function readBody(body: Dispatcher.ResponseData["body"], bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) throw new Error("undici gave a chunk that is not a Buffer");
    size += chunk.length;
    if (size > bytesMax) throw new TooLarge();
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}

type Unpack = (bytes: InputType, options: ZlibOptions) => Promise<Buffer>;

const UNPACK: Readonly<Record<string, Unpack>> = {
  gzip: promisify<InputType, ZlibOptions, Buffer>(gunzip),
  "x-gzip": promisify<InputType, ZlibOptions, Buffer>(gunzip),
  br: promisify<InputType, ZlibOptions, Buffer>(brotliDecompress),
  deflate: inflateEither,
};

/** "deflate" is zlib by the standard, and bare deflate on some servers. */
async function inflateEither(bytes: InputType, options: ZlibOptions): Promise<Buffer> {
  const zlib = bytes instanceof Uint8Array && ((bytes[0] ?? 0) & 0x0f) === 8;
  return promisify<InputType, ZlibOptions, Buffer>(zlib ? inflate : inflateRaw)(bytes, options);
}

async function unpack(bytes: Buffer, encodings: string, bytesMax: number): Promise<Uint8Array> {
  let here = bytes;
  const names = encodings.split(",").map((name) => name.trim().toLowerCase());
  // Encodings are listed in the order they were put on. Two are plenty; more are an attack on memory.
  for (const name of names.reverse().slice(0, 2)) {
    if (name === "" || name === "identity" || here.length === 0) continue;
    const decode = UNPACK[name];
    if (decode === undefined)
      throw Object.assign(new Error(`content-encoding ${name} is not known`), { code: "Z_UNKNOWN" });
    here = await decode(here, { maxOutputLength: bytesMax });
  }
  return here;
}

function joinedHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}

interface FailureFacts {
  readonly request: HttpRequest;
  readonly options: HttpOptions;
  readonly late: boolean;
  readonly never: boolean;
}

/** Messages name the host and what happened; never the path's query or a header, which may hold a secret. */
function failure(error: object, { request, options, late, never }: FailureFacts): HttpFailure {
  const host = new URL(request.origin).host;
  const failed = (code: string, message: string, reached = !never): HttpFailure => ({
    kind: "failed",
    reached,
    code,
    message,
  });
  const code = textIn(error, "code") ?? textIn(error, "name") ?? "unknown";
  if (error instanceof TooLarge || code === "ERR_BUFFER_TOO_LARGE") {
    return failed("E_RESPONSE_TOO_LARGE", `the answer is larger than ${String(options.responseBytesMax)} bytes`);
  }
  if (request.signal.aborted) return failed("E_ABORTED", "the call was abandoned");
  if (late) return failed("E_TIMEOUT", `no whole answer from ${host} within ${String(options.responseTimeoutMs)} ms`);
  if (code === "E_SSRF_BLOCKED") return failed(code, textIn(error, "message") ?? "", false);
  if (never)
    return failed(code === "UND_ERR_CONNECT_TIMEOUT" ? "E_CONNECT_TIMEOUT" : connectCode(code), `${host}: ${code}`);
  if (code.startsWith("Z_") || code.startsWith("ERR_BROTLI") || code.startsWith("ERR__ERROR_FORMAT")) {
    return failed("E_MALFORMED", "the answer's compression is damaged, unknown or cut off");
  }
  // A request that could not even be formed (a header with a line break) was not sent.
  if (code === "UND_ERR_INVALID_ARG" || code === "ERR_INVALID_ARG_TYPE")
    return failed("E_REQUEST", "the request is not well-formed", false);
  return failed("E_RESET", `the connection to ${host} broke before the answer was whole (${code})`);
}

/** Errors come from several places, not all of them of one class. */
function textIn(error: object, name: "code" | "name" | "message"): string | null {
  const value: unknown = name in error ? Reflect.get(error, name) : undefined;
  return typeof value === "string" ? value : null;
}

function connectCode(code: string): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "E_DNS";
  if (/^(?:ECONN|EHOST|ENET|EPIPE|ETIMEDOUT|UND_ERR_SOCKET|AggregateError)/.test(code)) return "E_UNREACHABLE";
  return "E_TLS";
}
