// `protocol: smtp`: a sink. A new record is one message, with a Message-ID that comes from the write's key, so that a repeat is
// the same message. Without `repeat: safe` nothing is repeated once the server may have taken it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { problem, type Problem } from "../../../core/problem.ts";
import { remoteId } from "../../../core/ids.ts";
import { parseDuration } from "../../../core/units.ts";
import { judgeAddress } from "../../address.ts";
import { gapsOf, type CapabilityGap } from "../../capability-gap.ts";
import { checkedAddress } from "../../checked-address.ts";
import type { Capabilities, CreateCall, RemoteFailure, Result, SystemObject, Written } from "../../contract.ts";
import type { DirectAccount, DirectPlan, DirectProtocol, DirectSystem, DirectTools } from "../../direct.ts";
import type { ConnectorFile } from "../../file.ts";
import type { ObjectPart } from "../../file/object.ts";
import { ObjectReader } from "../../object-reader.ts";
import { done, failed } from "../../object-tools.ts";
import { Redactor } from "../../secret.ts";
import { TemplateFailure } from "../../template.ts";
import { mailWorld } from "./code.ts";
import { openLine, type Delivery, type MailLine } from "./delivery.ts";
import { MessageRefusal, planMessage, writeMessage, type MessagePlan } from "./message.ts";

const DAY_MS = 86_400_000;
const CONNECT_DEFAULT_MS = 10_000;
const RESPONSE_DEFAULT_MS = 60_000;
const OPERATIONS = ["list", "get", "find", "changes", "update", "delete", "batch"] as const;

interface SinkPlan {
  readonly name: string;
  /** Null: a function sends. */
  readonly message: MessagePlan | null;
  readonly capabilities: Capabilities;
}

export const smtpProtocol: DirectProtocol = (file, tools) => compileSmtp(file, tools);

function compileSmtp(file: ConnectorFile, tools: DirectTools): DirectPlan {
  const problems: Problem[] = [...checkServer(file)];
  const gaps: CapabilityGap[] = [];
  const plans = new Map<string, SinkPlan>();
  const objects = new Map<string, Capabilities>();
  const ca = readAuthority(file, tools.folder, problems);
  for (const [name, part] of Object.entries(file.objects)) {
    const planned = planSink(name, part, tools);
    problems.push(...planned.problems);
    objects.set(name, planned.capabilities);
    gaps.push(...gapsOf({ name, capabilities: planned.capabilities }, part).filter(({ code }) => SAID.has(code)));
    if (planned.message !== null || isSentByFunction(name, tools))
      plans.set(name, { name, message: planned.message, capabilities: planned.capabilities });
  }
  return {
    problems,
    gaps,
    objects,
    checkAccount: (account, baseUrl) =>
      baseUrl === null
        ? []
        : checkAddress(baseUrl, ["settings"], { allowPrivate: account.allowPrivate, tls: file.smtp?.tls ?? null }),
    open: (account) => openSmtp(file, account, plans, ca),
    tool: "send",
  };
}

/** That mail cannot be read, found or changed is no news. */
const SAID = new Set(["create-unverifiable"]);

function checkServer(file: ConnectorFile): readonly Problem[] {
  if (file.base_url === undefined)
    return [
      problem("E_MISSING", [], "a mail server is needed", {
        on: "key",
        hint: "add base_url: smtp://mail.example.com:587",
      }),
    ];
  if (file.base_url.includes("{{")) return [];
  return checkAddress(file.base_url, ["base_url"], { allowPrivate: null, tls: file.smtp?.tls ?? null });
}

function readAuthority(file: ConnectorFile, folder: string, problems: Problem[]): string | null {
  const name = file.smtp?.ca;
  if (name === undefined) return null;
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch {
    problems.push(problem("E_FILE_MISSING", ["smtp", "ca"], "this file cannot be read", { found: name }));
    return null;
  }
}

