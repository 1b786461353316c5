// The cast of a seed: a mapping of the simulated family, and its people.

import { drawMember, mappingOf } from "./family.ts";
import type { Cast } from "./play.ts";
import { familyPopulace } from "./populace.ts";
import { randomOf } from "./random.ts";

export function familyCast(seed: string): Cast {
  const member = drawMember(randomOf(`${seed} member`));
  return { mapping: mappingOf(member), populace: familyPopulace(member) };
}
