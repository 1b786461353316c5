// The body of a verified delivery becomes hints: "look at this record". What it says beyond that is not believed.

import { remoteId, type RemoteId } from "../../core/ids.ts";
import type { Expression, ExpressionCompiler } from "../../core/expression.ts";
import { parsePath, valueAt, type Path } from "../../core/path.ts";
import { didYouMean, problem, type KeyPath, type Problem } from "../../core/problem.ts";
import { digitsOf, isList, type Value } from "../../core/value.ts";
import type { Preset, WebhooksPart } from "./file.ts";

export interface Hint {
  readonly object: string;
  readonly id: RemoteId;
  /** `gone` as the sender says it: proved by reading, like everything else. */
  readonly what: "changed" | "gone";
}

export interface ReadEvents {
  readonly hints: readonly Hint[];
  /** Ids of the events, in order; null where an event has none. */
  readonly eventIds: readonly (string | null)[];
  /** Events of types that `on:` does not name. */
  readonly ignored: number;
  /** Events of a named type without a record id: what changed is left to polling. */
  readonly unidentified: number;
}

type EventReading =
  { readonly ok: true; readonly events: ReadEvents } | { readonly ok: false; readonly message: string };

export interface EventReader {
  read(body: Value, headers: Readonly<Record<string, string>>): Promise<EventReading>;
}

type Place = { readonly path: Path } | { readonly header: string };

interface Plan {
  readonly events: Expression | null;
  readonly id: Place | null;
  readonly type: Place | null;
  readonly record: Place | null;
  readonly exact: ReadonlyMap<string, Meaning>;
  /** Longest first. */
  readonly prefixes: readonly (readonly [string, Meaning])[];
}

type Meaning = readonly (readonly [object: string, what: "changed" | "gone"])[];

type EventPart = NonNullable<WebhooksPart["event"]>;

/** What each preset's sender always does; `event:` in the file goes before it. */
const USUAL: Readonly<Record<Preset, EventPart>> = {
  "standard-webhooks": { type: "type", record: "data.id" },
  stripe: { id: "id", type: "type", record: "data.object.id" },
  github: { type: { header: "x-github-event" } },
  shopify: { type: { header: "x-shopify-topic" }, record: "id" },
  "hubspot-v3": { id: "eventId", type: "subscriptionType", record: "objectId" },
};

/** More events than this in one delivery are an attack, or a sender to talk to. */
const EVENTS_MAX = 10_000;

export function compileEvents(
  part: WebhooksPart,
  context: { readonly expressions: ExpressionCompiler; readonly objects: readonly string[] },
): { readonly reader: EventReader; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const usual = typeof part.verify === "string" ? USUAL[part.verify] : {};
  const event = { ...usual, ...part.event };
  const at = (key: keyof EventPart): Place | null => compilePlace(event[key], ["webhooks", "event", key], problems);
  const plan: Plan = {
    events: compileList(part.events ?? "$", context.expressions, problems),
    id: at("id"),
    type: at("type"),
    record: at("record"),
    ...compileMeanings(part.on, context.objects, problems),
  };
  // Checked like the others, though a hint needs neither.
  at("at");
  if (part.item !== undefined) compilePlace(part.item, ["webhooks", "item"], problems);
  for (const key of ["type", "record"] as const) {
    if (event[key] === undefined) {
      problems.push(
        problem(
          "E_MISSING",
          ["webhooks", "event"],
          `where an event tells its ${key === "type" ? "type" : "record's id"} is not said`,
          {
            expected: `${key}: PATH`,
          },
        ),
      );
    }
  }
  return { reader: { read: (body, headers) => readEvents(plan, body, headers) }, problems };
}

function compileList(source: string, expressions: ExpressionCompiler, problems: Problem[]): Expression | null {
  if (source.trim() === "$") return null;
  const compiled = expressions.compile(source, { bindings: [], names: null });
  if (compiled.ok) return compiled.expression;
  problems.push(
    problem(compiled.code, ["webhooks", "events"], compiled.message, {
      found: source,
      ...(compiled.hint === null ? {} : { hint: compiled.hint }),
    }),
  );
  return null;
}

