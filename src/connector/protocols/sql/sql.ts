// protocol: sql. The objects of a database: tables and views, read by page and by key, written in transactions.

import { parseDuration } from "../../../core/units.ts";
import { isError, problem, type Problem } from "../../../core/problem.ts";
import type { Capabilities, Result, SystemObject } from "../../contract.ts";
import { checkedAddress } from "../../checked-address.ts";
import type { CapabilityGap } from "../../capability-gap.ts";
import type { DirectAccount, DirectPlan, DirectProtocol, DirectSystem, DirectTools } from "../../direct.ts";
import type { ConnectorFile } from "../../file.ts";
import { createLimiter, ratesOf, type Limiter } from "../../limits.ts";
import { done, failed } from "../../object-tools.ts";
import { Redactor } from "../../secret.ts";
import { shareLimiter } from "../../shared-limits.ts";
import { compileTemplate, evaluateText } from "../../template.ts";
import { ACCOUNT_NAMES } from "../../variables.ts";
import { sqlWorld } from "./code.ts";
import { laterCursor } from "./cursor.ts";
import type { ConnectOptions, Dialect, Login } from "./dialect.ts";
import { mssqlDialect } from "./dialects/mssql.ts";
import { mysqlDialect } from "./dialects/mysql.ts";
import { postgresDialect } from "./dialects/postgres.ts";
import { sqliteDialect } from "./dialects/sqlite.ts";
import { fault, ran, type Ran } from "./fault.ts";
import { checkReplication } from "./logical/check.ts";
import { slotCursor, slotPages } from "./logical/feed.ts";
import { laterPosition } from "./logical/position.ts";
import type { ObjectWork } from "./object-work.ts";
import { readPlace } from "./place.ts";
import { columnOf, planSqlObject, type SqlObjectPlan } from "./plan.ts";
import { changedPages, findRows, listPages, readMany } from "./reading.ts";
import { readSource, type Source } from "./source.ts";
import { createWork, type Work } from "./work.ts";
import { createRecords, deleteRecords, updateRecords } from "./writing.ts";
import type { DialectName } from "./place.ts";

const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  postgres: postgresDialect,
  mysql: mysqlDialect,
  sqlite: sqliteDialect,
  mssql: mssqlDialect,
};

const CONNECT_DEFAULT_MS = 10_000;
const STATEMENT_DEFAULT_MS = 60_000;
const CONCURRENCY_DEFAULT = 4;
const TURN_WAIT_MAX_MS = 120_000;

export const sqlProtocol: DirectProtocol = (file, tools) => {
  const problems: Problem[] = [...checkTop(file, tools)];
  const dialect = DIALECTS[file.dialect ?? "postgres"];
  const plans = new Map<string, SqlObjectPlan>();
  const gaps: CapabilityGap[] = [];
  for (const [name, part] of Object.entries(file.objects)) {
    const planned = planSqlObject(name, part, file, dialect.name);
    plans.set(name, planned.plan);
    problems.push(...planned.problems);
    gaps.push(...planned.gaps);
  }
  const objects = new Map<string, Capabilities>([...plans].map(([name, plan]) => [name, plan.capabilities]));
  const checkAccount: DirectPlan["checkAccount"] = (account, baseUrl) => {
    if (baseUrl === null) {
      const message = "base_url of the connector comes to nothing with these settings";
      return [
        problem(
          "E_SETTING_MISSING",
          ["connector"],
          message,
          file.base_url === undefined ? {} : { found: file.base_url },
        ),
      ];
    }
    const path = account.settings.base_url !== undefined ? ["settings", "base_url"] : ["connector"];
    return readPlace(baseUrl, dialect.name, { folder: tools.folder, path, allowPrivate: account.allowPrivate })
      .problems;
  };
  return {
    problems,
    gaps,
    objects,
    checkAccount,
    open: (account) => openDatabase({ file, tools, dialect, plans, account }),
    tool: "query",
  };
};

