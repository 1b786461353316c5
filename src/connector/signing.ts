// Requests signed with a shared secret (`auth: { scheme: hmac }`): the signature covers what is sent, so it is made last, and
// anew each time a request is sent again. What is signed is the text of `signs` with its {names} put in.

import { createHash, createHmac, randomUUID } from "node:crypto";
import { didYouMean, problem, type Problem } from "../core/problem.ts";
import { revealed, secretOrText, type AuthTools } from "./auth.ts";
import type { Clock } from "./clock.ts";
import type { HmacPart } from "./file/auth.ts";
import type { HttpClient } from "./http.ts";

/** What `signs` may name. */
const SIGNED = [
  "method",
  "path",
  "query",
  "target",
  "host",
  "url",
  "body",
  "body_sha256",
  "timestamp",
  "nonce",
  "key",
] as const;
/** What `value` may name. */
const SENT = ["signature", "timestamp", "nonce", "key"] as const;

const HOLE = /\{([a-z_0-9]+)\}/g;

export function checkSigning(part: HmacPart): readonly Problem[] {
  const problems: Problem[] = [];
  const check = (text: string, key: string, known: readonly string[]): void => {
    for (const [, name = ""] of text.matchAll(HOLE)) {
      if (known.includes(name)) continue;
      const hint = didYouMean(name, known);
      problems.push(
        problem("E_SIGNS", ["auth", key], `nothing is called {${name}} here`, {
          found: `{${name}}`,
          expected: known.map((each) => `{${each}}`).join(" "),
          ...(hint === undefined ? {} : { hint }),
        }),
      );
    }
  };
  check(part.signs, "signs", SIGNED);
  check(part.value ?? "{signature}", "value", SENT);
  const missing = (name: string, key: string): void => {
    problems.push(
      problem("E_SIGNS", ["auth", "signs"], `{${name}} is signed and never sent`, {
        found: part.signs,
        hint: `add ${key}: { header: NAME }`,
      }),
    );
  };
  const sent = part.value ?? "";
  for (const name of ["timestamp", "nonce"] as const) {
    if (part.signs.includes(`{${name}}`) && part[name] === undefined && !sent.includes(`{${name}}`))
      missing(name, name);
  }
  if (`${part.signs}${sent}`.includes("{key}") && part.key === undefined) {
    problems.push(
      problem("E_MISSING", ["auth"], "{key} is used, and nothing says which it is", {
        on: "key",
        hint: "add key: the name of a secret or setting with the key's id",
      }),
    );
  }
  return problems;
}

export interface SigningTools extends AuthTools {
  readonly clock: Clock;
}

/** A client that signs what it sends. */
export function signingClient(http: HttpClient, part: HmacPart, tools: SigningTools): HttpClient {
  const secret = Buffer.from(revealed(tools.secrets, part.token), part.secret_is ?? "utf8");
  const key = part.key === undefined ? "" : secretOrText(part.key, tools);
  return {
    send(request) {
      const now = tools.clock.now();
      const nonce = randomUUID();
      const timestamp = timestampText(now, part.timestamp?.form ?? "seconds");
      const [path = "", query = ""] = splitOnce(request.path);
      const body = request.body ?? "";
      const told = { timestamp, nonce, key };
      const names: Readonly<Record<string, string>> = {
        ...told,
        method: request.method,
        path,
        query,
        target: request.path,
        host: new URL(request.origin).host,
        url: request.origin + request.path,
        body,
        body_sha256: createHash("sha256").update(body).digest("hex"),
      };
      const signature = createHmac(part.algorithm ?? "sha256", secret)
        .update(filled(part.signs, names))
        .digest(part.encoding ?? "hex");
      const headers: Record<string, string> = { ...request.headers };
      headers[part.header.toLowerCase()] = filled(part.value ?? "{signature}", { ...told, signature });
      if (part.timestamp?.header !== undefined) headers[part.timestamp.header.toLowerCase()] = timestamp;
      if (part.nonce !== undefined) headers[part.nonce.header.toLowerCase()] = nonce;
      return http.send({ ...request, headers });
    },
    close: () => http.close(),
  };
}

/** Each name once, from left to right: what a body holds is not looked into again. */
function filled(text: string, names: Readonly<Record<string, string>>): string {
  return text.replace(HOLE, (hole, name: string) => names[name] ?? hole);
}

function splitOnce(target: string): readonly string[] {
  const at = target.indexOf("?");
  return at < 0 ? [target] : [target.slice(0, at), target.slice(at + 1)];
}

function timestampText(now: number, form: NonNullable<NonNullable<HmacPart["timestamp"]>["form"]>): string {
  switch (form) {
    case "seconds":
      return String(Math.floor(now / 1000));
    case "milliseconds":
      return String(now);
    case "iso":
      return new Date(now).toISOString();
    case "http":
      return new Date(now).toUTCString();
  }
}
