// Protocols that are no requests and answers (a database, files, mail): they read their part of the connector file and implement
// the contract's objects themselves. The kit keeps the rest: accounts, secrets, settings, the names in the file.

import type { ExpressionCompiler } from "../core/expression.ts";
import type { Problem } from "../core/problem.ts";
import type { Account, AccountFacts } from "./account.ts";
import type { CapabilityGap } from "./capability-gap.ts";
import type { Capabilities, System } from "./contract.ts";
import type { CodeWorld } from "./code/world.ts";
import type { ConnectorFile } from "./file.ts";
import type { TemplateScope } from "./template.ts";

export interface DirectTools {
  readonly expressions: ExpressionCompiler;
  /** Folder of the connector file: relative paths in it start here. */
  readonly folder: string;
  /** Names that request expressions may use, with this file's settings. */
  readonly scope: TemplateScope;
  /** By object: operations that are functions of the file, and not for the protocol to plan. */
  readonly coded: ReadonlyMap<string, readonly string[]>;
}

/** An account with its settings, defaults put in. */
export interface DirectAccount extends Account {
  /** The file's `base_url` with the settings put in; null: it has none, or it comes to nothing. */
  readonly baseUrl: string | null;
}

export interface DirectPlan {
  readonly problems: readonly Problem[];
  readonly gaps: readonly CapabilityGap[];
  readonly objects: ReadonlyMap<string, Capabilities>;
  /** Problems of an account beside its names, with paths below the system's block in the config. */
  checkAccount(account: AccountFacts, baseUrl: string | null): readonly Problem[];
  /** Nothing is opened or sent before the first call. */
  open(account: DirectAccount): DirectSystem;
  /** Name of what a function is given in place of `send`. */
  readonly tool: string;
}

/** A system that lends itself to functions, too. */
export interface DirectSystem extends System {
  readonly world: CodeWorld;
}

export type DirectProtocol = (file: ConnectorFile, tools: DirectTools) => DirectPlan;

export type DirectProtocols = Readonly<Partial<Record<ConnectorFile["protocol"], DirectProtocol>>>;
