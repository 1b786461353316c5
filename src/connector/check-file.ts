// What is wrong with a connector file beside its objects and requests: names that lead nowhere, figures out of range, secrets
// written into it, and keys that are not built yet.

import type { Instant } from "../core/ids.ts";
import { didYouMean, problem, type KeyPath, type Problem } from "../core/problem.ts";
import { parseDuration, parseRate } from "../core/units.ts";
import { checkAuth } from "./check-auth.ts";
import type { ConnectorFile } from "./file.ts";
import { checkCost } from "./file/cost.ts";
import type { ObjectPart } from "./file/object.ts";
import { parseInstant } from "./instant.ts";
import { FILES_KEYS } from "./protocols/files/file.ts";
import { SMTP_CREATE_KEYS } from "./protocols/smtp/file.ts";
import { SQL_KEYS } from "./protocols/sql/file.ts";

const TIMEOUT_MAX_MS = 3_600_000;
const YEAR_MS = 365 * 86_400_000;

/** Keys of an object that another protocol has. */
const ELSEWHERE: readonly {
  readonly keys: readonly (keyof ObjectPart)[];
  readonly protocol: ConnectorFile["protocol"];
}[] = [
  { keys: ["entity_set", "odata"], protocol: "odata" },
  { keys: SQL_KEYS, protocol: "sql" },
  { keys: FILES_KEYS, protocol: "files" },
];

/** Keys of a request that another protocol has. */
const REQUEST_KEYS: Readonly<Record<string, readonly ConnectorFile["protocol"][]>> = {
  request: ["rest", "odata", "graphql"],
  body: ["rest", "odata"],
  query: ["rest", "odata", "graphql"],
  variables: ["graphql"],
  call: ["soap"],
  args: ["soap"],
  action: ["soap"],
  ...Object.fromEntries(SMTP_CREATE_KEYS.map((key) => [key, ["smtp"] as const])),
};

const NAMES_A_SECRET = /authorization|api[-_]?key|secret|password|passwd|token|credential/i;

export function checkFile(file: ConnectorFile, today: Instant): readonly Problem[] {
  const problems: Problem[] = [];
  checkSunset(file, today, problems);
  checkTimes(file, problems);
  checkLimits(file, problems);
  problems.push(...checkAuth(file));
  checkWebhooks(file, problems);
  checkInlineSecrets(file, problems);
  checkObjects(file, problems);
  return problems;
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
    if (limit.cost !== undefined && file.protocol !== "graphql")
      problems.push(
        problem(
          "E_UNKNOWN_KEY",
          [...path, "cost"],
          `"cost" belongs to protocol graphql, and this file says ${file.protocol}`,
          {
            on: "key",
            hint: "remove it",
          },
        ),
      );
    else if (limit.cost !== undefined) problems.push(...checkCost(limit.cost, [...path, "cost"]));
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
      const literal = typeof value === "string" && value.length >= 8 && !/\{\{|^https?:\/\//.test(value);
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
    if (typeof request !== "object") continue;
    found.push([[key], request]);
    if ("page" in request && request.page?.next !== undefined) found.push([[key, "page", "next"], request.page.next]);
    if (!("deletes" in request) || request.deletes === undefined) continue;
    found.push([[key, "deletes"], request.deletes]);
    if (request.deletes.page?.next !== undefined)
      found.push([[key, "deletes", "page", "next"], request.deletes.page.next]);
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
  if (file.odata !== undefined && protocol !== "odata") belongs(["odata"], "odata", "odata");
  if (file.smtp !== undefined && protocol !== "smtp") belongs(["smtp"], "smtp", "smtp");
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
      for (const [requestKey, owners] of Object.entries(REQUEST_KEYS)) {
        if (request[requestKey] !== undefined && !owners.includes(protocol))
          belongs([...at, ...key, requestKey], requestKey, owners.join(" or "));
      }
    }
    for (const key of ["token", "url"] as const) {
      if (
        part.changes?.cursor[key] !== undefined &&
        (protocol === "sql" || protocol === "files" || protocol === "smtp")
      )
        belongs([...at, "changes", "cursor", key], key, "rest, graphql, odata or soap");
    }
    const operations = requestsOf(part);
    if (protocol === "odata" && part.entity_set === undefined && part.odata !== undefined) {
      problems.push(
        problem("E_MISSING", at, "odata: says how an entity set is read, and none is named", {
          on: "key",
          hint: "add entity_set: NAME",
        }),
      );
    }
    if (
      operations.length === 0 &&
      part.entity_set === undefined &&
      ["rest", "soap", "graphql", "odata"].includes(protocol)
    ) {
      problems.push(
        problem("E_MISSING", at, "an object without any operation can do nothing", {
          on: "key",
          hint: "add list:, get:, create: …",
        }),
      );
    }
  }
}
