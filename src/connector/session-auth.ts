// The auth scheme `session`: one login, however many calls wait for it; what its answer holds goes with every request. After a
// 401, or an error rule that says refresh-auth, the session is forgotten and the next request logs in anew.
//
// Only here do templates see `secrets`: a login's body has to hold them, a request's has not.

import { JsonError, parseJson } from "../core/json.ts";
import type { Expression, ExpressionCompiler } from "../core/expression.ts";
import { parsePath, pathText, valueAt, type Path } from "../core/path.ts";
import { problem, type KeyPath, type Problem } from "../core/problem.ts";
import { parseDuration } from "../core/units.ts";
import { isFields, type Value } from "../core/value.ts";
import { jsonText } from "../core/json.ts";
import type { Auth, Authenticated, Credentials } from "./auth.ts";
import { saidMessage } from "./call.ts";
import type { Clock } from "./clock.ts";
import type { ConnectorFile } from "./file.ts";
import type { SessionPart } from "./file/session.ts";
import { formText } from "./form.ts";
import type { HttpClient, HttpResponse } from "./http.ts";
import type { Redactor, Secret } from "./secret.ts";
import {
  compileTemplate,
  evaluateText,
  TemplateFailure,
  textOf,
  type Template,
  type TemplateScope,
} from "./template.ts";
import type { Variables } from "./protocol.ts";

const LOGIN_NAMES = ["settings", "secrets", "syncline"] as const;
const SEND_NAMES = [...LOGIN_NAMES, "session"] as const;
const FORM = "application/x-www-form-urlencoded";
const MESSAGE_MAX = 200;

type Place = { readonly path: Path } | { readonly header: string };

export interface SessionPlan {
  readonly method: string;
  readonly path: Template;
  readonly headers: readonly (readonly [string, Template])[];
  readonly body: Template | null;
  readonly take: readonly (readonly [string, Place])[];
  readonly refused: Expression | null;
  readonly send: readonly (readonly [string, Template])[];
  readonly cookies: boolean;
  readonly lifeMs: number | null;
}

export interface SessionTools {
  readonly http: HttpClient;
  readonly baseUrl: string | null;
  readonly settings: Readonly<Record<string, Value>>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly version: string;
  readonly redactor: Redactor;
  readonly clock: Clock;
}

/** Null when there are problems. */
export function compileSession(
  part: SessionPart,
  file: ConnectorFile,
  expressions: ExpressionCompiler,
): { readonly plan: SessionPlan | null; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const at = ["auth"];
  const template = (value: unknown, key: KeyPath, names: readonly string[]): Template => {
    const scope: TemplateScope = { expressions, names, settings: Object.keys(file.settings ?? {}) };
    const compiled = compileTemplate(value, [...at, ...key], [], scope);
    problems.push(...compiled.problems, ...unknownSecrets(value, file, [...at, ...key], "the login"));
    return compiled.template ?? { reads: new Set(), evaluate: () => Promise.resolve(undefined) };
  };
  const each = (
    values: Readonly<Record<string, unknown>> | undefined,
    key: string,
    names: readonly string[],
  ): readonly (readonly [string, Template])[] =>
    Object.entries(values ?? {}).map(([name, value]) => [name.toLowerCase(), template(value, [key, name], names)]);

  const line = /^\s*(GET|POST|PUT)\s+(\/\S*)\s*$/.exec(part.request);
  if (line === null) {
    problems.push(
      problem("E_REQUEST_LINE", [...at, "request"], "this is not the request line of a login", {
        found: part.request,
        expected: "GET, POST or PUT and a path, as in POST /login",
      }),
    );
  }
  const take = Object.entries(part.take ?? {}).map(([name, place]): readonly [string, Place] => {
    if (typeof place === "object") return [name, { header: place.header.toLowerCase() }];
    const path = parsePath(place);
    if (path === null)
      problems.push(
        problem("E_PATH", [...at, "take", name], `"${place}" is not a path`, {
          found: place,
          expected: "a path such as data.token",
        }),
      );
    return [name, { path: path ?? [] }];
  });
  if (part.cookies === false && part.send === undefined && part.take === undefined) {
    problems.push(
      problem("E_MISSING", at, "nothing of the login is sent with the requests after it", {
        on: "key",
        hint: 'add send: { Authorization: "Bearer {{ session.token }}" }',
      }),
    );
  }
  const plan: SessionPlan = {
    method: line?.[1] ?? "POST",
    path: template(line?.[2] ?? "/", ["request"], LOGIN_NAMES),
    headers: each(part.headers, "headers", LOGIN_NAMES),
    body: part.body === undefined ? null : template(part.body, ["body"], LOGIN_NAMES),
    take,
    refused: compileRefused(part.refused, expressions, problems),
    send: each(part.send, "send", SEND_NAMES),
    cookies: part.cookies ?? true,
    lifeMs: part.life === undefined ? null : parseDuration(part.life),
  };
  return { plan: problems.length === 0 ? plan : null, problems };
}

