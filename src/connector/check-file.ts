// What is wrong with a connector file beside its objects and requests: names that lead nowhere, figures out of range, secrets
// written into it, and keys that are not built yet.

import type { Instant } from "../core/ids.ts";
import { didYouMean, problem, type KeyPath, type Problem } from "../core/problem.ts";
import { parseDuration, parseRate } from "../core/units.ts";
import type { ConnectorFile } from "./file.ts";
import type { ObjectPart } from "./file/object.ts";
import { parseInstant } from "./instant.ts";

const TIMEOUT_MAX_MS = 3_600_000;
const YEAR_MS = 365 * 86_400_000;
const GRANTS = ["client_credentials", "refresh_token"];

/** Keys of an object that another protocol has. */
const ELSEWHERE: readonly {
  readonly keys: readonly (keyof ObjectPart)[];
  readonly protocol: ConnectorFile["protocol"];
}[] = [
  { keys: ["table", "select", "insert"], protocol: "sql" },
  { keys: ["at", "glob", "format", "means", "ready_when", "after", "settle"], protocol: "files" },
];

/** Keys of a request that another protocol has. */
const REQUEST_KEYS: Readonly<Record<string, readonly ConnectorFile["protocol"][]>> = {
  request: ["rest", "odata"],
  body: ["rest", "odata"],
  query: ["rest", "odata", "graphql"],
  variables: ["graphql"],
  call: ["soap"],
  args: ["soap"],
  action: ["soap"],
};

const NAMES_A_SECRET = /authorization|api[-_]?key|secret|password|passwd|token|credential/i;

export function checkFile(file: ConnectorFile, today: Instant): readonly Problem[] {
  const problems: Problem[] = [];
  checkSunset(file, today, problems);
  checkTimes(file, problems);
  checkLimits(file, problems);
  checkAuth(file, problems);
  checkWebhooks(file, problems);
  checkInlineSecrets(file, problems);
  checkObjects(file, problems);
  return problems;
}

function notSupported(path: KeyPath, what: string): Problem {
  return problem("E_NOT_SUPPORTED", path, `${what} is not supported yet`, { hint: "leave it out for now" });
}

function checkSunset(file: ConnectorFile, today: Instant, problems: Problem[]): void {
  const sunset = file.api?.sunset;
  if (sunset === undefined || sunset === null) return;
  const path = ["api", "sunset"];
  const at = parseInstant(sunset);
  if (at === null)
    problems.push(
      problem("E_RANGE", path, "this is not a day", { found: sunset, expected: "a day such as 2027-06-30, or null" }),
    );
  else if (at <= today)
    problems.push(
      problem("E_SUNSET", path, "the remote API this file is written for was switched off", {
        found: sunset,
        hint: "get a newer connector file",
      }),
    );
  else if (at - today < YEAR_MS)
    problems.push(
      problem("W_SUNSET", path, "the remote API this file is written for is switched off within a year", {
        found: sunset,
      }),
    );
}

function checkTimes(file: ConnectorFile, problems: Problem[]): void {
  for (const key of ["connect", "response"] as const) {
    const text = file.timeout?.[key];
    if (text === undefined) continue;
    const ms = parseDuration(text);
    if (ms === null || ms <= 0 || ms > TIMEOUT_MAX_MS) {
      problems.push(
        problem("E_RANGE", ["timeout", key], `a timeout of ${text} is out of range`, {
          found: text,
          expected: "more than 0s, at most 1h",
        }),
      );
    }
  }
}

function checkLimits(file: ConnectorFile, problems: Problem[]): void {
  const names = new Set<string>();
  for (const [index, limit] of (file.limits ?? []).entries()) {
    const path = ["limits", index];
    if (limit.cost !== undefined) problems.push(notSupported([...path, "cost"], "a limit by cost"));
    else if (limit.rate === undefined)
      problems.push(problem("E_MISSING", path, "a limit needs its rate", { on: "key", hint: "add rate: 190/10s" }));
    if (limit.rate !== undefined && parseRate(limit.rate) === null) {
      problems.push(
        problem("E_RANGE", [...path, "rate"], `${limit.rate} is out of range`, {
          found: limit.rate,
          expected: "at least one in a stretch of time",
        }),
      );
    }
    if (names.has(limit.name))
      problems.push(
        problem("E_DUPLICATE", [...path, "name"], `two limits are called "${limit.name}"`, { found: limit.name }),
      );
    names.add(limit.name);
  }
}

