// One account, opened: its client, its limits and its credentials are shared by all of its objects.

import { createMemoryVault } from "../core/token-vault.ts";
import { setMaxListeners } from "node:events";
import { parseDuration } from "../core/units.ts";
import type { Value } from "../core/value.ts";
import type { Account } from "./account.ts";
import { createStaticAuth, type Auth } from "./auth.ts";
import { createCaller } from "./call.ts";
import type { Result, System } from "./contract.ts";
import { createCostBudgets, type CostBudgets } from "./cost.ts";
import { readEpoch, type EpochPlan } from "./epoch.ts";
import type { ErrorTable } from "./error-table.ts";
import type { ConnectorFile } from "./file.ts";
import { costLimit } from "./file/cost.ts";
import { createHttpClient, type HttpClient } from "./http.ts";
import { createLimiter, ratesOf, type Limiter } from "./limits.ts";
import { openAuthorization, type Authorization } from "./oauth/authorization.ts";
import { createOAuth, type StoredOAuthTools } from "./oauth/oauth.ts";
import type { ObjectPlan, RequestPlan } from "./object-plan.ts";
import { done, failed, type ObjectTools } from "./object-tools.ts";
import type { PreparedCall } from "./protocol.ts";
import type { ProtocolContext, ProtocolFactory } from "./protocol-context.ts";
import { openObject } from "./open-object.ts";
import { readPages } from "./reading.ts";
import { createRecordCodec } from "./record.ts";
import { Redactor } from "./secret.ts";
import { compileSigned, createSignedAuth } from "./signed-auth.ts";
import { signingClient } from "./signing.ts";
import { compileSession, createSessionAuth } from "./session-auth.ts";
import { shareLimiter } from "./shared-limits.ts";

const CONNECT_DEFAULT_MS = 10_000;
const RESPONSE_DEFAULT_MS = 60_000;
/** A page of ten thousand large records is some tens of megabytes; more at once is not a page. */
const RESPONSE_BYTES_DEFAULT = 67_108_864;
const CONCURRENCY_DEFAULT = 4;
const TURN_WAIT_MAX_MS = 120_000;

export interface OpenPlan {
  readonly file: ConnectorFile;
  readonly plans: ReadonlyMap<string, ObjectPlan>;
  readonly epoch: EpochPlan | null;
  readonly factory: ProtocolFactory;
  readonly errors: ErrorTable;
  readonly account: Account;
  readonly settings: Readonly<Record<string, Value>>;
  /** Values of the file's account-wide texts, by their text in the file. */
  readonly texts: ReadonlyMap<string, string>;
  contextOf(account: Pick<ProtocolContext, "http" | "baseUrl" | "settings" | "secrets" | "userAgent">): ProtocolContext;
}

export function openSystem(plan: OpenPlan): System {
  const { file, account, settings } = plan;
  const closing = new AbortController();
  // Every call that waits for its turn listens, as many as there are.
  setMaxListeners(0, closing.signal);
  const redactor = account.redactor ?? new Redactor();
  for (const secret of account.secrets.values()) redactor.add(secret.reveal());
  const client = openHttp(file, account);
  const tools = authTools(plan, client, redactor);
  const http = file.auth?.scheme === "hmac" ? signingClient(client, file.auth, tools) : client;
  const baseUrl =
    (file.base_url === undefined ? null : (plan.texts.get(file.base_url) ?? null))?.replace(/\/+$/, "") ?? null;
  const context = plan.contextOf({
    http,
    baseUrl,
    settings,
    secrets: account.secrets,
    userAgent: `syncline/${account.version}`,
  });
  const { protocol } = plan.factory(context);
  const limiter = openLimiter(file, account);
  const auth = openAuth(plan, context, tools);
  const caller = createCaller({
    system: account.name,
    auth,
    limiter,
    costs: openCosts(file, account),
    errors: plan.errors,
    clock: account.clock,
    random: account.random ?? Math.random,
    observer: account.observer,
    log: account.log,
    redactor,
    signal: closing.signal,
  });
  const prepared = new Map<RequestPlan, PreparedCall>();
  const prepare = (request: RequestPlan): PreparedCall => {
    const known = prepared.get(request);
    if (known !== undefined) return known;
    const { call, problems } = protocol.prepare(request.part, request.path);
    if (call === null) throw new Error(`${account.name}: ${problems.map((found) => found.message).join("; ")}`);
    prepared.set(request, call);
    return call;
  };
  const origin = baseUrl === null || !URL.canParse(baseUrl) ? null : new URL(baseUrl).origin;
  const toolsOf = (object: ObjectPlan, wanted: readonly string[]): ObjectTools => {
    const codec = createRecordCodec(object.shape);
    return {
      plan: object,
      codec,
      caller,
      origin,
      prepared: prepare,
      variables: {
        settings,
        syncline: { version: account.version },
        wanted: wanted.map((name) => codec.wirePath(name)),
      },
    };
  };
  return {
    name: account.name,
    object(name, wanted) {
      const object = plan.plans.get(name);
      if (object === undefined) throw new Error(`${account.name} has no object ${name}`);
      return openObject(toolsOf(object, wanted));
    },
    async probe() {
      for (const object of plan.plans.values()) {
        if (object.list !== null) return probeList(toolsOf(object, []), object.list);
      }
      return failed({ kind: "rejected", code: "E_NO_LIST", message: "no object of this system can be listed" });
    },
    async epoch() {
      if (plan.epoch === null) return done(null);
      const variables = { settings, syncline: { version: account.version } };
      return readEpoch(plan.epoch, { caller, prepared: prepare(plan.epoch), variables });
    },
    async close() {
      closing.abort();
      // Before the connections: the answer may hold the only token that is still good.
      await auth.settled?.();
      await limiter.close();
      await protocol.close();
      await http.close();
    },
  };
}