function planSink(
  name: string,
  part: ObjectPart,
  tools: DirectTools,
): {
  readonly message: MessagePlan | null;
  readonly capabilities: Capabilities;
  readonly problems: readonly Problem[];
} {
  const reader = new ObjectReader(["objects", name]);
  const problems: Problem[] = [];
  for (const key of OPERATIONS) {
    if (part[key] !== undefined || tools.coded.get(name)?.includes(key) === true)
      problems.push(
        problem("E_UNKNOWN_KEY", [...reader.at, key], `mail has no ${key}: it is only sent`, {
          on: "key",
          hint: "remove it",
        }),
      );
  }
  const keyLifeMs = reader.duration(part.create?.key?.life, ["create", "key", "life"], DAY_MS, 365 * DAY_MS);
  const capabilities: Capabilities = {
    list: false,
    get: false,
    findBy: [],
    findSettleMs: 0,
    changes: null,
    create: { repeat: part.create?.repeat ?? "unsafe", verify: null, keyLifeMs },
    update: null,
    delete: null,
    batch: { read: 1, create: 1, update: 1, delete: 1 },
    versioned: false,
    tellsModified: false,
    naturalKeys: [],
  };
  if (part.create === undefined && isSentByFunction(name, tools))
    return { message: null, capabilities, problems: [...problems, ...reader.problems] };
  if (part.create === undefined) {
    problems.push(
      problem("E_MISSING", reader.at, "mail is sent by create", {
        on: "key",
        hint: "add create: { from: …, to: …, subject: …, text: … }",
      }),
    );
    return { message: null, capabilities, problems: [...problems, ...reader.problems] };
  }
  const { plan, problems: found } = planMessage(part.create, [...reader.at, "create"], tools.scope);
  return { message: plan, capabilities, problems: [...problems, ...reader.problems, ...found] };
}

function isSentByFunction(name: string, { coded }: DirectTools): boolean {
  return coded.get(name)?.includes("create") === true;
}

interface Server {
  readonly host: string;
  readonly port: number;
  readonly tls: Delivery["tls"];
}

/** @param tls What the file says; null: by the scheme. */
function serverOf(text: string, tls: Delivery["tls"] | null): Server | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if ((url.protocol !== "smtp:" && url.protocol !== "smtps:") || url.hostname === "") return null;
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return null;
  if (url.pathname !== "" && url.pathname !== "/") return null;
  const secured = tls ?? (url.protocol === "smtps:" ? "implicit" : "starttls");
  const port = url.port === "" ? (secured === "implicit" ? 465 : 587) : Number(url.port);
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port, tls: secured };
}

function checkAddress(
  text: string,
  path: readonly string[],
  { allowPrivate, tls }: { readonly allowPrivate: boolean | null; readonly tls: Delivery["tls"] | null },
): readonly Problem[] {
  const server = serverOf(text, tls);
  if (server === null) {
    const found = text.includes("@") ? "an address with @ in it" : text.slice(0, 80);
    return [
      problem("E_URL", path, "this is no address of a mail server", {
        found,
        expected: "smtp://HOST:PORT or smtps://HOST:PORT",
        hint: "put user and password under secrets and name them in auth",
      }),
    ];
  }
  if (server.tls === "none" && allowPrivate === false) {
    return [
      problem("E_TLS", path, "mail would go over the open network in the clear", {
        found: "tls: none",
        hint: "leave smtp.tls out; in the house, allow_private: true lets it be",
      }),
    ];
  }
  const verdict = allowPrivate === null ? "forbidden" : judgeAddress(server.host);
  if (
    allowPrivate === null ||
    !/^[\d.]+$|:/.test(server.host) ||
    verdict === "public" ||
    (verdict === "private" && allowPrivate)
  )
    return [];
  return [
    problem("E_SSRF_BLOCKED", path, `${server.host} is not a public address`, {
      found: server.host,
      hint: "allow_private: true lets this system be in the house",
    }),
  ];
}

