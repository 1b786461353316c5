// Options that the types of time share.

import { z } from "zod";

import { isZone, zoneNames } from "./zone.ts";

export const zoneSchema = z.string().refine(isZone, {
  params: { code: "E_ENUM", expected: "a time zone, such as Europe/Vienna or UTC", names: zoneNames() },
});
