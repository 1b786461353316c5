// Deliberate faults of the engine and the core, one at a time: what is replaced by what. White space does not count. A mutant
// whose text is no longer found is told: the list follows the code.

export interface Mutant {
  readonly name: string;
  /** Under src/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const engine = (file: string, name: string, from: string, to: string): Mutant => ({
  name,
  file: `engine/${file}`,
  from,
  to,
});
const core = (file: string, name: string, from: string, to: string): Mutant => ({
  name,
  file: `core/${file}`,
  from,
  to,
});

export const MUTANTS: readonly Mutant[] = [
  // ---------------------------------------------------------------- before a write
  engine("carry-out.ts", "an intent is forgotten", "await context.store.saveIntents(context.lease, rows);", ""),
  engine(
    "prepare.ts",
    "find is skipped before a create",
    "const found = await object.find(key);",
    "const found = { ok: true as const, value: [] as RemoteRecord[] };",
  ),
  engine(
    "prepare.ts",
    "who was found before a create is ignored",
    'return { kind: "again", why: "a matching record was found before creating", waitMs: 0 };',
    "return null;",
  ),
  engine(
    "prepare.ts",
    "an edit before the write is not noticed",
    "if (record !== null && (await hasMoved(context, entity, planned, write, record)))",
    "if (false as boolean)",
  ),
  engine(
    "prepare.ts",
    "read-compare does not read",
    'if (guard === "read-compare" || (guard === "if-match" && version === null)) return true;',
    "",
  ),
  engine("prepare.ts", "part of a value is written without the rest", "partial[index] === true", "false"),
  engine(
    "prepare.ts",
    "a child does not wait for its parent",
    '((write.op === "create" && needed) || resolved.fields.length === 0)',
    "false",
  ),
  engine(
    "prepare.ts",
    "an edited record is deleted",
    'if (write.op === "delete" && seen !== null) return fingerprintOf(context, entity, write.side, record) !== seen;',
    'if (write.op === "delete") return false;',
  ),
  engine("carry-values.ts", "a reference is written as it is", "?.get(need.id) ?? null;", "?.get(need.id) ?? need.id;"),

  // ---------------------------------------------------------------- the write
  engine("perform.ts", "no version is sent", "=> job.current?.version ?? job.write.version;", "=> null;"),
  engine(
    "perform.ts",
    "another key is sent than was kept",
    "key: job.key, record: job.body",
    "key: `${job.key}x`, record: job.body",
  ),
  engine(
    "perform.ts",
    "what somebody wrote after us counts as our own",
    "if (result?.ok === true && (version === null || result.value.version === null || result.value.version === version))",
    "if (result?.ok === true)",
  ),
  engine(
    "perform.ts",
    "a create is sent twice",
    "return object.create(jobs.map((job) => ({ key: job.key, record: job.body })));",
    "return object.create(jobs.map((job) => ({ key: job.key, record: job.body }))).then(() => object.create(jobs.map((job) => ({ key: job.key, record: job.body }))));",
  ),
  engine(
    "unknown-listing.ts",
    "a create that no listing shows is made again",
    'const person = (message: string): WriteOutcome => ({ kind: "unknown", message, needsPerson: true });',
    'const person = (message: string): WriteOutcome => ({ kind: "again", why: message, waitMs: 0 });',
  ),
  engine(
    "carry-out.ts",
    "an unknown outcome ends its intent",
    'if (outcome.kind !== "unknown")',
    "if (true as boolean)",
  ),
  engine(
    "outcome.ts",
    "a timeout counts as not done",
    'return { kind: "unknown", message: failure.message, needsPerson: false };',
    'return { kind: "again", why: failure.message, waitMs: 0 };',
  ),
  engine(
    "outcome.ts",
    "a timeout counts as refused",
    'return { kind: "unknown", message: failure.message, needsPerson: false };',
    'return { kind: "failed", code: "E_TIMEOUT", message: failure.message };',
  ),
  engine("outcome.ts", "every read-back counts as seen", "undisturbed: settled && undisturbed,", "undisturbed: true,"),
  engine(
    "outcome.ts",
    "an edit between plan and write counts as seen",
    "fingerprintOf(context, entity, side, job.current) === job.decidedOn &&",
    "",
  ),

  // ---------------------------------------------------------------- after a crash, or an answer that never came
  engine(
    "unknown-create.ts",
    "nobody looks for a create in doubt",
    "const found = await lookFor(entity, intent, write);",
    "const found = { ok: true as const, value: [] as RemoteRecord[] };",
  ),
  engine("unknown-create.ts", "a create in doubt is not waited for", "if (waitMs > 0)", "if (false as boolean)"),
  engine(
    "unknown-create.ts",
    "a create is repeated under another key",
    "{ key: intent.key, record: intent.body }",
    "{ key: `${intent.key}x`, record: intent.body }",
  ),
  engine(
    "unknown-existing.ts",
    "an update in doubt counts as done",
    "if (happened) return confirmed",
    "if (true as boolean) return confirmed",
  ),
  engine(
    "unknown-existing.ts",
    "a counter in doubt is added again",
    "if (doubtful !== undefined)",
    "if (false as boolean)",
  ),
  engine(
    "recover.ts",
    "intents are not recovered",
    "const intents = await context.store.openIntents();",
    "const intents: readonly Intent[] = [];",
  ),
  engine("locks.ts", "records of open intents are decided", "locks.records.has(lockKey(entity, side, id))", "false"),
  engine(
    "locks.ts",
    "what an open create made is new",
    'if (subject.kind !== "lone" || decision.link.kind !== "link") return false;',
    "return false;",
  ),

  // ---------------------------------------------------------------- what is remembered
  core(
    "settle.ts",
    "a base advances on a write that was not confirmed",
    'if (outcome.kind !== "done" || write.op === "delete") continue;',
    'if (outcome.kind !== "done") { for (const field of write.fields) { if (field.after.kind === "value") bases[write.side][field.field] = field.after.cell.value; if (field.sent !== null) bases[otherSide(write.side)][field.field] = field.sent.value; } continue; } if (write.op === "delete") continue;',
  ),
  core(
    "settle.ts",
    "the base of the giving side stays behind",
    "if (field.sent !== null) bases[giving][field.field] = field.sent.value;",
    "",
  ),
  core(
    "settle.ts",
    "the base is what was sent, not what was read back",
    "const wrote = outcome.bases?.[field.field] ?? readBackOf(decision, field, outcome.readBack) ??",
    "const wrote =",
  ),
  core(
    "settle.ts",
    "the bases change sides",
    "if (base !== null) bases[write.side][field.field] = base.value;",
    "if (base !== null) bases[giving][field.field] = base.value;",
  ),
  core(
    "settle.ts",
    "what is not settled counts as seen",
    'const settled = write.side === "left" ? decision.settledLeft : decision.settledRight;',
    "const settled = true;",
  ),
  core(
    "settle.ts",
    "a fingerprint is kept of what failed",
    "left: decision.settledLeft && allDone ? seen.left.fingerprint : null, right: decision.settledRight && allDone ? seen.right.fingerprint : null,",
    "left: seen.left.fingerprint, right: seen.right.fingerprint,",
  ),
  core("settle.ts", "a link dies before its delete is confirmed", "if (gone && !allDone) return null;", ""),
  engine(
    "settle-page.ts",
    "effects are not written down",
    'if (outcome?.kind !== "done" || !outcome.effect) return [];',
    "return [];",
  ),
  engine(
    "settle-page.ts",
    "history does not have what was there before",
    "before: before?.value ?? null",
    "before: null",
  ),
  engine(
    "settle-page.ts",
    "what was put off is forgotten",
    'if (outcome.kind === "again") return [outcome.waitMs];',
    "",
  ),
  engine("settle-page.ts", "what was skipped is forgotten", 'if (outcome.kind === "skipped") return [0];', ""),
  engine(
    "settle-page.ts",
    "what could not be read is forgotten",
    'const stays = lookAgain || decision.situation === "unknown";',
    "const stays = false;",
  ),
  engine(
    "cycle.ts",
    "the cursor moves before the writes",
    "let stop = await carryOut(context, entities, first, done.carriedOut, request); await remember(context, looked, stop, request);",
    "await remember(context, looked, null, request); let stop = await carryOut(context, entities, first, done.carriedOut, request);",
  ),

  // ---------------------------------------------------------------- looking
  engine(
    "look-up.ts",
    "what a listing leaves out is gone",
    "const found = object.capabilities.get ? await object.get(ids) : await listFor(entity, side, ids);",
    'const found = ids.map((): Result<RemoteRecord> => ({ ok: false, failure: { kind: "gone", message: "" } }));',
  ),
  engine("look-up.ts", "a failed look-up is an absence", "else failed.push(id);", "else gone.push(id);"),
  engine(
    "sweep.ts",
    "a new record must show at once",
    "context.clock.now() - link.since < settleMs",
    "context.clock.now() - link.since < 0",
  ),
  engine(
    "sweep.ts",
    "half a listing is a listing",
    "if (!page.ok) throw endOf(page.failure, what);",
    "if (!page.ok) break;",
  ),
  engine(
    "sweep.ts",
    "pages that may have shifted are believed",
    "for (const listing of listings) if (!listing.proven) await listAgain(context, entity, listing.side);",
    "",
  ),
  engine(
    "carry-out.ts",
    "a page is settled before the one before it stands",
    "const performed = await performAll(context, entity, jobs);\n await earlier;",
    "const performed = await performAll(context, entity, jobs);",
  ),
  engine("sight.ts", "the dead are new", "const differs = tombstoned ? false :", "const differs ="),
  engine("sight.ts", "nothing differs from what is linked", "link.fingerprints[side] !== fingerprint", "false"),
  engine("feed.ts", "a feed is believed to be empty", "if (each.differs) ids.add(each.record.id);", ""),
  engine(
    "lone-matches.ts",
    "two of a side get one counterpart",
    "const matches = await withoutOutbid(context, entity, side, lone, ones, partners);",
    "const matches = ones;",
  ),
  engine(
    "views.ts",
    "a version from earlier is sent",
    "sighting === null ? (link?.versions[side] ?? null) : sighting.version",
    "sighting?.version ?? link?.versions[side] ?? null",
  ),

  // ---------------------------------------------------------------- deciding
  core(
    "situation.ts",
    "unknown is absent",
    'present: { present: "compare", absent: "gone-right", "out-of-scope": "right-scope", unknown: "unknown" },',
    'present: { present: "compare", absent: "gone-right", "out-of-scope": "right-scope", unknown: "gone-right" },',
  ),
  core(
    "decide-linked.ts",
    "nobody edits what is gone elsewhere",
    "const edited = pair.fields.some(",
    "const edited = false && pair.fields.some(",
  ),
  core(
    "merge.ts",
    "the right never moves",
    "const rightMoved = unit.sights.some((each) => movedBothWays(each.right, each.baseRight));",
    "const rightMoved = false;",
  ),
  core("merge.ts", "who moved is not asked", "if (leftMoved && rightMoved) {", "if (false as boolean) {"),
  core(
    "sight.ts",
    "two equal changes of a counter are one",
    "return consistent(sight) && !addsUp;",
    "return consistent(sight);",
  ),
  core(
    "merge.ts",
    "a one-way field goes both ways",
    'if (unit.policy.writes !== "both") return mergeOneWay(sight, unit, facts);',
    "",
  ),
  core(
    "actions.ts",
    "what is not carried is not remembered",
    "if (shown !== null) agreements.push({ field: sight.policy.name, ...onSide(giving, shown) });",
    "",
  ),
  core(
    "correlate.ts",
    "rivals are not looked for",
    "if (free.length > 1 || own.length > 0) {",
    "if (free.length > 1) {",
  ),
  core(
    "correlate.ts",
    "a match that is taken is none",
    "if (taken !== undefined) return",
    "if (false as boolean) return",
  ),
  core(
    "guard.ts",
    "nothing trips",
    "if (limit !== null && count > limitCount(limit, linkedPairs))",
    "if (false as boolean)",
  ),
  core(
    "merge-answer.ts",
    "a person's word is turned round",
    "return carryTaken(sight, answer.side,",
    'return carryTaken(sight, answer.side === "left" ? "right" : "left",',
  ),
];
