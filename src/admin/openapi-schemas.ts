// The shapes that the OpenAPI document names.

import type { Fields } from "../core/value.ts";

const text: Fields = { type: "string" };
const maybe: Fields = { type: ["string", "null"] };
const time: Fields = { type: "string", format: "date-time" };
const maybeTime: Fields = { type: ["string", "null"], format: "date-time" };
const count: Fields = { type: "integer", minimum: 0 };
const yes: Fields = { type: "boolean" };
const counts: Fields = { type: "object", additionalProperties: count };
const of = (properties: Fields): Fields => ({ type: "object", properties, required: Object.keys(properties) });
const ref = (name: string): Fields => ({ $ref: `#/components/schemas/${name}` });
const side = of({ name: text, system: text });

export const SCHEMAS: Fields = {
  Problem: of({ type: text, title: text, status: { type: "integer" }, detail: text, code: text }),
  Health: of({ status: { enum: ["ok", "failing"] }, database: text, version: text }),
  Readiness: of({ ready: yes, why: maybe, failing: { type: "array", items: of({ pair: text, why: text }) } }),
  Status: of({
    version: text,
    time,
    ready: yes,
    why: maybe,
    you: of({ name: text, role: { enum: ["view", "operate", "admin"] } }),
    pairs: { type: "array", items: ref("Pair") },
  }),
  Pair: of({
    pair: text,
    file: text,
    state: { enum: ["proposed", "active", "paused"] },
    paused: { type: ["string", "null"], description: "Why the pair stands still." },
    sides: of({ left: side, right: side }),
    entities: { type: "array", items: text },
    running: { type: ["string", "null"], description: "Id of the run under way." },
    next: of({ changes: maybeTime, sweep: maybeTime }),
    pendingAccept: { type: "boolean", description: "The mapping's meaning has changed and waits to be accepted." },
    links: of({ live: count, frozen: count, tombstones: count }),
    cases: count,
    casesByKind: counts,
    quarantined: count,
    parked: count,
    backlog: count,
    oldestHint: maybeTime,
    openIntents: count,
    approvalsPending: count,
    lastRun: { anyOf: [ref("Run"), { type: "null" }] },
    lastSweep: { anyOf: [ref("Run"), { type: "null" }] },
  }),
  Run: of({
    pair: text,
    run: text,
    kind: { enum: ["changes", "sweep", "apply"] },
    started: maybeTime,
    ended: maybeTime,
    outcome: {
      enum: ["ok", "partial", "withheld", "halted", "failed", null],
      description: "Null: under way, or the daemon died in it.",
    },
    reason: maybe,
    message: maybe,
    entities: {
      type: "object",
      description: "By entity: read, situations, effects, withheld, blocked, cases, parked, quarantined.",
    },
    calls: { type: "object", description: "By side: calls by status." },
    seconds: { type: ["number", "null"] },
  }),
  Plan: of({ pair: text, hash: text, actions: { type: "array" } }),
  Effect: of({
    at: time,
    run: text,
    pair: text,
    entity: text,
    side: text,
    op: { enum: ["create", "update", "delete"] },
    record: text,
    other: maybe,
    link: maybe,
    reason: text,
    fields: { type: "array", items: of({ field: text, before: {}, after: {}, readBack: {}, reason: text }) },
  }),
  Explanation: of({ pair: text, entity: text, side: text, record: text }),
  Link: of({ entity: text, left: text, right: text, state: { enum: ["live", "frozen", "tombstone"] } }),
  Case: of({
    id: text,
    pair: text,
    entity: text,
    kind: {
      enum: [
        "conflict",
        "gone",
        "ambiguous",
        "matched-taken",
        "gone-edited",
        "guard",
        "oscillation",
        "value-rejected",
        "unknown-outcome",
        "drift",
      ],
    },
    left: maybe,
    right: maybe,
    field: maybe,
    values: {},
    since: time,
    answered: yes,
  }),
  Quarantined: of({
    id: text,
    pair: text,
    entity: text,
    side: text,
    record: text,
    code: text,
    message: text,
    attempts: count,
    next: maybeTime,
  }),
  System: of({ system: text, connector: text, calls: counts, lastError: maybe }),
  Budget: of({
    system: text,
    limit: text,
    calls: { type: "integer", description: "Calls that the limit allows in its stretch of time." },
    seconds: { type: "number", description: "Length of the stretch." },
    used: { type: "integer", description: "Taken of the stretch that ends now." },
    remainingRatio: { type: "number", minimum: 0, maximum: 1 },
    heldUntil: maybe,
  }),
};
