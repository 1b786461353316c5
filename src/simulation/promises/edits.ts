// Promises about what people typed: no edit is lost, nothing is invented, what no rule names is left alone.

import { otherSide, type Side } from "../../core/ids.ts";
import { canonicalText, isFields, type Fields } from "../../core/value.ts";
import { isBeforeLoss, keyOf, recordKey, type Change, type EntityEvidence } from "./evidence.ts";
import type { Played } from "../play.ts";
import { broken, type Broken, type Promised } from "./promise.ts";
import { isAtRest } from "./records.ts";
import { isExcused } from "./rest.ts";

/** Each value that a person or program set is final, was replaced by a later one of theirs, or was written over by the engine, which has kept it in history. */
export const noLostEdit: Promised = {
  number: 3,
  title: "No lost edit",
  check: ({ entities, played }) =>
    entities.flatMap((entity) =>
      [...entity.changes.left.values(), ...entity.changes.right.values()].flatMap((record) =>
        lostIn(entity, record, played),
      ),
    ),
};

function lostIn(entity: EntityEvidence, record: readonly Change[], played: Played): readonly Broken[] {
  const { answered, cut, lied } = played;
  return record.flatMap((overwrite, index) => {
    const { what } = overwrite;
    if (what.actor !== "engine" || what.before === null || what.after === null || what.blind) return [];
    // With the state its history was lost.
    if (isBeforeLoss(played, what.seq)) return [];
    return overwrite.changed.flatMap((field): readonly Broken[] => {
      const value = keyOf(overwrite.before, field);
      const author = record.slice(0, index).findLast((change) => change.changed.includes(field));
      if (value === null || author === undefined || author.what.actor === "engine") return [];
      // The answer was lost, or the daemon with it, and the system shows another value than was sent: nobody can know that the
      // write happened.
      const shown =
        record.slice(index + 1).find((change) => change.after === null || change.changed.includes(field))?.what.actor ??
        "engine";
      const unheard = cut.has(what.round) || (what.key !== null && !answered.has(what.key));
      const respelt = overwrite.changed.some((each) => keyOf(overwrite.meant, each) !== keyOf(overwrite.after, each));
      const unknowable = unheard && (shown !== "engine" || respelt || lied.has(what.round) || isMisled(played));
      if (unknowable) return [];
      const kept = entity.effects.some((row) => {
        if (row.side !== what.side || row.record !== what.id) return false;
        const told = row.fields[field];
        return told !== undefined && cellKey(entity, what.side, field, told.before) === value;
      });
      if (kept) return [];
      return [
        broken(
          3,
          `lost edit of ${field}`,
          `${what.side} ${what.id}: a ${author.what.actor} set ${field} to ${value}; the engine wrote ${String(keyOf(overwrite.after, field))} over it, and the history does not have it`,
        ),
      ];
    });
  });
}

function cellKey(
  entity: EntityEvidence,
  side: Side,
  field: string,
  value: Parameters<EntityEvidence["mapping"]["cell"]>[2],
): string {
  return entity.mapping.cell(side, field, value).key;
}

/** A value that the engine writes was shown by the counterpart before. */
export const noInvention: Promised = {
  number: 4,
  title: "No invention",
  check: ({ entities, played }) =>
    entities.flatMap((entity) =>
      entity.all.flatMap((change): readonly Broken[] => {
        const { what } = change;
        if (what.actor !== "engine" || what.sent === null || what.after === null) return [];
        // Of a value in several parts the others come along, as they stood at the last look.
        if (isBeforeLoss(played, what.seq) || what.blind) return [];
        const partners = entity.partners.get(recordKey(what.side, what.id));
        if (partners === undefined) return [];
        const refs = new Set(entity.mapping.refNeeds(what.side, change.sent ?? {}).map((need) => need.id));
        return change.changed.flatMap((field) => {
          const value = keyOf(change.meant, field);
          const isRef = value !== null && [...refs].some((id) => value.includes(id));
          if (value === null || isRef || entity.merged.has(field)) return [];
          const sources = [...partners].flatMap(
            (id) => entity.given.get(recordKey(otherSide(what.side), id))?.get(field) ?? [],
          );
          if (sources.some((keys) => keys.has(value))) return [];
          return [
            broken(
              4,
              `invented ${field}`,
              `${what.side} ${what.id}: the engine wrote ${field} = ${value}, which no counterpart ever showed`,
            ),
          ];
        });
      }),
    ),
};