function checkAuth(file: ConnectorFile, problems: Problem[]): void {
  const { auth } = file;
  if (auth === undefined || auth.scheme === "none") return;
  if (auth.scheme === "hmac") {
    problems.push(notSupported(["auth", "scheme"], "the auth scheme hmac"));
    return;
  }
  const secrets = Object.keys(file.secrets ?? {});
  const settings = Object.keys(file.settings ?? {});
  const known = (name: string | undefined, key: string, names: readonly string[]): void => {
    if (name === undefined || name.includes("{{") || names.includes(name)) return;
    const hint = didYouMean(name, names) ?? `declare it: secrets: { ${name}: { required: true } }`;
    problems.push(
      problem("E_SECRET_UNKNOWN", ["auth", key], "auth names a secret that is not declared under `secrets:`", {
        // A long text here is more likely a secret than the name of one.
        found: name.length > 40 ? "a long text" : name,
        expected: names.join(", "),
        hint,
      }),
    );
  };
  switch (auth.scheme) {
    case "bearer":
    case "header":
    case "query":
      known(auth.token, "token", secrets);
      break;
    case "basic":
      known(auth.username, "username", [...secrets, ...settings]);
      known(auth.password, "password", secrets);
      break;
    case "oauth2":
      if (auth.grant !== undefined && !GRANTS.includes(auth.grant)) {
        problems.push(notSupported(["auth", "grant"], `the grant ${auth.grant}`));
      }
      known(auth.client_id, "client_id", [...secrets, ...settings]);
      known(auth.client_secret, "client_secret", secrets);
      known(auth.refresh_token, "refresh_token", secrets);
      if (auth.grant === "refresh_token" && auth.refresh_token === undefined) {
        problems.push(
          problem("E_MISSING", ["auth"], "the grant refresh_token needs a refresh token", {
            on: "key",
            hint: "add refresh_token: NAME",
          }),
        );
      }
      break;
  }
}

function checkWebhooks(file: ConnectorFile, problems: Problem[]): void {
  const objects = Object.keys(file.objects);
  for (const [event, concerned] of Object.entries(file.webhooks?.on ?? {})) {
    for (const object of Object.keys(concerned)) {
      if (objects.includes(object)) continue;
      const hint = didYouMean(object, objects);
      problems.push(
        problem("E_OBJECT_UNKNOWN", ["webhooks", "on", event, object], `this file has no object "${object}"`, {
          on: "key",
          found: object,
          expected: objects.join(", "),
          ...(hint === undefined ? {} : { hint }),
        }),
      );
    }
  }
}

function checkInlineSecrets(file: ConnectorFile, problems: Problem[]): void {
  const check = (values: unknown, path: KeyPath): void => {
    if (typeof values !== "object" || values === null) return;
    for (const [name, value] of Object.entries(values)) {
      const literal = typeof value === "string" && value.length >= 8 && !value.includes("{{");
      if (literal && NAMES_A_SECRET.test(name)) {
        problems.push(
          problem("W_INLINE_SECRET", [...path, name], `"${name}" looks like a secret written into the file`, {
            hint: "declare it under secrets and name it in auth",
          }),
        );
      }
    }
  };
  check(file.headers, ["headers"]);
  check(Object.fromEntries(Object.entries(file.settings ?? {}).map(([name, setting]) => [name, setting.default])), [
    "settings",
  ]);
  for (const [name, part] of Object.entries(file.objects)) {
    for (const [key, request] of requestsOf(part)) {
      check(request.headers, ["objects", name, ...key, "headers"]);
      check(request.query, ["objects", name, ...key, "query"]);
    }
  }
}

type RequestKeys = Readonly<Record<string, unknown>>;

function requestsOf(part: ObjectPart): readonly (readonly [KeyPath, RequestKeys])[] {
  const found: (readonly [KeyPath, RequestKeys])[] = [];
  for (const key of ["list", "get", "find", "changes", "create", "update", "delete"] as const) {
    const request = part[key];
    if (typeof request === "object") found.push([[key], request]);
  }
  for (const key of ["read", "create", "update", "upsert", "delete"] as const) {
    const request = part.batch?.[key];
    if (request !== undefined) found.push([["batch", key], request]);
  }
  return found;
}

function checkObjects(file: ConnectorFile, problems: Problem[]): void {
  const { protocol } = file;
  const belongs = (path: KeyPath, key: string, owner: string): void => {
    problems.push(
      problem("E_UNKNOWN_KEY", path, `"${key}" belongs to protocol ${owner}, and this file says ${protocol}`, {
        on: "key",
        hint: "remove it",
      }),
    );
  };
  if (file.dialect !== undefined && protocol !== "sql") belongs(["dialect"], "dialect", "sql");
  for (const key of ["wsdl", "soap"] as const)
    if (file[key] !== undefined && protocol !== "soap") belongs([key], key, "soap");
  for (const [name, part] of Object.entries(file.objects)) {
    const at = ["objects", name];
    for (const { keys, protocol: owner } of ELSEWHERE) {
      for (const key of keys) if (part[key] !== undefined && protocol !== owner) belongs([...at, key], key, owner);
    }
    for (const key of ["update", "delete"] as const) {
      if (typeof part[key] === "string" && protocol !== "sql") belongs([...at, key], `a statement at ${key}`, "sql");
    }
    for (const [key, request] of requestsOf(part)) {
      if (request.code !== undefined) problems.push(notSupported([...at, ...key, "code"], "`code:`"));
      for (const [requestKey, owners] of Object.entries(REQUEST_KEYS)) {
        if (request[requestKey] !== undefined && !owners.includes(protocol))
          belongs([...at, ...key, requestKey], requestKey, owners.join(" or "));
      }
    }
    const operations = requestsOf(part);
    if (operations.length === 0 && (protocol === "rest" || protocol === "soap")) {
      problems.push(
        problem("E_MISSING", at, "an object without any operation can do nothing", {
          on: "key",
          hint: "add list:, get:, create: …",
        }),
      );
    }
  }
}