function openSmtp(
  file: ConnectorFile,
  account: DirectAccount,
  plans: ReadonlyMap<string, SinkPlan>,
  ca: string | null,
): DirectSystem {
  const redactor = new Redactor();
  for (const secret of account.secrets.values()) redactor.add(secret.reveal());
  const clean = (failure: RemoteFailure): RemoteFailure => ({ ...failure, message: redactor.redact(failure.message) });
  const connect = async (): Promise<Result<MailLine>> => {
    const server = account.baseUrl === null ? null : serverOf(account.baseUrl, file.smtp?.tls ?? null);
    if (server === null)
      return failed({ kind: "unreachable", code: "E_URL", message: "base_url comes to no mail server" });
    const checked = await checkedAddress(server.host, account);
    if (!checked.ok) return failed({ kind: "unreachable", code: checked.code, message: checked.message });
    const opened = await openLine({
      ...server,
      address: checked.address,
      ca,
      login: loginOf(file, account),
      connectTimeoutMs: parseDuration(file.timeout?.connect ?? "") ?? CONNECT_DEFAULT_MS,
      responseTimeoutMs: parseDuration(file.timeout?.response ?? "") ?? RESPONSE_DEFAULT_MS,
    });
    return opened.ok ? done(opened.line) : failed(clean(opened.failure));
  };
  const observed = async (work: () => Promise<Result<Written>>): Promise<Result<Written>> => {
    const startedAt = account.clock.now();
    const result = await work();
    const status = result.ok ? "ok" : "code" in result.failure ? result.failure.code : result.failure.kind;
    account.observer.called({
      system: account.name,
      operation: "create",
      status,
      seconds: (account.clock.now() - startedAt) / 1000,
    });
    return result;
  };
  return {
    name: account.name,
    object(name) {
      const plan = plans.get(name);
      if (plan === undefined) throw new Error(`${account.name} has no object ${name}`);
      const { message } = plan;
      return mailObject(plan, async (calls) => {
        if (message === null) throw new Error(`${name} is sent by a function`);
        const line = await connect();
        if (!line.ok) return calls.map(() => line);
        const results: Result<Written>[] = [];
        try {
          for (const call of calls)
            results.push(await observed(() => sendOne(message, call, line.value, { account, clean })));
        } finally {
          line.value.close();
        }
        return results;
      });
    },
    async probe() {
      const line = await connect();
      if (!line.ok) return line;
      line.value.close();
      return done(null);
    },
    world: mailWorld({ system: account.name, observer: account.observer, clock: account.clock, connect }),
    close: () => Promise.resolve(),
  };
}

function loginOf({ auth }: ConnectorFile, account: DirectAccount): Delivery["login"] {
  if (auth?.scheme !== "basic") return null;
  const named = (name: string): string => {
    const setting = account.settings[name];
    return account.secrets.get(name)?.reveal() ?? (typeof setting === "string" ? setting : "");
  };
  return { user: named(auth.username), pass: auth.password === undefined ? "" : named(auth.password) };
}

async function sendOne(
  plan: MessagePlan,
  call: CreateCall,
  line: MailLine,
  { account, clean }: { readonly account: DirectAccount; readonly clean: (failure: RemoteFailure) => RemoteFailure },
): Promise<Result<Written>> {
  const variables = {
    record: call.record,
    changed: call.record,
    op: { key: call.key },
    settings: account.settings,
    syncline: { version: account.version },
  };
  try {
    const message = await writeMessage(plan, variables, { key: call.key, at: new Date(account.clock.now()) });
    const failure = await line.send(message);
    if (failure !== null) return failed(clean(failure));
    const id = remoteId(message.id.slice(1, -1));
    if (id === null) throw new Error("a Message-ID is never empty");
    return done({ id, version: null, record: null });
  } catch (error) {
    if (!(error instanceof MessageRefusal) && !(error instanceof TemplateFailure)) throw error;
    return failed({ kind: "rejected", code: error.code, message: error.message });
  }
}

function mailObject(plan: SinkPlan, create: SystemObject["create"]): SystemObject {
  const never = (operation: string) => (): never => {
    throw new Error(`${plan.name} has no ${operation}; its capabilities say so`);
  };
  return {
    name: plan.name,
    capabilities: plan.capabilities,
    list: never("list"),
    changes: never("changes"),
    get: never("get"),
    find: never("find"),
    findByMarker: never("marker"),
    create,
    update: never("update"),
    delete: never("delete"),
    laterCursor: (a, b) => b ?? a,
  };
}
