// The demo's mapping against the demo's records: what differs in spelling alone must be no difference, and what the world
// says is different (src/sandbox/seed/world.ts) must be seen.

import { afterAll, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { Fields } from "../../src/core/value.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { compileMapping } from "../../src/mapping/compile.ts";
import { readMappingFile } from "../../src/mapping/read-file.ts";
import { worldEntries } from "../../src/sandbox/seed/world.ts";

const expressions = createExpressionCompiler();
afterAll(async () => expressions.close());

async function openMapping() {
  const text = await readFile(new URL("../../mappings/crm-billing.yaml", import.meta.url), "utf8");
  const { file, problems } = readMappingFile(parse(text));
  expect(problems).toEqual([]);
  if (file === null) throw new Error("no file");
  const compiled = compileMapping(file, { file: "mappings/crm-billing.yaml", expressions });
  expect(compiled.problems).toEqual([]);
  if (compiled.mapping === null) throw new Error("no mapping");
  return compiled.mapping;
}

const world = worldEntries(1);

const contacts: readonly Fields[] = world.crm.flatMap((entry) =>
  "record" in entry ? [{ id: entry.record.id, ...entry.record.values }] : [],
);

const customers: readonly Fields[] = world.billing.flatMap((entry) => {
  if (entry.object !== "customers" || !("record" in entry)) return [];
  const { line1 = null, city = null, postcode = null, country = null, ...rest } = entry.record.values;
  return [{ id: entry.record.id, ...rest, address: { line1, city, postcode, country } }];
});

test("the mapping is without fault, and customers go before their invoices", async () => {
  const mapping = await openMapping();

  expect(mapping.entities.map(({ policy }) => policy.name)).toEqual(["customer", "invoice"]);
});

test("most customers are matched without any difference, and the few that differ are those meant to", async () => {
  const [customer] = (await openMapping()).entities;
  if (customer === undefined) throw new Error("no entity");
  const left = await customer.read("left", contacts);
  const right = await customer.read("right", customers);
  const toRight = await customer.carry(
    "left",
    left.map(({ fields }) => fields),
    () => null,
  );
  const toLeft = await customer.carry(
    "right",
    right.map(({ fields }) => fields),
    () => null,
  );

  const places = new Map<string, number[]>();
  right.forEach(({ matchKeys }, place) => {
    for (const key of matchKeys) if (key !== null) places.set(key, [...(places.get(key) ?? []), place]);
  });
  const differences: Record<string, number> = {};
  const counts = { alike: 0, different: 0, ambiguous: 0, alone: 0 };
  const taken = new Set<number>();
  left.forEach((reading, here) => {
    const candidates = reading.matchKeys
      .map((key) => (key === null ? undefined : places.get(key)))
      .find((found) => found !== undefined);
    const [there] = candidates ?? [];
    if (candidates === undefined || there === undefined) {
      counts.alone += 1;
      return;
    }
    if (candidates.length > 1 || taken.has(there)) {
      counts.ambiguous += 1;
      return;
    }
    taken.add(there);
    const differing = customer.policy.fields.filter(({ name }) => {
      const [l, r, f, g] = [
        reading.fields[name],
        right[there]?.fields[name],
        toRight[here]?.[name],
        toLeft[there]?.[name],
      ];
      const consistentRight = f?.kind === "value" && r?.kind === "value" && f.cell.key === r.cell.key;
      const consistentLeft = g?.kind === "value" && l?.kind === "value" && g.cell.key === l.cell.key;
      return !consistentRight && !consistentLeft;
    });
    for (const { name } of differing) differences[name] = (differences[name] ?? 0) + 1;
    counts[differing.length === 0 ? "alike" : "different"] += 1;
  });

  expect(counts).toEqual({ alike: 187, different: 34, ambiguous: 2, alone: 15 });
  expect(differences).toEqual({ email: 6 + 4, street: 4, phone: 2 + 8 + 6, vip: 3, stage: 1 });
});
