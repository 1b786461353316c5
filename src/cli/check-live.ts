// `check --live`: logs in to the systems and reads one page of each object a pair uses, to see whether the fields that its
// rules name are there. Reads only.

import { setTimeout as wait } from "node:timers/promises";
import type { RemoteFailure, RemoteRecord, System } from "../connector/contract.ts";
import type { Account } from "../connector/account.ts";
import { SIDES } from "../core/ids.ts";
import { valueAt } from "../core/path.ts";
import { problem, type LocatedProblem, type Problem } from "../core/problem.ts";
import { fieldPlaces, type FieldPlace } from "../config/field-places.ts";
import { lookalike } from "../config/lookalike.ts";
import type { Project, ProjectPair, ProjectSystem } from "../config/project.ts";
import { systemClock } from "../daemon/system-ports.ts";
import { VERSION } from "../daemon/version.ts";
import type { EntityMapping } from "../mapping/mapping.ts";

/** @param names The pairs whose systems are asked; those with errors in their files are left out. */
export async function checkLive(project: Project, names: readonly string[]): Promise<readonly LocatedProblem[]> {
  const pairs = project.pairs.filter(({ pair, mapping }) => mapping !== null && names.includes(pair));
  const used = new Set(pairs.flatMap(({ systems }) => systems));
  const found: LocatedProblem[] = [];
  const systems = new Map<string, System>();
  try {
    for (const name of used) {
      const parts = project.systems.get(name);
      if (parts === undefined) continue;
      const system = await openSystem(parts);
      systems.set(name, system);
      const answer = await system.probe();
      if (answer.ok) continue;
      found.push(failed(project, name, answer.failure));
      systems.delete(name);
      await system.close();
    }
    for (const pair of pairs) found.push(...(await checkPages(project, pair, systems)));
  } finally {
    for (const system of systems.values()) await system.close();
  }
  return found;
}

function openSystem(parts: ProjectSystem): Promise<System> {
  const { name, settings, secrets, limits, allowPrivate, connector } = parts;
  const account: Account = {
    name,
    settings,
    secrets,
    limits,
    allowPrivate,
    version: VERSION,
    clock: { now: () => systemClock.now(), sleep },
    observer: { called: () => undefined, waited: () => undefined },
    log: { warn: () => undefined, debug: () => undefined },
  };
  return connector.open(account);
}

/** Keeps the process alive, which nothing else may do here. Ends early, without an error, when it is aborted. */
async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

const CODES: Readonly<Partial<Record<RemoteFailure["kind"], string>>> = {
  auth: "E_LIVE_AUTH",
  unreachable: "E_LIVE_UNREACHABLE",
};

function failed(project: Project, system: string, failure: RemoteFailure, object?: string): LocatedProblem {
  const path = ["systems", system];
  const what = object === undefined ? system : `${object} of ${system}`;
  const told = problem(CODES[failure.kind] ?? "E_LIVE_FAILED", path, `${what} could not be read: ${failure.message}`, {
    on: "key",
    found: failure.kind,
    hint: failure.kind === "auth" ? "check the secrets of this system and what they permit" : "check its settings",
  });
  return { ...told, file: project.file, ...project.locate(path, "key") };
}

async function checkPages(
  project: Project,
  { part, mapping, file, locate }: ProjectPair,
  systems: ReadonlyMap<string, System>,
): Promise<readonly LocatedProblem[]> {
  if (part === null || mapping === null) return [];
  const names = SIDES.map((side) => mapping.sides[side].name);
  const found: LocatedProblem[] = [];
  for (const entity of mapping.entities) {
    const name = entity.policy.name;
    const places = part.entities[name] === undefined ? [] : fieldPlaces(part.entities[name], ["entities", name], names);
    for (const side of SIDES) {
      const own = mapping.sides[side];
      const system = systems.get(own.system);
      if (system === undefined) continue;
      const page = await firstPage(system, entity, side);
      if (!page.ok) {
        found.push(failed(project, own.system, page.failure, entity.objects[side]));
        continue;
      }
      for (const place of places.filter((each) => each.side === own.name)) {
        const unseen = unseenIn(page.records, place, `${entity.objects[side]} of ${own.system}`);
        if (unseen !== null) found.push({ ...unseen, file, ...locate(unseen.path, unseen.on) });
      }
    }
  }
  return found;
}

type FirstPage =
  | { readonly ok: true; readonly records: readonly RemoteRecord[] }
  | { readonly ok: false; readonly failure: RemoteFailure };

async function firstPage(system: System, entity: EntityMapping, side: "left" | "right"): Promise<FirstPage> {
  const object = system.object(entity.objects[side], entity.wanted[side]);
  if (!object.capabilities.list) return { ok: true, records: [] };
  for await (const page of object.list()) {
    return page.ok ? { ok: true, records: page.value.records } : { ok: false, failure: page.failure };
  }
  return { ok: true, records: [] };
}

function unseenIn(
  records: readonly RemoteRecord[],
  { steps, text, at, on }: FieldPlace,
  object: string,
): Problem | null {
  if (records.length === 0 || records.some(({ fields }) => valueAt(fields, steps) !== undefined)) return null;
  const [first] = steps;
  const shown = [...new Set(records.flatMap(({ fields }) => Object.keys(fields)))];
  const near = typeof first === "string" && !shown.includes(first) ? lookalike(first, shown) : null;
  const message = `none of the ${String(records.length)} records read of ${object} has "${text}"`;
  const hint =
    near === null ? "a field that is empty everywhere may be left out by the system" : `did you mean "${near}"?`;
  return problem("W_FIELD_UNSEEN", at, message, { on, found: text, hint });
}
