// A connector file becomes a Connector: checked once, opened once for each account. Everything that can be wrong with the file
// is found here, all at once; what an object leaves out is a gap, which is told and is no error.

import type { ExpressionCompiler } from "../core/expression.ts";
import type { Instant } from "../core/ids.ts";
import { isError, problem, type Problem } from "../core/problem.ts";
import { checkNames, settingsOf, type Account, type AccountFacts } from "./account.ts";
import { namesInAuth } from "./auth-names.ts";
import { checkAddress } from "./base-url.ts";
import type { CapabilityGap } from "./capability-gap.ts";
import { withCode } from "./code/code.ts";
import { planCoded, type CodedObject } from "./code/coded-object.ts";
import { withFunctions } from "./code/coded-system.ts";
import { splitCode, type SplitFile } from "./code/split.ts";
import { checkFile } from "./check-file.ts";
import type { Capabilities, System } from "./contract.ts";
import { planEpoch, type EpochPlan } from "./epoch.ts";
import { compileErrorTable } from "./error-table.ts";
import type { DirectPlan, DirectProtocol, DirectProtocols } from "./direct.ts";
import type { ConnectorFile } from "./file.ts";
import type { ObjectPlan, RequestPlan } from "./object-plan.ts";
import { planObject } from "./plan-object.ts";
import { expandOData } from "./protocols/odata/expand.ts";
import type { ProtocolContext, ProtocolFactories, ProtocolFactory } from "./protocol-context.ts";
import { compileSession } from "./session-auth.ts";
import { compileSigned, signedNames } from "./signed-auth.ts";
import type { Authorization } from "./oauth/authorization.ts";
import { openConnecting, openSystem } from "./system.ts";
import { compileTemplate, compileText, TemplateFailure, evaluateText, textOf, type TemplateScope } from "./template.ts";
import { ACCOUNT_NAMES, REQUEST_NAMES } from "./variables.ts";

export interface CompileTools {
  readonly expressions: ExpressionCompiler;
  readonly protocols: ProtocolFactories;
  /** Protocols that implement their objects themselves. */
  readonly direct?: DirectProtocols;
  /** Folder of the connector file. */
  readonly folder: string;
  /** For the sunset of the remote API. */
  readonly today: Instant;
}

export interface Connector {
  readonly name: string;
  readonly file: ConnectorFile;
  readonly objects: readonly string[];
  readonly gaps: readonly CapabilityGap[];
  /** Null: it has no such object. */
  capabilities(object: string): Capabilities | null;
  /** Problems of an account, with paths below the system's block in the config. */
  checkAccount(account: AccountFacts): Promise<readonly Problem[]>;
  /** Ready to be asked. Nothing is sent before the first call. The account must have passed checkAccount. */
  open(account: Account): Promise<System>;
  /** For a person to connect the account; null: its log-in needs nobody. */
  connect(account: Account): Promise<Authorization | null>;
}

export interface CompiledConnector {
  /** Null when there are errors. */
  readonly connector: Connector | null;
  readonly problems: readonly Problem[];
}

