// A system of a protocol without requests, whose objects have functions in the place of some of their operations.

import { setMaxListeners } from "node:events";
import { parseDuration } from "../../core/units.ts";
import type { Value } from "../../core/value.ts";
import type { Account } from "../account.ts";
import type { System } from "../contract.ts";
import type { DirectSystem } from "../direct.ts";
import type { ErrorTable } from "../error-table.ts";
import type { ConnectorFile } from "../file.ts";
import { Redactor } from "../secret.ts";
import { TIME_DEFAULT_MS } from "./code.ts";
import { openCoded, type CodedObject } from "./coded-object.ts";

export interface CodedSystem {
  readonly file: ConnectorFile;
  readonly account: Account;
  readonly settings: Readonly<Record<string, Value>>;
  readonly errors: ErrorTable;
}

export function withFunctions(
  system: DirectSystem,
  objects: ReadonlyMap<string, CodedObject>,
  { file, account, settings, errors }: CodedSystem,
): System {
  const closing = new AbortController();
  // Every function that runs listens, as many as there are.
  setMaxListeners(0, closing.signal);
  const redactor = account.redactor ?? new Redactor();
  for (const secret of account.secrets.values()) redactor.add(secret.reveal());
  const tools = {
    world: system.world,
    errors,
    redactor,
    clock: account.clock,
    limitMs: parseDuration(file.timeout?.response ?? "") ?? TIME_DEFAULT_MS,
    signal: closing.signal,
    settings,
    version: account.version,
  };
  return {
    ...system,
    object(name, wanted) {
      const own = system.object(name, wanted);
      const coded = objects.get(name);
      return coded === undefined ? own : openCoded(coded, wanted, own, tools);
    },
    close() {
      closing.abort();
      return system.close();
    },
  };
}