/** Keys at the top that belong to protocols which send requests. */
const REQUEST_KEYS = ["headers", "errors", "response_bytes", "epoch"] as const;

function checkTop(file: ConnectorFile, { scope }: DirectTools): readonly Problem[] {
  const problems: Problem[] = [];
  if (file.dialect === undefined)
    problems.push(
      problem("E_MISSING", [], "protocol: sql needs to know which database it is", {
        on: "key",
        hint: "add dialect: postgres, mysql, sqlite or mssql",
      }),
    );
  if (file.base_url === undefined)
    problems.push(
      problem("E_MISSING", [], "protocol: sql needs to know where the database is", {
        on: "key",
        hint: 'add base_url: "postgres://{{ settings.host }}/{{ settings.database }}"',
      }),
    );
  for (const key of REQUEST_KEYS) {
    if (file[key] !== undefined)
      problems.push(
        problem("E_UNKNOWN_KEY", [key], `"${key}" belongs to protocols that send requests, and this file says sql`, {
          on: "key",
          hint: "remove it",
        }),
      );
  }
  const scheme = file.auth?.scheme ?? "none";
  if (file.auth?.scheme === "basic" && file.auth.username.includes("{{"))
    problems.push(
      ...compileTemplate(file.auth.username, ["auth", "username"], [], { ...scope, names: ACCOUNT_NAMES }).problems,
    );
  if (scheme !== "basic" && scheme !== "none")
    problems.push(
      problem("E_ENUM", ["auth", "scheme"], `a database knows no ${scheme}`, {
        found: scheme,
        expected: "basic, none",
        hint: "auth: { scheme: basic, username: user, password: password }",
      }),
    );
  if (scheme === "none" && file.dialect !== undefined && file.dialect !== "sqlite")
    problems.push(
      problem("E_MISSING", [], "a database asks who is there", {
        on: "key",
        hint: "add auth: { scheme: basic, username: user, password: password }",
      }),
    );
  return problems;
}

interface Opening {
  readonly file: ConnectorFile;
  readonly tools: DirectTools;
  readonly dialect: Dialect;
  readonly plans: ReadonlyMap<string, SqlObjectPlan>;
  readonly account: DirectAccount;
}

function openDatabase({ file, tools, dialect, plans, account }: Opening): DirectSystem {
  const { place, problems } = readPlace(account.baseUrl ?? "", dialect.name, {
    folder: tools.folder,
    path: [],
    allowPrivate: account.allowPrivate,
  });
  if (place === null || problems.some(isError))
    throw new Error(`${account.name}: ${problems.map(({ message }) => message).join("; ")}`);
  const redactor = new Redactor();
  for (const secret of account.secrets.values()) redactor.add(secret.reveal());
  const options: Omit<ConnectOptions, "login"> = {
    place,
    connectTimeoutMs: parseDuration(file.timeout?.connect ?? "") ?? CONNECT_DEFAULT_MS,
    statementTimeoutMs: parseDuration(file.timeout?.response ?? "") ?? STATEMENT_DEFAULT_MS,
    async address(host) {
      const checked = await checkedAddress(host, account);
      return checked.ok ? ran(checked.address) : fault("unreachable", checked.code, checked.message);
    },
  };
  const limiter = openLimiter(file, account, dialect);
  const work = createWork({
    account,
    limiter,
    redactor,
    connect: async () => dialect.connect({ ...options, login: await loginOf(file, tools, account) }),
  });
  const objectOf = (plan: SqlObjectPlan, wanted: readonly string[]): ObjectWork => {
    let known: Source | null = null;
    return {
      plan,
      dialect,
      work,
      settings: account.settings,
      async source(session) {
        if (known !== null) return ran(known);
        const read = await readSource(session, plan, dialect, { wanted, settings: account.settings });
        if (read.ok) known = read.value;
        return read;
      },
      pause: (ms) => account.clock.sleep(ms),
    };
  };
  return {
    name: account.name,
    object(name, wanted) {
      const plan = plans.get(name);
      if (plan === undefined) throw new Error(`${account.name} has no object ${name}`);
      return openObject(objectOf(plan, wanted));
    },
    probe: () =>
      probe(
        work,
        [...plans.values()].map((plan) => objectOf(plan, [])),
      ),
    world: sqlWorld(work, dialect),
    async close() {
      await limiter.close();
      await work.close();
    },
  };
}