function compilePlace(place: EventPart["type"], path: KeyPath, problems: Problem[]): Place | null {
  if (place === undefined) return null;
  if (typeof place === "object") return { header: place.header.toLowerCase() };
  const steps = parsePath(place);
  if (steps !== null) return { path: steps };
  problems.push(problem("E_PATH", path, "not a path", { found: place, expected: "a path such as data.id" }));
  return null;
}

function compileMeanings(
  on: WebhooksPart["on"],
  objects: readonly string[],
  problems: Problem[],
): Pick<Plan, "exact" | "prefixes"> {
  const exact = new Map<string, Meaning>();
  const prefixes: (readonly [string, Meaning])[] = [];
  for (const [type, meaning] of Object.entries(on)) {
    const path = ["webhooks", "on", type];
    problems.push(...unknownObjects(meaning, objects, path));
    const entries = Object.entries(meaning);
    const star = type.indexOf("*");
    if (star === -1) exact.set(type, entries);
    else if (star === type.length - 1) prefixes.push([type.slice(0, -1), entries]);
    else
      problems.push(
        problem("E_EVENT_TYPE", path, "* stands at the end only", {
          on: "key",
          found: type,
          expected: `${type.slice(0, star)}*`,
        }),
      );
  }
  return { exact, prefixes: prefixes.sort(([a], [b]) => b.length - a.length) };
}

function unknownObjects(meaning: object, objects: readonly string[], path: KeyPath): readonly Problem[] {
  return Object.keys(meaning).flatMap((object) => {
    if (objects.includes(object)) return [];
    const hint = didYouMean(object, objects);
    return [
      problem("E_OBJECT_UNKNOWN", [...path, object], `this file has no object "${object}"`, {
        on: "key",
        found: object,
        expected: objects.join(", "),
        ...(hint === undefined ? {} : { hint }),
      }),
    ];
  });
}

async function readEvents(plan: Plan, body: Value, headers: Readonly<Record<string, string>>): Promise<EventReading> {
  const listed = await listEvents(plan, body);
  if (!listed.ok) return listed;
  if (listed.events.length > EVENTS_MAX) return { ok: false, message: `more than ${String(EVENTS_MAX)} events` };
  const hints: Hint[] = [];
  const eventIds: (string | null)[] = [];
  let ignored = 0;
  let unidentified = 0;
  for (const event of listed.events) {
    const find = (place: Place | null): Value | undefined => lookUp(place, event, headers);
    eventIds.push(text(find(plan.id)));
    const meaning = meaningOf(plan, text(find(plan.type)) ?? "");
    const id = remoteId(find(plan.record));
    if (meaning === null) ignored += 1;
    else if (id === null) unidentified += 1;
    else for (const [object, what] of meaning) hints.push({ object, id, what });
  }
  return { ok: true, events: { hints: unique(hints), eventIds, ignored, unidentified } };
}

async function listEvents(
  plan: Plan,
  body: Value,
): Promise<
  { readonly ok: true; readonly events: readonly Value[] } | { readonly ok: false; readonly message: string }
> {
  if (plan.events === null) return { ok: true, events: isList(body) ? body : [body] };
  const [result] = await plan.events.evaluate([body]);
  if (result === undefined) throw new Error(`the expression ${plan.events.source} gave no result for its input`);
  if (!result.ok) return { ok: false, message: `events: ${result.message}` };
  if (result.value === undefined || result.value === null) return { ok: true, events: [] };
  return { ok: true, events: isList(result.value) ? result.value : [result.value] };
}

function lookUp(place: Place | null, event: Value, headers: Readonly<Record<string, string>>): Value | undefined {
  if (place === null) return undefined;
  return "header" in place ? headers[place.header] : valueAt(event, place.path);
}

function meaningOf(plan: Plan, type: string): Meaning | null {
  return plan.exact.get(type) ?? plan.prefixes.find(([prefix]) => type.startsWith(prefix))?.[1] ?? null;
}

function text(value: Value | undefined): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return value === "" ? null : value;
  return digitsOf(value);
}

/** Twenty changes of one record are one look at it. The last word counts, as a record may be deleted and come back. */
function unique(hints: readonly Hint[]): readonly Hint[] {
  const last = new Map<string, Hint>();
  for (const hint of hints) last.set(JSON.stringify([hint.object, hint.id]), hint);
  return [...last.values()];
}