export function compileConnector(given: ConnectorFile, tools: CompileTools): CompiledConnector {
  const { file, problems: derived } = expandOData(given);
  const problems: Problem[] = [...checkFile(given, tools.today), ...derived];
  const direct = tools.direct?.[file.protocol];
  if (direct !== undefined) return compileDirect(file, tools, direct, problems);
  const spoken = tools.protocols[file.protocol];
  const factory = spoken === undefined ? undefined : withCode(spoken);
  if (factory === undefined) {
    problems.push(
      problem("E_NOT_SUPPORTED", ["protocol"], `the protocol ${file.protocol} is not supported yet`, {
        found: file.protocol,
        expected: [...Object.keys(tools.protocols), ...Object.keys(tools.direct ?? {})].join(", "),
      }),
    );
    return { connector: null, problems };
  }
  const errors = compileErrorTable(file.errors ?? [], tools.expressions);
  problems.push(...errors.problems);
  const scope = scopeOf(file, tools);
  const contextOf = (
    account: Pick<ProtocolContext, "http" | "baseUrl" | "settings" | "secrets" | "userAgent">,
  ): ProtocolContext => ({
    file,
    folder: tools.folder,
    expressions: tools.expressions,
    ...account,
    template: (value, path, position) => compileTemplate(value, path, position, scope),
    text: (text, path) => compileText(text, path, scope),
  });
  problems.push(...checkAccountTexts(file, scope));
  if (file.auth?.scheme === "session") problems.push(...compileSession(file.auth, file, tools.expressions).problems);
  if (file.auth?.scheme === "signed") problems.push(...compileSigned(file.auth, file, tools.expressions).problems);
  const plans = new Map<string, ObjectPlan>();
  const gaps: CapabilityGap[] = [];
  for (const [name, part] of Object.entries(file.objects)) {
    const planned = planObject(name, part, file);
    plans.set(name, planned.plan);
    problems.push(...planned.problems);
    gaps.push(...planned.gaps);
  }
  const epoch = planEpoch(file);
  problems.push(...epoch.problems);
  problems.push(
    ...checkRequests(
      factory,
      contextOf({ http: null, baseUrl: null, settings: {}, secrets: new Map(), userAgent: "" }),
      plans,
      epoch.plan,
    ),
  );
  if (problems.some(isError)) return { connector: null, problems };

  const textsOf = async (account: Account): Promise<ReadonlyMap<string, string>> => {
    const settings = settingsOf(file, account.settings);
    const texts = new Map<string, string>();
    for (const text of accountTexts(file)) {
      const value = await accountText(text, settings, scope, account.version);
      if (value !== null) texts.set(text, value);
    }
    return texts;
  };
  const connector: Connector = {
    name: file.connector,
    file,
    objects: [...plans.keys()],
    gaps,
    capabilities: (object) => plans.get(object)?.capabilities ?? null,
    async checkAccount(account) {
      const found = checkNames(file, account);
      if (found.some(isError) || file.base_url === undefined) return found;
      const settings = settingsOf(file, account.settings);
      const address = await accountText(file.base_url, settings, scope);
      const path =
        settings.base_url !== undefined && file.base_url.includes("settings.base_url")
          ? ["settings", "base_url"]
          : ["connector"];
      if (address === null) {
        return [
          ...found,
          problem("E_SETTING_MISSING", path, "base_url of the connector comes to nothing with these settings", {
            found: file.base_url,
          }),
        ];
      }
      return [...found, ...checkAddress(address, path, account.allowPrivate)];
    },
    async open(account) {
      const settings = settingsOf(file, account.settings);
      const texts = await textsOf(account);
      return openSystem({
        file,
        plans,
        epoch: epoch.plan,
        factory,
        errors: errors.table,
        account,
        settings,
        texts,
        contextOf,
      });
    },
    async connect(account) {
      return openConnecting({ file, account, texts: await textsOf(account) });
    },
  };
  return { connector, problems };
}

function scopeOf(file: ConnectorFile, tools: CompileTools): TemplateScope {
  const { auth } = file;
  const own = auth?.scheme === "session" || auth?.scheme === "signed" ? [auth.scheme] : [];
  const signed = auth?.scheme === "signed" ? signedNames(auth) : [];
  const names = [...REQUEST_NAMES, ...own];
  return { expressions: tools.expressions, names, settings: Object.keys(file.settings ?? {}), signed };
}

function compileDirect(
  given: ConnectorFile,
  tools: CompileTools,
  protocol: DirectProtocol,
  found: readonly Problem[],
): CompiledConnector {
  const { file, coded: parts } = splitCode(given);
  const scope = scopeOf(file, tools);
  const names = new Map([...parts].map(([name, part]) => [name, Object.keys(part)]));
  const plan: DirectPlan = protocol(file, {
    expressions: tools.expressions,
    folder: tools.folder,
    scope,
    coded: names,
  });
  const coded = codedObjects(given, parts, plan, tools);
  const once: TemplateScope = { ...scope, names: ACCOUNT_NAMES };
  const texts = file.base_url === undefined ? [] : compileTemplate(file.base_url, ["base_url"], [], once).problems;
  const errors = compileErrorTable([], tools.expressions).table;
  const problems = [...found, ...texts, ...plan.problems, ...[...coded.values()].flatMap((object) => object.problems)];
  if (problems.some(isError)) return { connector: null, problems };
  const baseUrlOf = async (given: AccountFacts["settings"]): Promise<string | null> =>
    file.base_url === undefined ? null : accountText(file.base_url, settingsOf(file, given), scope);
  const connector: Connector = {
    name: file.connector,
    file: given,
    objects: [...plan.objects.keys()],
    gaps: [...plan.gaps.filter(({ object }) => !coded.has(object)), ...[...coded.values()].flatMap(({ gaps }) => gaps)],
    capabilities: (object) => coded.get(object)?.capabilities ?? plan.objects.get(object) ?? null,
    async checkAccount(account) {
      const names = checkNames(file, account);
      if (names.some(isError)) return names;
      const settings = settingsOf(file, account.settings);
      return [...names, ...plan.checkAccount({ ...account, settings }, await baseUrlOf(account.settings))];
    },
    async open(account) {
      const settings = settingsOf(file, account.settings);
      const system = plan.open({ ...account, settings, baseUrl: await baseUrlOf(account.settings) });
      return coded.size === 0 ? system : withFunctions(system, coded, { file, account, settings, errors });
    },
    connect: () => Promise.resolve(null),
  };
  return { connector, problems };
}