/** What no rule names is never written. */
export const frame: Promised = {
  number: 11,
  title: "Frame",
  check: ({ entities }) =>
    entities.flatMap((entity) =>
      entity.all.flatMap(({ what }): readonly Broken[] => {
        if (what.actor !== "engine" || what.before === null || what.after === null) return [];
        const wanted = new Set(entity.mapping.wanted[what.side]);
        const touched = changedPaths(what.before, what.after).filter((path) => !wanted.has(path));
        return touched.map((path) =>
          broken(11, `frame ${path}`, `${what.side} ${what.id}: the engine changed ${path}, which no rule names`),
        );
      }),
    ),
};

/** Top-level names, and the parts of an address that no rule of the family names. */
function changedPaths(before: Fields, after: Fields): readonly string[] {
  const differ = (one: Fields, other: Fields, name: string): boolean =>
    canonicalText(one[name] ?? null) !== canonicalText(other[name] ?? null);
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) =>
    differ(before, after, name),
  );
  const address = before["address"];
  if (!isFields(address) || !("floor" in address)) return names;
  const left = isFields(after["address"]) ? after["address"] : {};
  return differ(address, left, "floor") ? [...names, "address.floor"] : names;
}

/** A side, an operation or a direction that is not allowed gets no write. */
export const permission: Promised = {
  number: 12,
  title: "Permission",
  check: ({ entities }) =>
    entities.flatMap(({ mapping: { policy }, all }) =>
      all.flatMap((change): readonly Broken[] => {
        const { what } = change;
        if (what.actor !== "engine") return [];
        const op = what.before === null ? "create" : what.after === null ? "delete" : "update";
        const told = !policy.allow[what.side].includes(op)
          ? [broken(12, `not allowed: ${op}`, `${what.side} ${what.id}: ${op} is not allowed there`)]
          : [];
        const against =
          op === "delete"
            ? []
            : change.changed.filter((field) =>
                policy.fields.some((each) => each.name === field && each.writes === otherSide(what.side)),
              );
        return [
          ...told,
          ...against.map((field) =>
            broken(
              12,
              `against its direction: ${field}`,
              `${what.side} ${what.id}: ${field} is not written on this side`,
            ),
          ),
        ];
      }),
    ),
};

/** Of counters every change of both sides is in the sum; of sets every entry is on both sides. */
export const mergedWhole: Promised = {
  number: 3,
  title: "No lost edit of merged fields",
  check: ({ entities, end, played }) =>
    entities.flatMap((entity) =>
      end.links
        .filter((link) => link.entity === entity.name && link.state === "live" && !isExcused(end, entity, link))
        .flatMap((link) =>
          [...entity.merged].flatMap((field) =>
            sumOf(
              entity,
              link,
              field,
              end.cases.length > 0 ||
                played.losses.length > 0 ||
                played.lied.size > 0 ||
                !isAtRest(played.runs) ||
                played.history.habits.left.guard === "none" ||
                played.history.habits.right.guard === "none",
            ),
          ),
        ),
    ),
};

/** Where a listing is the only witness of what became of a write, one that lies is believed. */
function isMisled({ lied, history }: Played): boolean {
  return lied.size > 0 && !(history.habits.left.get && history.habits.right.get);
}

function sumOf(
  entity: EntityEvidence,
  link: { readonly left: string; readonly right: string },
  field: string,
  excused: boolean,
): readonly Broken[] {
  const sides = (["left", "right"] as const).map(
    (side) => [...entity.changes[side].entries()].find(([id]) => id === link[side])?.[1] ?? [],
  );
  const alone = (["left", "right"] as const).every(
    (side) => (entity.partners.get(`${side} ${link[side]}`)?.size ?? 0) <= 1,
  );
  const made = sides.filter(([first]) => first?.what.actor === "engine").length;
  const whole = sides.every((changes) =>
    changes.every((change) => change.after !== null && !change.what.blind && !change.what.unseen),
  );
  if (made !== 1 || !alone || !whole || excused) return [];
  const valueOf = (change: Change | undefined, when: "before" | "after"): unknown => {
    const reading = change?.[when]?.[field];
    return reading?.kind === "value" ? reading.cell.value : null;
  };
  const ends = sides.map((changes) => valueOf(changes.at(-1), "after"));
  const numbers = sides.flat().flatMap((change) => [valueOf(change, "after")]);
  if (!numbers.every((value) => typeof value === "number")) return [];
  const typed = sides.flat().filter((change) => change.what.actor !== "engine" && change.changed.includes(field));
  const sum = typed.reduce(
    (total, change) => total + Number(valueOf(change, "after") ?? 0) - Number(valueOf(change, "before") ?? 0),
    0,
  );
  if (ends.every((value) => value === sum)) return [];
  return [
    broken(
      3,
      `sum of ${field}`,
      `${link.left} = ${link.right}: the changes of ${field} make ${String(sum)}, and the sides show ${ends.map(String).join(" and ")}`,
    ),
  ];
}
