// REST: `request: METHOD /path` with a query, headers and a body, all of them templates. Whatever an expression puts into the
// path stays inside its segment: it is encoded, also when it is `..`.

import { didYouMean, problem, type KeyPath, type Problem } from "../../core/problem.ts";
import type { PreparedCall } from "../protocol.ts";
import type { PreparedProtocol, ProtocolContext } from "../protocol-context.ts";
import { textOf, type Template, type TextPart } from "../template.ts";
import { callOf, type Named, type RestRequest } from "./rest-call.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/** The client's own: a file that sets one of these would break the exchange. */
const RESERVED_HEADERS = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "expect",
  "te",
  "trailer",
  "keep-alive",
]);
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

export function restProtocol(context: ProtocolContext): PreparedProtocol {
  const { problems, prepare } = restRequests(context);
  return { problems, protocol: { prepare: (part, path) => prepare(part, path, null), close: () => Promise.resolve() } };
}

/** Prepares requests over HTTP; protocols that put something of their own into the body begin here, too. */
export interface RestRequests {
  /** Of the file's top level. */
  readonly problems: readonly Problem[];
  /** @param own Sent in place of what the part says; null: that. `atBase`: to base_url itself, whatever the path. */
  readonly prepare: (
    part: Readonly<Record<string, unknown>>,
    path: KeyPath,
    own: { readonly body: Template; readonly atBase: boolean } | null,
  ) => { readonly call: PreparedCall | null; readonly problems: readonly Problem[] };
}

export function restRequests(context: ProtocolContext): RestRequests {
  const problems: Problem[] = [];
  if (context.file.base_url === undefined) {
    problems.push(
      problem("E_URL", ["base_url"], "requests need an address to start from", {
        on: "key",
        hint: 'add base_url: "https://…"',
      }),
    );
  }
  const everywhere = new RequestReader(context, []);
  const headers = everywhere.headers(context.file.headers, ["headers"]);
  problems.push(...everywhere.problems);
  return {
    problems,
    prepare(part, path, own) {
      const reader = new RequestReader(context, path);
      const request = reader.read(part, headers);
      if (reader.problems.length > 0 || request === null) return { call: null, problems: reader.problems };
      if (own === null) return { call: callOf(request, context), problems: [] };
      const target = own.atBase ? [] : request.target;
      return { call: callOf({ ...request, target, body: own.body }, context), problems: [] };
    },
  };
}

class RequestReader {
  readonly problems: Problem[] = [];
  readonly #context: ProtocolContext;
  readonly #path: KeyPath;

  constructor(context: ProtocolContext, path: KeyPath) {
    this.#context = context;
    this.#path = path;
  }

