// Options that the number types share.

import { z } from "zod";

const SCALE_MAX = 100;

export const writtenSchema = z
  .enum(["number", "text"])
  .describe("What to write where the record shows nothing yet; otherwise its own form is kept. number unless said.");

export const scaleSchema = z.int().min(0).max(SCALE_MAX);