function codedObjects(
  file: ConnectorFile,
  parts: SplitFile["coded"],
  { objects, gaps, tool }: DirectPlan,
  { folder }: CompileTools,
): ReadonlyMap<string, CodedObject> {
  const found = new Map<string, CodedObject>();
  for (const [name, coded] of parts) {
    const part = file.objects[name];
    const own = objects.get(name);
    if (part === undefined || own === undefined) continue;
    const object = planCoded(name, { part, coded, own }, { file, folder, tool });
    // What its protocol does not call a gap is none with a function either.
    const told = new Set([...gaps.filter((gap) => gap.object === name).map(({ code }) => code), ...OF_FUNCTIONS]);
    found.set(name, { ...object, gaps: object.gaps.filter(({ code }) => told.has(code)) });
  }
  return found;
}

/** Gaps that a function may bring. */
const OF_FUNCTIONS = ["create-unverifiable", "no-changes", "update-unguarded", "delete-unguarded"];

/** Texts that are the same for every request of an account. */
function accountTexts(file: ConnectorFile): readonly string[] {
  const named = namesInAuth(file.auth).filter(({ kind }) => kind !== "secret");
  return [...(file.base_url === undefined ? [] : [file.base_url]), ...named.map(({ text }) => text)];
}

/** The text with this account's settings put in; a setting's name stands for it. Null: absent. */
async function accountText(
  text: string,
  settings: ConnectorSettings,
  scope: TemplateScope,
  version = "",
): Promise<string | null> {
  const setting = text.includes("{{") ? undefined : settings[text];
  if (setting !== undefined) return textOf(setting);
  const { template } = compileTemplate(text, [], [], { ...scope, names: ACCOUNT_NAMES });
  if (template === null) return null;
  try {
    return (await evaluateText(template, { settings, syncline: { version } })) ?? null;
  } catch (error) {
    if (error instanceof TemplateFailure) return null;
    throw error;
  }
}

type ConnectorSettings = ReturnType<typeof settingsOf>;

function checkAccountTexts(file: ConnectorFile, scope: TemplateScope): readonly Problem[] {
  const once: TemplateScope = { ...scope, names: ACCOUNT_NAMES };
  const problems: Problem[] = [];
  const check = (text: string | undefined, path: readonly string[]): void => {
    if (text !== undefined) problems.push(...compileTemplate(text, path, [], once).problems);
  };
  check(file.base_url, ["base_url"]);
  for (const { path, text, kind } of namesInAuth(file.auth)) if (kind !== "secret") check(text, path);
  if (file.base_url?.includes("{{") === false) problems.push(...checkAddress(file.base_url, ["base_url"], null));
  const fallback = file.settings?.base_url?.default;
  if (typeof fallback === "string") problems.push(...checkAddress(fallback, ["settings", "base_url", "default"], null));
  return problems;
}

/** The listings of an object, each with the request of its later pages. */
function listingsOf(plan: ObjectPlan): readonly (RequestPlan | null)[] {
  return [plan.list, plan.changes, plan.deletes, plan.find].flatMap((listing) =>
    listing === null ? [] : [listing, listing.next],
  );
}

/** Every request of every object, prepared for checking only. */
function checkRequests(
  factory: ProtocolFactory,
  context: ProtocolContext,
  plans: ReadonlyMap<string, ObjectPlan>,
  epoch: EpochPlan | null,
): readonly Problem[] {
  const { protocol, problems } = factory(context);
  const found = [...problems];
  if (epoch !== null) found.push(...protocol.prepare(epoch.part, epoch.path).problems);
  for (const plan of plans.values()) {
    const requests = [
      ...listingsOf(plan),
      plan.get,
      plan.create,
      plan.update,
      plan.delete,
      ...Object.values(plan.batch),
    ];
    for (const request of requests)
      if (request !== null) found.push(...protocol.prepare(request.part, request.path).problems);
  }
  return found;
}
