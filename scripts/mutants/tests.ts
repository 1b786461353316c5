// Whom to ask when the simulation has not noticed a defect: the tests that are about the same file. They need Postgres, and take
// longer than a thousand histories.

const TESTS: Readonly<Record<string, readonly string[]>> = {
  "engine/carry-out.ts": [
    "test/engine/unknown-writes.pg.test.ts",
    "test/engine/crash.pg.test.ts",
    "test/engine/rewind.pg.test.ts",
  ],
  "engine/carry-values.ts": ["test/engine/two-way.pg.test.ts", "test/engine/lines.pg.test.ts"],
  "engine/cycle.ts": ["test/engine/changes.pg.test.ts", "test/engine/crash.pg.test.ts"],
  "engine/feed.ts": ["test/engine/changes.pg.test.ts"],
  "engine/locks.ts": ["test/engine/crash.pg.test.ts", "test/engine/unknown-outcome.pg.test.ts"],
  "engine/lone-matches.ts": ["test/engine/matching.pg.test.ts", "test/engine/matching-score.pg.test.ts"],
  "engine/look-up.ts": ["test/engine/listing.pg.test.ts", "test/engine/gone.pg.test.ts"],
  "engine/look.ts": ["test/engine/hints.pg.test.ts", "test/engine/changes.pg.test.ts"],
  "engine/outcome.ts": ["test/engine/refusals.pg.test.ts", "test/engine/unknown-writes.pg.test.ts"],
  "engine/perform.ts": ["test/engine/refusals.pg.test.ts", "test/engine/unknown-outcome.pg.test.ts"],
  "engine/prepare.ts": ["test/engine/refusals.pg.test.ts", "test/engine/gone.pg.test.ts"],
  "engine/settle-page.ts": ["test/engine/hints.pg.test.ts", "test/engine/conflicts.pg.test.ts"],
  "engine/sight.ts": ["test/engine/gone.pg.test.ts", "test/engine/two-way.pg.test.ts"],
  "engine/sweep.ts": ["test/engine/listing.pg.test.ts", "test/engine/gone.pg.test.ts"],
  "engine/unknown.ts": ["test/engine/unknown-outcome.pg.test.ts", "test/engine/unknown-writes.pg.test.ts"],
  "engine/unknown-create.ts": ["test/engine/unknown-outcome.pg.test.ts", "test/engine/unknown-writes.pg.test.ts"],
  "engine/unknown-existing.ts": ["test/engine/unknown-writes.pg.test.ts", "test/engine/conflicts.pg.test.ts"],
  "engine/unknown-listing.ts": ["test/engine/unknown-outcome.pg.test.ts", "test/engine/unknown-writes.pg.test.ts"],
  "engine/views.ts": ["test/engine/matching.pg.test.ts", "test/engine/two-way.pg.test.ts"],
};

/** Paths that jest is given; of the core its tables of cases and its laws. */
export function testsOf(file: string): readonly string[] {
  return TESTS[file] ?? (file.startsWith("core/") ? ["test/core"] : ["test/engine/two-way.pg.test.ts"]);
}
