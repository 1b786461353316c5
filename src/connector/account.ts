// One account of a connector: what the config says about it, and what is wrong with that.

import { didYouMean, problem, type KeyPath, type Problem } from "../core/problem.ts";
import { parseRate } from "../core/units.ts";
import type { Value } from "../core/value.ts";
import type { Budgets, Lane } from "../core/budget.ts";
import type { TokenVault } from "../core/token-vault.ts";
import type { Clock, Log } from "./clock.ts";
import type { CallObserver } from "./contract.ts";
import type { ConnectorFile } from "./file.ts";
import type { Resolve } from "./http.ts";
import type { Redactor, Secret } from "./secret.ts";

/** What the config says about one system, before it is opened. */
export interface AccountFacts {
  readonly settings: Readonly<Record<string, Value>>;
  /** Names of the secrets it has. */
  readonly secrets: readonly string[];
  /** Rates that replace the connector's, by name. */
  readonly limits: Readonly<Record<string, string>>;
  readonly allowPrivate: boolean;
}

export interface Account {
  /** Name of the system in the config. */
  readonly name: string;
  readonly settings: Readonly<Record<string, Value>>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly limits: Readonly<Record<string, string>>;
  readonly allowPrivate: boolean;
  readonly observer: CallObserver;
  readonly clock: Clock;
  readonly log: Log;
  /** Of Syncline, for `{{ syncline.version }}`. */
  readonly version: string;
  /** What all who talk to the account share; left out: this process alone is counted. */
  readonly budgets?: { readonly shared: Budgets; lane(): Lane };
  /** Knows what must not be shown of the whole project, also of other systems: one may echo what another was sent. Left out: this account's alone. */
  readonly redactor?: Redactor;
  /** Where its tokens are kept; left out: in this process, until it ends. */
  readonly tokens?: TokenVault;
  /** 0 to 1, for the spread of waits; left out: Math.random. */
  readonly random?: () => number;
  /** Name resolution; left out: the system's. */
  readonly resolve?: Resolve;
}

/** Settings with the connector's defaults below them. */
export function settingsOf(
  file: ConnectorFile,
  given: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> {
  const settings: Record<string, Value> = {};
  for (const [name, setting] of Object.entries(file.settings ?? {})) {
    if (setting.default !== undefined) settings[name] = setting.default;
  }
  return { ...settings, ...given };
}

/** Names of settings, secrets and limits, and what is missing. Paths are those of the system's block in the config. */
export function checkNames(file: ConnectorFile, account: AccountFacts): readonly Problem[] {
  const problems: Problem[] = [];
  const { settings = {}, secrets = {}, limits = [] } = file;
  const rates = limits.map((limit) => limit.name);
  unknownNames("settings", Object.keys(account.settings), Object.keys(settings), file, problems);
  unknownNames("secrets", account.secrets, Object.keys(secrets), file, problems);
  unknownNames("limits", Object.keys(account.limits), rates, file, problems);
  for (const [name, setting] of Object.entries(settings)) {
    const missing = setting.required === true && setting.default === undefined && account.settings[name] === undefined;
    if (missing) problems.push(missingName("E_SETTING_MISSING", ["settings"], "setting", name, file));
  }
  for (const [name, secret] of Object.entries(secrets)) {
    const missing = secret.required === true && !account.secrets.includes(name);
    if (missing) problems.push(missingName("E_SECRET_MISSING", ["secrets"], "secret", name, file));
  }
  for (const [name, text] of Object.entries(account.limits)) {
    if (parseRate(text) === null) {
      problems.push(
        problem("E_RANGE", ["limits", name], `"${text}" is not a rate`, {
          found: text,
          expected: "a rate such as 190/10s or 400000/d",
        }),
      );
    }
  }
  return problems;
}

function unknownNames(
  key: "settings" | "secrets" | "limits",
  found: readonly string[],
  known: readonly string[],
  file: ConnectorFile,
  problems: Problem[],
): void {
  for (const name of found) {
    if (known.includes(name)) continue;
    const hint = didYouMean(name, known);
    problems.push(
      problem("E_UNKNOWN_KEY", [key, name], `the connector ${file.connector} has no ${key} called "${name}"`, {
        on: "key",
        found: name,
        expected: known.length === 0 ? "none" : known.join(", "),
        ...(hint === undefined ? {} : { hint }),
      }),
    );
  }
}

function missingName(code: string, path: KeyPath, what: string, name: string, file: ConnectorFile): Problem {
  const hint = what === "secret" ? `add ${name}: { env: NAME } under secrets` : `add ${name} under settings`;
  return problem(code, path, `the connector ${file.connector} needs the ${what} "${name}"`, {
    on: "key",
    expected: name,
    hint,
  });
}