async function probeList(tools: ObjectTools, listing: NonNullable<ObjectPlan["list"]>): Promise<Result<null>> {
  for await (const page of readPages(tools, listing, {}, { pages: 1 })) return page.ok ? done(null) : page;
  return done(null);
}

function openHttp(file: ConnectorFile, account: Account): HttpClient {
  return createHttpClient({
    allowPrivate: account.allowPrivate,
    connectTimeoutMs: parseDuration(file.timeout?.connect ?? "") ?? CONNECT_DEFAULT_MS,
    responseTimeoutMs: parseDuration(file.timeout?.response ?? "") ?? RESPONSE_DEFAULT_MS,
    responseBytesMax: file.response_bytes ?? RESPONSE_BYTES_DEFAULT,
    connections: file.concurrency ?? CONCURRENCY_DEFAULT,
    ...(account.resolve === undefined ? {} : { resolve: account.resolve }),
  });
}

function openLimiter(file: ConnectorFile, account: Account): Limiter & { close(): Promise<void> } {
  const { clock, budgets } = account;
  const rates = ratesOf(file, account.limits);
  const waited = (reason: string, ms: number): void => {
    account.observer.waited({ system: account.name, reason: `limit:${reason}`, ms });
  };
  const concurrency = file.concurrency ?? CONCURRENCY_DEFAULT;
  const local = createLimiter({ rates, concurrency, clock, waitMaxMs: TURN_WAIT_MAX_MS, waited });
  if (budgets === undefined) return { ...local, close: () => Promise.resolve() };
  return shareLimiter(local, {
    system: account.name,
    rates,
    budgets: budgets.shared,
    lane: () => budgets.lane(),
    clock,
    log: account.log,
    waitMaxMs: TURN_WAIT_MAX_MS,
    waited,
  });
}

function openCosts(file: ConnectorFile, account: Account): CostBudgets {
  const limits = (file.limits ?? []).flatMap(({ name, cost }) => (cost === undefined ? [] : [costLimit(name, cost)]));
  return createCostBudgets(limits, {
    clock: account.clock,
    waitMaxMs: TURN_WAIT_MAX_MS,
    waited: (reason, ms) => {
      account.observer.waited({ system: account.name, reason: `limit:${reason}`, ms });
    },
  });
}

type AccountPlan = Pick<OpenPlan, "file" | "account" | "texts">;

function authTools({ account, texts }: AccountPlan, http: HttpClient, redactor: Redactor): StoredOAuthTools {
  return {
    secrets: account.secrets,
    text: (text) => texts.get(text) ?? null,
    redactor,
    http,
    clock: account.clock,
    system: account.name,
    vault: account.tokens ?? createMemoryVault(),
  };
}

/** For connecting the account by a person; null: its file asks for nobody. */
export function openConnecting(plan: AccountPlan): Authorization | null {
  const { file, account } = plan;
  if (file.auth?.scheme !== "oauth2" || file.auth.grant !== "authorization_code") return null;
  const redactor = account.redactor ?? new Redactor();
  for (const secret of account.secrets.values()) redactor.add(secret.reveal());
  return openAuthorization(file.auth, authTools(plan, openHttp(file, account), redactor));
}

function openAuth({ file, account }: OpenPlan, context: ProtocolContext, tools: StoredOAuthTools): Auth {
  const part = file.auth ?? { scheme: "none" };
  if (part.scheme === "oauth2") return createOAuth(part, tools);
  if (part.scheme === "session") {
    const { plan: session } = compileSession(part, file, context.expressions);
    if (session === null) throw new Error("auth session was let through by check");
    return createSessionAuth(session, {
      ...tools,
      baseUrl: context.baseUrl,
      settings: context.settings,
      version: account.version,
    });
  }
  if (part.scheme === "signed") {
    const { plan: signing } = compileSigned(part, file, context.expressions);
    if (signing === null) throw new Error("auth signed was let through by check");
    return createSignedAuth(signing, { ...tools, settings: context.settings, version: account.version });
  }
  // The signature is put on by the client that sends.
  return createStaticAuth(part.scheme === "hmac" ? { scheme: "none" } : part, tools);
}