function compileRefused(
  source: string | undefined,
  expressions: ExpressionCompiler,
  problems: Problem[],
): Expression | null {
  if (source === undefined) return null;
  const compiled = expressions.compile(source, { bindings: [], names: null });
  if (compiled.ok) return compiled.expression;
  const hint = compiled.hint === null ? {} : { hint: compiled.hint };
  problems.push(problem(compiled.code, ["auth", "refused"], compiled.message, { found: source, ...hint }));
  return null;
}

/** @param what Names them. */
export function unknownSecrets(value: unknown, file: ConnectorFile, path: KeyPath, what: string): readonly Problem[] {
  const known = Object.keys(file.secrets ?? {});
  const named = [...JSON.stringify(value ?? null).matchAll(/\bsecrets\.([A-Za-z_]\w*)/g)].map(
    (match) => match[1] ?? "",
  );
  return named
    .filter((name) => !known.includes(name))
    .map((name) =>
      problem("E_SECRET_UNKNOWN", path, `${what} names a secret that is not declared under \`secrets:\``, {
        found: name,
        expected: known.join(", "),
        hint: `declare it: secrets: { ${name}: { required: true } }`,
      }),
    );
}

export function createSessionAuth(plan: SessionPlan, tools: SessionTools): Auth {
  let session: { readonly credentials: Credentials; readonly until: number } | null = null;
  let pending: Promise<Authenticated> | null = null;

  const open = async (signal: AbortSignal): Promise<Authenticated> => {
    const answer = await login(plan, tools, signal);
    if (answer.ok) {
      const until = plan.lifeMs === null ? Number.POSITIVE_INFINITY : tools.clock.now() + plan.lifeMs;
      session = { credentials: answer.credentials, until };
    }
    return answer;
  };

  return {
    async credentials(signal) {
      if (session !== null && session.until > tools.clock.now()) return { ok: true, credentials: session.credentials };
      pending ??= open(signal).finally(() => {
        pending = null;
      });
      return pending;
    },
    renew(used) {
      if (session?.credentials === used) session = null;
      return true;
    },
  };
}

