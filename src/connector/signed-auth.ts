// The auth scheme `signed`: a signature over a text of the file's own, made anew for every request at the moment it is sent, that
// stands wherever the request has {{ signed.signature }}: in the header of a SOAP message, in a body, in a query. What is signed
// is not the request itself; a signature over method, address and body is scheme `hmac` (signing.ts).
//
// A request that is sent again is another one: it has a nonce and a time of its own, so that a system which refuses what it has
// seen before does not refuse it.

import { createHmac, randomBytes } from "node:crypto";
import type { ExpressionCompiler } from "../core/expression.ts";
import { problem, type KeyPath, type Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { Auth, Credentials, Signed } from "./auth.ts";
import type { Clock } from "./clock.ts";
import type { ConnectorFile } from "./file.ts";
import type { SignedPart } from "./file/auth.ts";
import type { Variables } from "./protocol.ts";
import type { Redactor, Secret } from "./secret.ts";
import { unknownSecrets } from "./session-auth.ts";
import {
  compileTemplate,
  evaluateText,
  TemplateFailure,
  textOf,
  type Template,
  type TemplateScope,
} from "./template.ts";

const KEY_NAMES = ["settings", "secrets", "syncline"] as const;
const SIGNS_NAMES = [...KEY_NAMES, "nonce", "now"] as const;
const SEND_NAMES = [...SIGNS_NAMES, "signature"] as const;

/** What every request sees of a signature. */
const MADE = ["signature", "nonce", "now"] as const;

/** Bytes of a nonce: shorter ones come twice in the life of an account, and systems commonly take up to 64 letters and digits. */
const NONCE_BYTES = 16;

export interface SignedPlan {
  readonly part: SignedPart;
  readonly signs: Template;
  readonly key: Template;
  readonly values: readonly (readonly [string, Template])[];
  readonly send: readonly (readonly [string, Template])[];
}

/** Names below `signed` that requests may use. */
export function signedNames({ values }: SignedPart): readonly string[] {
  return [...MADE, ...Object.keys(values ?? {})];
}

/** The plan is null when there are problems. */
export function compileSigned(
  part: SignedPart,
  file: ConnectorFile,
  expressions: ExpressionCompiler,
): { readonly plan: SignedPlan | null; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const template = (value: string, key: KeyPath, names: readonly string[]): Template => {
    const path = ["auth", ...key];
    const scope: TemplateScope = { expressions, names, settings: Object.keys(file.settings ?? {}) };
    const compiled = compileTemplate(value, path, [], scope);
    problems.push(...compiled.problems, ...unknownSecrets(value, file, path, "the signature"));
    return compiled.template ?? { reads: new Set(), evaluate: () => Promise.resolve(undefined) };
  };
  const each = (key: "values" | "send", names: readonly string[]): readonly (readonly [string, Template])[] =>
    Object.entries(part[key] ?? {}).map(([name, value]) => [name, template(value, [key, name], names)]);
  const plan: SignedPlan = {
    part,
    signs: template(part.signs, ["signs"], SIGNS_NAMES),
    key: template(part.key, ["key"], KEY_NAMES),
    values: each("values", SIGNS_NAMES),
    send: each("send", SEND_NAMES),
  };
  problems.push(...checkNames(part), ...checkSent(plan, file), ...checkFunctions(file));
  return { plan: problems.length === 0 ? plan : null, problems };
}

function checkNames({ values }: SignedPart): readonly Problem[] {
  return MADE.filter((name) => values?.[name] !== undefined).map((name) =>
    problem("E_DUPLICATE", ["auth", "values", name], `signed.${name} is there already`, {
      on: "key",
      found: name,
      hint: "give it another name",
    }),
  );
}

/** A signature that nothing carries authenticates nobody; a nonce that is signed and not told cannot be checked. */
function checkSent({ part, signs, send }: SignedPlan, file: ConnectorFile): readonly Problem[] {
  const sent = new Set(send.flatMap(([, template]) => [...template.reads]));
  const requests = JSON.stringify([file.soap, file.objects, file.epoch, file.headers, file.base_url]);
  const isSent = (name: string): boolean =>
    sent.has(name) || requests.includes(`signed.${name}`) || /\bsigned\s*[^\w\s.]/.test(requests);
  const problems: Problem[] = [];
  if (!isSent("signature")) {
    problems.push(
      problem("E_SIGNS", ["auth"], "the signature is never sent", {
        on: "key",
        hint: "put {{ signed.signature }} into the request or soap.headers, or add send: { NAME: '{{ signature }}' }",
      }),
    );
  }
  for (const name of ["nonce", "now"] as const) {
    if (!signs.reads.has(name) || isSent(name)) continue;
    problems.push(
      problem("E_SIGNS", ["auth", "signs"], `${name} is signed and never sent`, {
        found: part.signs,
        hint: `put {{ signed.${name}${name === "now" ? ".seconds" : ""} }} into the request or soap.headers, or ${name} into send:`,
      }),
    );
  }
  return problems;
}

/** A function may send several requests, which would all go out under the one signature of its operation. */
function checkFunctions(file: ConnectorFile): readonly Problem[] {
  return Object.entries(file.objects).flatMap(([object, part]) =>
    (["list", "get", "find", "changes", "create", "update", "delete"] as const).flatMap((operation) => {
      const request = part[operation];
      if (typeof request !== "object" || request.code === undefined) return [];
      return [
        problem(
          "E_COMBINATION",
          ["objects", object, operation, "code"],
          "a function makes requests of its own, and a signature is good for one",
          { on: "key", hint: "use the scheme hmac, or write the request without a function" },
        ),
      ];
    }),
  );
}

export interface SignedTools {
  readonly settings: Readonly<Record<string, Value>>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly version: string;
  readonly redactor: Redactor;
  readonly clock: Clock;
}

export function createSignedAuth(plan: SignedPlan, tools: SignedTools): Auth {
  const signOnce = async (): Promise<Signed> => {
    try {
      return await sign(plan, tools);
    } catch (error) {
      if (!(error instanceof TemplateFailure)) throw error;
      return { ok: false, message: `the signature: ${error.message}` };
    }
  };
  const credentials: Credentials = { headers: {}, query: {}, sign: signOnce };
  const answer = { ok: true, credentials } as const;
  // What was refused is refused again: there is no other key.
  return { credentials: () => Promise.resolve(answer), renew: () => false };
}

async function sign(plan: SignedPlan, { settings, secrets, version, redactor, clock }: SignedTools): Promise<Signed> {
  const { part } = plan;
  const nonce = randomBytes(NONCE_BYTES).toString("hex");
  const now = moment(clock.now());
  const known: Variables = {
    settings,
    secrets: Object.fromEntries([...secrets].map(([name, secret]) => [name, secret.reveal()])),
    syncline: { version },
    nonce,
    now,
  };
  const key = await evaluateText(plan.key, known);
  const signs = await evaluateText(plan.signs, known);
  // An empty key signs, too, and everybody has it.
  if (key === undefined || key === "" || signs === undefined)
    throw new TemplateFailure("E_TEMPLATE", "a secret or setting that it is made of is not set for this account");
  const signature = createHmac(part.algorithm ?? "sha256", Buffer.from(key, part.key_is ?? "utf8"))
    .update(signs)
    .digest(part.encoding ?? "hex");
  redactor.addPassing(nonce);
  redactor.addPassing(signature);
  const values: Record<string, Value> = { signature, nonce, now };
  for (const [name, template] of plan.values) {
    const value = await template.evaluate(known);
    if (value === undefined) continue;
    values[name] = value;
    if (template.reads.has("secrets")) redactor.addPassing(textOf(value));
  }
  const headers: Record<string, string> = {};
  for (const [name, template] of plan.send) {
    const text = await evaluateText(template, { ...known, signature });
    if (text !== undefined) headers[name.toLowerCase()] = text;
  }
  return { ok: true, headers, values };
}

function moment(at: number): Readonly<Record<string, Value>> {
  return { seconds: Math.floor(at / 1000), milliseconds: at, iso: new Date(at).toISOString() };
}