function openObject(tools: ObjectWork): SystemObject {
  const { plan } = tools;
  const { replication } = plan;
  return {
    name: plan.name,
    capabilities: plan.capabilities,
    list: () => (replication === null ? listPages(tools, null) : listWithSlot(tools, replication)),
    changes: (cursor, how) =>
      replication === null ? changedPages(tools, cursor, how?.settled === true) : slotPages(tools, replication, cursor),
    get: (ids) => readMany(tools, ids),
    find(key) {
      const names = plan.capabilities.findBy.find((by) =>
        by.every((name) => key[name] !== undefined && key[name] !== null),
      );
      if (names === undefined) {
        const message = "none of the lists of find.by is wholly present in what is looked for";
        return Promise.resolve(failed({ kind: "rejected", code: "E_FIND_KEY", message }));
      }
      return findRows(
        tools,
        Object.fromEntries(names.map((name) => [columnOf(plan.shape.fields, name), key[name] ?? null])),
      );
    },
    findByMarker(key) {
      if (plan.marker === null) throw new Error(`${plan.name} has no marker`);
      return findRows(tools, { [plan.marker]: key });
    },
    create: (calls) => createRecords(tools, calls),
    update: (calls) => updateRecords(tools, calls),
    delete: (calls) => deleteRecords(tools, calls),
    laterCursor: replication === null ? laterCursor : laterPosition,
  };
}

async function* listWithSlot(
  tools: ObjectWork,
  replication: NonNullable<SqlObjectPlan["replication"]>,
): ReturnType<typeof listPages> {
  const cursor = await slotCursor(tools, replication);
  if (!cursor.ok) yield cursor;
  else yield* listPages(tools, cursor.value);
}

/** The tables, with the columns that the file names, are there. */
async function probe(work: Work, objects: readonly ObjectWork[]): Promise<Result<null>> {
  for (const object of objects) {
    const found = await work.read("probe", async (session): Promise<Ran<null>> => {
      const source = await object.source(session);
      if (!source.ok) return source;
      return object.plan.replication === null
        ? ran(null)
        : checkReplication(session, object.plan, object.plan.replication);
    });
    if (!found.ok) return found;
  }
  return done(null);
}

async function loginOf(
  { auth }: ConnectorFile,
  { scope }: DirectTools,
  { settings, secrets }: DirectAccount,
): Promise<Login> {
  if (auth?.scheme !== "basic") return { user: null, password: null };
  const password = auth.password === undefined ? null : (secrets.get(auth.password)?.reveal() ?? null);
  const secret = secrets.get(auth.username)?.reveal();
  if (secret !== undefined) return { user: secret, password };
  const setting = settings[auth.username];
  if (typeof setting === "string") return { user: setting, password };
  const { template } = compileTemplate(auth.username, [], [], { ...scope, names: ACCOUNT_NAMES });
  return { user: template === null ? null : ((await evaluateText(template, { settings })) ?? null), password };
}

function openLimiter(
  file: ConnectorFile,
  account: DirectAccount,
  dialect: Dialect,
): Limiter & { close(): Promise<void> } {
  const { clock, budgets } = account;
  const rates = ratesOf(file, account.limits);
  const waited = (reason: string, ms: number): void => {
    account.observer.waited({ system: account.name, reason: `limit:${reason}`, ms });
  };
  // One file has one writer, and its reader is this thread.
  const concurrency = dialect.name === "sqlite" ? 1 : (file.concurrency ?? CONCURRENCY_DEFAULT);
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
