// The shape of one simulated account: its rows, what may be asked of it, and whom it tells.

import type { System } from "../../connector/contract.ts";
import type { RemoteId, Side } from "../../core/ids.ts";
import type { Fields } from "../../core/value.ts";
import type { Random } from "../random.ts";
import type { Process, Scheduler } from "../scheduler.ts";
import type { ArmedFault, Mishap, Operation } from "./faults.ts";
import type { Habits } from "./habits.ts";
import type { Actor, Happening } from "./journal.ts";
import type { Row } from "./rows.ts";

export interface ObjectShape {
  readonly name: string;
  /** By what `find` looks up, and what is unique where the system says so. */
  readonly key: string | null;
  /** Text fields that the system may spell its own way. */
  readonly spelled: readonly string[];
  /** Written by an automation that edits what a mapping names. */
  readonly rewritten: string | null;
}

export interface SystemParts {
  readonly side: Side;
  readonly habits: Habits;
  readonly objects: readonly ObjectShape[];
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly round: () => number;
  /** The open intent of a write's key, with the record of the other side that it is about; null: there is none. */
  readonly intentOf: (key: string) => { readonly other: RemoteId | null } | null;
  readonly happened: (happening: Happening) => void;
  /** A record has changed: the account's webhooks may tell. */
  readonly announce: (object: string, id: RemoteId) => void;
  /** Faults that calls of this account use up. */
  readonly armed: ArmedFault[];
  readonly used: (fault: ArmedFault) => void;
  /** The answer to a write with this key has reached whoever sent it. */
  readonly answered: (key: string) => void;
}

/** The rows of one object, and when the engine last looked at them. */
export interface Table {
  readonly shape: ObjectShape;
  readonly rows: Map<RemoteId, Row>;
  readonly gotAt: Map<RemoteId, number>;
  /** When it was last shown as it had been some time before. */
  readonly staleAt: Map<RemoteId, number>;
  readonly editedAt: Map<RemoteId, number>;
  readonly writtenAt: Map<RemoteId, number>;
  listedAt: number;
  /** First step of the present round. */
  roundAt: number;
  finds: { readonly round: number; readonly value: string; readonly found: readonly RemoteId[] }[];
}

export interface FaultySystem {
  readonly side: Side;
  readonly parts: SystemParts;
  table(object: string): Table;
  /** The account as one daemon sees it. */
  connect(process: Process): System;
  create(actor: Actor, object: string, fields: Fields, write: EngineWrite | null): Row;
  /** @returns false when the record is not there. */
  change(actor: Actor, object: string, id: RemoteId, fields: Fields | null, write: EngineWrite | null): boolean;
  /** Ids of the records that are there. */
  ids(object: string): readonly RemoteId[];
  take(operation: Operation): Mishap | null;
}

export interface EngineWrite {
  readonly key: string;
  readonly sent: Fields;
  readonly asked: Happening["asked"];
  readonly blind: boolean;
}
