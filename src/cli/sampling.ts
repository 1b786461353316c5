// Records read from both systems to draft a mapping by: the first pages of each object, nothing else, nothing written.

import type { RemoteFailure } from "../connector/contract.ts";
import type { ConnectorFile } from "../connector/file.ts";
import { SIDES, type BySide } from "../core/ids.ts";
import { parsePath, type Path } from "../core/path.ts";
import type { Fields } from "../core/value.ts";
import type { Project, ProjectSystem } from "../config/project.ts";
import type { Sample } from "../mapping/suggest/suggest.ts";
import { openAccount } from "./account.ts";
import { recordShape } from "./record-shape.ts";
import { unknownName } from "./unknown-name.ts";

export interface SampledSide {
  readonly system: string;
  readonly object: string;
}

export type Sampled =
  | { readonly ok: true; readonly samples: BySide<Sample> }
  | { readonly ok: false; readonly system: string; readonly failure: RemoteFailure };

/** @throws UsageError for a system or an object that is not there. */
export async function sampleBoth(project: Project, sides: BySide<SampledSide>, count: number): Promise<Sampled> {
  const samples: { left?: Sample; right?: Sample } = {};
  for (const side of SIDES) {
    const { system, object } = sides[side];
    const parts = project.systems.get(system);
    if (parts === undefined) throw unknownName("system", system, [...project.systems.keys()]);
    if (!parts.connector.objects.includes(object)) throw unknownName("object", object, parts.connector.objects, system);
    const read = await sampleOf(project, parts, object, count);
    if ("kind" in read) return { ok: false, system, failure: read };
    samples[side] = sampleFrom(read, parts.connector.file, object);
  }
  const { left, right } = samples;
  if (left === undefined || right === undefined) throw new Error("cannot happen: a side was not sampled");
  return { ok: true, samples: { left, right } };
}

async function sampleOf(
  project: Project,
  parts: ProjectSystem,
  object: string,
  count: number,
): Promise<readonly Fields[] | RemoteFailure> {
  const system = await openAccount(parts, project);
  try {
    const wanted = Object.keys(parts.connector.file.objects[object]?.fields ?? {});
    const records: Fields[] = [];
    for await (const page of system.object(object, wanted).list()) {
      if (!page.ok) return page.failure;
      records.push(...page.value.records.filter(({ deleted }) => !deleted).map(({ fields }) => fields));
      if (records.length >= count) break;
    }
    return records.slice(0, count);
  } finally {
    await system.close();
  }
}

function sampleFrom(records: readonly Fields[], file: ConnectorFile, object: string): Sample {
  const part = file.objects[object];
  const paths = [part?.version, part?.modified, part?.deleted].flatMap((text): Path[] => {
    const path = text === undefined ? null : parsePath(text);
    return path === null ? [] : [path];
  });
  const readOnly = Object.entries(part?.fields ?? {}).flatMap(([name, field]) =>
    field.read_only === true ? [name] : [],
  );
  return { records, id: recordShape(part ?? null).id, skipped: paths, readOnly: new Set(readOnly) };
}
