// Digests of the simulated world. They need to be stable and to tell texts apart, not to withstand an attacker.

import type { Digest256, Digest64 } from "../engine/ports/world.ts";
import { hashText } from "./random.ts";

const STARTS = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x7f4a7c15, 0x94d049bb, 0xbf58476d, 0x2545f491, 0x5851f42d];

export const digest64: Digest64 = (text) => digest(text, 2);
export const digest256: Digest256 = (text) => digest(text, 8);

function digest(text: string, lanes: number): string {
  return STARTS.slice(0, lanes)
    .map((start) => hashText(text, start).toString(16).padStart(8, "0"))
    .join("");
}