  /** @param everywhere Headers of all requests; one of the same name here replaces it. */
  read(part: Readonly<Record<string, unknown>>, everywhere: readonly Named[]): RestRequest | null {
    const line = this.#requestLine(part.request);
    if (line === null) return null;
    return {
      ...line,
      query: [...line.query, ...this.#query(part.query)],
      headers: [...everywhere, ...this.headers(part.headers, [...this.#path, "headers"])],
      body: part.body === undefined ? null : this.#template(part.body, "body", []),
    };
  }

  #requestLine(line: unknown): Pick<RestRequest, "method" | "origin" | "target" | "query"> | null {
    const path = [...this.#path, "request"];
    const expected = "METHOD /path, as in GET /contacts/{{ id }}";
    if (typeof line !== "string") {
      this.problems.push(
        problem("E_REQUEST_LINE", this.#path, "the request line is missing", {
          on: "key",
          expected,
          hint: "add request:",
        }),
      );
      return null;
    }
    const match = /^\s*(\S+)\s+(\S[\s\S]*?)\s*$/.exec(line);
    const method = match?.[1]?.toUpperCase() ?? "";
    const target = match?.[2] ?? "";
    if (match === null || !METHODS.includes(method)) {
      const hint = match === null ? undefined : didYouMean(method, METHODS);
      this.problems.push(
        problem("E_REQUEST_LINE", path, "this is not a request line", {
          found: line,
          expected,
          ...(hint === undefined ? {} : { hint }),
        }),
      );
      return null;
    }
    const absolute = /^https?:\/\//i.test(target);
    if (!absolute && !target.startsWith("/")) {
      this.problems.push(
        problem("E_REQUEST_LINE", path, "the path does not start with /", {
          found: target,
          expected,
          hint: `${method} /${target}`,
        }),
      );
      return null;
    }
    const start = absolute ? (/^https?:\/\/[^/?#]*/i.exec(target)?.[0] ?? "") : "";
    const origin = absolute ? this.#ownOrigin(start, path) : null;
    const compiled = this.#context.text(target.slice(start.length), path);
    this.problems.push(...compiled.problems);
    const { pathParts, query } = splitQuery(compiled.parts);
    return { method, origin, target: pathParts, query };
  }

  #ownOrigin(address: string, path: KeyPath): string | null {
    const { baseUrl, file } = this.#context;
    const base = baseUrl ?? (file.base_url?.includes("{{") === true ? null : (file.base_url ?? null));
    const found = URL.canParse(address) ? new URL(address) : null;
    const bad = (message: string, expected: string): null => {
      this.problems.push(
        problem("E_URL", path, message, {
          found: address,
          expected,
          hint: "write the path alone: it is put after base_url",
        }),
      );
      return null;
    };
    if (found === null || found.username !== "" || found.password !== "")
      return bad("this is not an address", "scheme and host, without a user");
    if (base !== null && URL.canParse(base) && new URL(base).origin !== found.origin) {
      return bad("the address leads to another origin than base_url", new URL(base).origin);
    }
    return found.origin;
  }

  #query(query: unknown): Named[] {
    if (query === undefined) return [];
    if (typeof query !== "object" || query === null) {
      this.problems.push(
        problem("E_TYPE", [...this.#path, "query"], "with protocol rest, query is a map of parameters", {
          hint: "write query: { name: value }",
        }),
      );
      return [];
    }
    return Object.entries(query).map(([name, value]) => ({
      name,
      values: this.#values(value, ["query", name], [name]),
    }));
  }

  headers(headers: unknown, path: KeyPath): Named[] {
    if (typeof headers !== "object" || headers === null) return [];
    return Object.entries(headers).map(([name, value]: [string, unknown]) => {
      if (!HEADER_NAME.test(name) || RESERVED_HEADERS.has(name.toLowerCase())) {
        this.problems.push(
          problem("E_HEADER", [...path, name], `"${name}" cannot be set as a header`, {
            on: "key",
            hint: "leave it out",
          }),
        );
      }
      const compiled = this.#context.template(value, [...path, name], [name]);
      this.problems.push(...compiled.problems);
      return { name: name.toLowerCase(), values: compiled.template === null ? [] : [compiled.template] };
    });
  }

  #values(value: unknown, key: KeyPath, position: readonly string[]): readonly Template[] {
    const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
    return entries.flatMap((entry, index) => {
      const at = Array.isArray(value) ? [...key, index] : key;
      const compiled = this.#context.template(entry, [...this.#path, ...at], position);
      this.problems.push(...compiled.problems);
      return compiled.template === null ? [] : [compiled.template];
    });
  }

  #template(value: unknown, key: string, position: readonly string[]): Template | null {
    const compiled = this.#context.template(value, [...this.#path, key], position);
    this.problems.push(...compiled.problems);
    return compiled.template;
  }
}

/** `/contacts?limit=100&after={{ page.token }}`: what follows the `?` are parameters like those of `query:`. */
function splitQuery(parts: readonly TextPart[]): {
  readonly pathParts: readonly TextPart[];
  readonly query: readonly Named[];
} {
  const at = parts.findIndex((part) => typeof part === "string" && part.includes("?"));
  const text = parts[at];
  if (typeof text !== "string") return { pathParts: parts, query: [] };
  const mark = text.indexOf("?");
  const pathParts = [...parts.slice(0, at), text.slice(0, mark)];
  const query: Named[] = [];
  let name = "";
  let pieces: TextPart[] = [];
  let inName = true;
  const end = (): void => {
    if (name !== "") query.push({ name: decodeURIComponent(name), values: [joined(pieces)] });
    name = "";
    pieces = [];
    inName = true;
  };
  for (const part of [text.slice(mark + 1), ...parts.slice(at + 1)]) {
    if (typeof part !== "string") {
      pieces.push(part);
      continue;
    }
    for (const character of part.split(/([&=])/)) {
      if (character === "&") end();
      else if (character === "=" && inName) inName = false;
      else if (inName) name += character;
      else if (character !== "") pieces.push(decodeURIComponent(character));
    }
  }
  end();
  return { pathParts, query };
}

function joined(pieces: readonly TextPart[]): Template {
  const [only] = pieces;
  if (pieces.length === 1 && typeof only === "object") return only;
  return {
    reads: new Set(pieces.flatMap((piece) => (typeof piece === "string" ? [] : [...piece.reads]))),
    async evaluate(variables) {
      let text = "";
      for (const piece of pieces) {
        const value = typeof piece === "string" ? piece : await piece.evaluate(variables);
        if (value === undefined) return undefined;
        text += textOf(value);
      }
      return text;
    },
  };
}
