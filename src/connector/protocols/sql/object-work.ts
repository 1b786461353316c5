// What the operations of one object share.

import type { Dialect, SqlSession } from "./dialect.ts";
import type { Ran } from "./fault.ts";
import type { SqlObjectPlan } from "./plan.ts";
import type { Settings, Source } from "./source.ts";
import type { Work } from "./work.ts";

export interface ObjectWork {
  readonly plan: SqlObjectPlan;
  readonly dialect: Dialect;
  readonly work: Work;
  readonly settings: Settings;
  /** The object's source; the database is asked once for its columns. */
  source(session: SqlSession): Promise<Ran<Source>>;
  pause(ms: number): Promise<void>;
}
