// What an object leaves out, and what follows from it. Told by `check` and `plan`, so that it is no surprise in a run.

import type { ObjectPart } from "./file/object.ts";
import type { ObjectPlan } from "./object-plan.ts";

export interface CapabilityGap {
  readonly object: string;
  readonly code: string;
  readonly message: string;
}

export function gapsOf(plan: Pick<ObjectPlan, "name" | "capabilities">, part: ObjectPart): CapabilityGap[] {
  const gaps: CapabilityGap[] = [];
  const gap = (code: string, message: string): void => {
    gaps.push({ object: plan.name, code, message });
  };
  const { capabilities: can } = plan;
  if (!can.list) gap("no-list", "no `list`: there is no first load and no proof of absence");
  if (!can.get) gap("no-get", "no `get`: a record is only read in listings");
  if (can.findBy.length === 0) gap("no-find", "no `find`: nothing is looked up before a create");
  if (can.changes === null) gap("no-changes", "no `changes`: every cycle lists");
  else if (can.changes.cannotSeeDeletes && part.deleted === undefined) {
    gap("changes-without-deletes", "`changes` cannot see deletes: they are noticed by the next sweep");
  }
  if (can.create === null) gap("no-create", "no `create`");
  else if (can.create.repeat === "unsafe" && can.create.verify === null) {
    gap("create-unverifiable", "`create` can be neither repeated nor verified: an unknown outcome becomes a case");
  }
  if (can.update === null) gap("no-update", "no `update`");
  else if (can.update.guard === "none")
    gap("update-unguarded", "`update` has no guard: an edit in between is overwritten");
  if (can.delete === null) gap("no-delete", "no `delete`");
  else if (can.delete.guard === "none") gap("delete-unguarded", "`delete` has no guard: an edit in between is lost");
  if (!can.versioned) gap("no-version", "no `version`: every read is compared in full");
  if (!can.tellsModified) gap("no-modified", "no `modified`: the newest edit cannot be told");
  return gaps;
}
