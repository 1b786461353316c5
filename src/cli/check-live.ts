// `check --live`: logs in to the systems and reads one page of each object a pair uses, to see whether the fields that its
// rules name are there, and whether the laws of its rules hold on them. Reads only.

import type { RemoteFailure, RemoteRecord, System } from "../connector/contract.ts";
import { SIDES } from "../core/ids.ts";
import { valueAt } from "../core/path.ts";
import type { Fields } from "../core/value.ts";
import { problem, type LocatedProblem, type Problem } from "../core/problem.ts";
import { fieldPlaces, type FieldPlace } from "../config/field-places.ts";
import { lookalike } from "../config/lookalike.ts";
import type { Project, ProjectPair } from "../config/project.ts";
import { checkLawsOnRecords, type LawFinding } from "../mapping/law-check.ts";
import type { EntityMapping } from "../mapping/mapping.ts";
import { openAccount } from "./account.ts";

/** What the systems say. */
export interface LiveReport {
  readonly problems: readonly LocatedProblem[];
  /** By pair: classes of rules that only trying tells, tried on the records read. */
  readonly laws: ReadonlyMap<string, readonly LawFinding[]>;
}

/** @param names The pairs whose systems are asked; those with errors in their files are left out. */
export async function checkLive(project: Project, names: readonly string[]): Promise<LiveReport> {
  const pairs = project.pairs.filter(({ pair, mapping }) => mapping !== null && names.includes(pair));
  const used = new Set(pairs.flatMap(({ systems }) => systems));
  const found: LocatedProblem[] = [];
  const laws = new Map<string, readonly LawFinding[]>();
  const systems = new Map<string, System>();
  try {
    for (const name of used) {
      const parts = project.systems.get(name);
      if (parts === undefined) continue;
      const system = await openAccount(parts, project);
      systems.set(name, system);
      const answer = await system.probe();
      if (answer.ok) continue;
      found.push(failed(project, name, answer.failure));
      systems.delete(name);
      await system.close();
    }
    for (const pair of pairs) {
      const pages = await checkPages(project, pair, systems);
      found.push(...pages.problems);
      laws.set(pair.pair, pages.findings);
    }
  } finally {
    for (const system of systems.values()) await system.close();
  }
  return { problems: found, laws };
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

interface Pages {
  readonly problems: readonly LocatedProblem[];
  readonly findings: readonly LawFinding[];
}

/** Records of one page that the laws are tried on: so many show what a field holds, and more take long. */
const RECORDS_MAX = 50;

async function checkPages(
  project: Project,
  { part, mapping, rules, file, locate }: ProjectPair,
  systems: ReadonlyMap<string, System>,
): Promise<Pages> {
  if (part === null || mapping === null) return { problems: [], findings: [] };
  const names = SIDES.map((side) => mapping.sides[side].name);
  const found: LocatedProblem[] = [];
  const read = new Map<string, readonly Fields[]>();
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
      read.set(
        `${side} ${name}`,
        page.records.slice(0, RECORDS_MAX).map(({ fields }) => fields),
      );
      for (const place of places.filter((each) => each.side === own.name)) {
        const unseen = unseenIn(page.records, place, `${entity.objects[side]} of ${own.system}`);
        if (unseen !== null) found.push({ ...unseen, file, ...locate(unseen.path, unseen.on) });
      }
    }
  }
  const sides = { left: mapping.sides.left.name, right: mapping.sides.right.name };
  const laws = await checkLawsOnRecords(rules, sides, (entity, side) => read.get(`${side} ${entity}`) ?? []);
  for (const each of laws.problems) found.push({ ...each, file, ...locate(each.path, each.on) });
  return { problems: found, findings: laws.findings };
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
