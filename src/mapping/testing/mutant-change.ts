// What a mutant of a mapping file changes.

import type { KeyPath } from "../../core/problem.ts";
import type { EntityFile } from "../file-entity.ts";

/** A change of one entity: the key below the entity, the words, and the entity as it would be. */
export interface Change {
  readonly at: KeyPath;
  readonly change: string;
  readonly entity: EntityFile;
}