async function login(plan: SessionPlan, tools: SessionTools, signal: AbortSignal): Promise<Authenticated> {
  const { baseUrl, redactor } = tools;
  if (baseUrl === null) return refusal("E_URL", "there is no base_url to log in at");
  const secrets = Object.fromEntries([...tools.secrets].map(([name, secret]) => [name, secret.reveal()]));
  const variables: Variables = { settings: tools.settings, secrets, syncline: { version: tools.version } };
  try {
    const sent = await sendLogin(plan, { variables, baseUrl, http: tools.http, signal });
    if (sent.kind === "failed")
      return { ok: false, refused: false, code: sent.code, message: `login: ${sent.message}` };
    const body = bodyOf(sent);
    const refused = await whyRefused(plan, sent, body);
    if (refused !== null) return refused;
    const session: Record<string, Value> = {};
    for (const [name, place] of plan.take) {
      const value = "header" in place ? sent.headers[place.header] : valueAt(body, place.path);
      if (value === undefined || value === null || value === "" || value === false) {
        const where = "header" in place ? `header ${place.header}` : pathText(place.path);
        return refusal("E_AUTH", `the login's answer has nothing at ${where}`);
      }
      session[name] = value;
      redactor.add(textOf(value));
    }
    const headers: Record<string, string> = {};
    for (const [name, template] of plan.send) {
      const text = await evaluateText(template, { ...variables, session });
      if (text === undefined) continue;
      headers[name] = text;
      if (template.reads.has("session") || template.reads.has("secrets")) redactor.add(text);
    }
    const cookies = plan.cookies ? cookiesOf(sent.headers["set-cookie"] ?? "") : "";
    if (cookies !== "") {
      headers.cookie = headers.cookie === undefined ? cookies : `${headers.cookie}; ${cookies}`;
      redactor.add(cookies);
    }
    if (Object.keys({ ...headers, ...session }).length === 0)
      return refusal("E_AUTH", "the login gave nothing to send with later requests");
    return { ok: true, credentials: { headers, query: {}, session } };
  } catch (error) {
    if (error instanceof TemplateFailure) return refusal(error.code, "a template of the login could not be written");
    throw error;
  }
}

interface Login {
  readonly variables: Variables;
  readonly baseUrl: string;
  readonly http: HttpClient;
  readonly signal: AbortSignal;
}

async function sendLogin(
  plan: SessionPlan,
  { variables, baseUrl, http, signal }: Login,
): ReturnType<HttpClient["send"]> {
  const base = new URL(baseUrl);
  const headers: Record<string, string> = { accept: "application/json" };
  for (const [name, template] of plan.headers) {
    const text = await evaluateText(template, variables);
    if (text !== undefined) headers[name] = text;
  }
  const value = await plan.body?.evaluate(variables);
  if (value !== undefined) headers["content-type"] ??= "application/json";
  const form = headers["content-type"]?.toLowerCase().startsWith(FORM) === true && isFields(value);
  const path = base.pathname.replace(/\/+$/, "") + encodeURI((await evaluateText(plan.path, variables)) ?? "");
  const body = value === undefined ? null : form ? formText(value) : jsonText(value);
  return http.send({ method: plan.method, origin: base.origin, path, headers, body, signal });
}

async function whyRefused(plan: SessionPlan, sent: HttpResponse, body: Value): Promise<Authenticated | null> {
  const { status } = sent;
  const said = saidMessage(body, 0);
  const message = `the login was answered ${String(status)}${said === null ? "" : `: ${said.slice(0, MESSAGE_MAX)}`}`;
  if (status >= 500 || status === 429) return { ok: false, refused: false, code: `HTTP_${String(status)}`, message };
  if (status >= 300) return refusal("E_AUTH", message);
  const [result] = plan.refused === null ? [] : await plan.refused.evaluate([body]);
  const refused = result?.ok === true && result.value !== undefined && result.value !== null && result.value !== false;
  return refused ? refusal("E_AUTH", message) : null;
}

function refusal(code: string, message: string): Authenticated {
  return { ok: false, refused: true, code, message };
}

function bodyOf(sent: HttpResponse): Value {
  try {
    return parseJson(new TextDecoder().decode(sent.bytes));
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}

/** `a=1; Path=/, b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT` as it is sent back: `a=1; b=2`. */
function cookiesOf(header: string): string {
  return header
    .split(/,(?=\s*[^;,=\s]+=)/)
    .map((cookie) => (cookie.split(";")[0] ?? "").trim())
    .filter((cookie) => cookie.includes("="))
    .join("; ");
}
