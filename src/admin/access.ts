// Who may call what. Tokens are kept as digests and compared in constant time; an address that guesses wrongly too often waits.
//
//   tokens configured                      every call under /v1 needs one of them
//   none, loopback listener, local peer    view and operate without a token; what changes something needs the header
//                                          `x-syncline: 1`, which another site's page cannot send

import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopback } from "./address.ts";
import { failureLimit } from "./failure-limit.ts";
import { Refusal } from "./problem-document.ts";
import { mayAct, type Caller, type Role } from "./route.ts";

export interface Token {
  readonly name: string;
  readonly role: Role;
  readonly token: string;
}

interface Asking {
  readonly authorization: string | undefined;
  /** The header `x-syncline`. */
  readonly marked: boolean;
  /** Address of the peer. */
  readonly address: string;
  readonly mutates: boolean;
}

export interface Access {
  /** @throws Refusal 401, 403 or 429. */
  admit(asking: Asking, needed: Role): Caller;
}

const LOCAL: Caller = { name: "local", role: "operate" };
const CHALLENGE = { "www-authenticate": 'Bearer realm="syncline"' };

/** @param now Milliseconds; drives the waiting time after wrong tokens. */
export function createAccess(tokens: readonly Token[], now: () => number): Access {
  const known = tokens.map(({ name, role, token }) => ({ name, role, digest: digestOf(token) }));
  const failures = failureLimit(now);

  const callerOf = (asking: Asking): Caller => {
    if (known.length === 0) return local(asking);
    const presented = bearerOf(asking.authorization);
    if (presented === null)
      throw new Refusal(401, "UNAUTHORIZED", "send a token: authorization: Bearer TOKEN", CHALLENGE);
    const waitSeconds = failures.waitSeconds(asking.address);
    if (waitSeconds > 0) {
      const retry = { "retry-after": String(waitSeconds) };
      throw new Refusal(
        429,
        "TOO_MANY_FAILURES",
        `too many wrong tokens; try again in ${String(waitSeconds)} s`,
        retry,
      );
    }
    const digest = digestOf(presented);
    let found: Caller | null = null;
    // All are compared, so that the time tells nothing about which came close.
    for (const each of known) if (timingSafeEqual(each.digest, digest)) found = { name: each.name, role: each.role };
    if (found !== null) return found;
    failures.failed(asking.address);
    throw new Refusal(401, "UNAUTHORIZED", "this token is not known", CHALLENGE);
  };

  return {
    admit(asking, needed) {
      const caller = callerOf(asking);
      if (mayAct(caller.role, needed)) return caller;
      const how = known.length === 0 ? "; configure an admin token, or use the command line" : "";
      throw new Refusal(403, "FORBIDDEN", `this needs the role ${needed}; ${caller.name} has ${caller.role}${how}`);
    },
  };
}

function local(asking: Asking): Caller {
  if (!isLoopback(asking.address))
    throw new Refusal(401, "UNAUTHORIZED", "without tokens only this machine may ask", CHALLENGE);
  if (asking.mutates && !asking.marked) {
    throw new Refusal(403, "FORBIDDEN", "without a token, what changes something needs the header x-syncline: 1");
  }
  return LOCAL;
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function bearerOf(header: string | undefined): string | null {
  const match = /^bearer +(\S+) *$/i.exec(header ?? "");
  return match?.[1] ?? null;
}
