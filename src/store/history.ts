// Everything that is remembered of one record: its links of any state, what was written to them, what was asked about them, and
// what it waits for. For people; a handful of statements, the widest of them by the links' own index.

import type { LinkId, RemoteId, RunId, Side } from "../core/ids.ts";
import type {
  HistoryAgreement,
  HistoryCase,
  HistoryEffect,
  HistoryLink,
  HistoryRun,
  RecordHistory,
  RecordName,
} from "../engine/ports/history.ts";
import { statement, type Sql } from "./database.ts";
import { EFFECT_COLUMNS, toEffect, type EffectColumns } from "./effects.ts";
import { instantSql } from "./encoding.ts";

/** The newest so many; a record with more has been written for years. */
const LIMIT = 1000;

interface LinkColumns extends Omit<HistoryLink, "bases"> {
  readonly left_values: HistoryLink["bases"]["left"] | null;
  readonly right_values: HistoryLink["bases"]["right"] | null;
}

const linksOf = (side: Side) =>
  statement<LinkColumns>(
    `history.links-by-${side}`,
    `select l.id::text as id, l.left_id as "left", l.right_id as "right", l.state, l.reason, ${instantSql("l.since")} as since,
            b.left_values, b.right_values
       from syncline.links l left join syncline.bases b on b.link_id = l.id
      where l.pair = $1 and l.entity = $2 and l.${side}_id = $3 order by l.id`,
  );
const LINKS = { left: linksOf("left"), right: linksOf("right") };

const EFFECTS_OF_LINKS = statement<EffectColumns>(
  "history.effects-of-links",
  `select ${EFFECT_COLUMNS} from syncline.effects where link_id = any($1::bigint[]) order by id desc limit $2`,
);
// A record that never had a link, or whose tombstone is forgotten: there is no index for that, and nobody else asks.
const EFFECTS_OF_RECORD = statement<EffectColumns>(
  "history.effects-of-record",
  `select ${EFFECT_COLUMNS} from syncline.effects
    where pair = $1 and entity = $2 and ((side = $3 and record = $4) or (side <> $3 and other = $4)) order by id desc limit $5`,
);

const AGREEMENTS = statement<HistoryAgreement>(
  "history.agreements",
  `select run, ${instantSql("at")} as at, situation, fields from syncline.agreements
    where link_id = any($1::bigint[]) order by id desc limit $2`,
);

const CASES = statement<HistoryCase>(
  "history.cases",
  `select id, kind, field, "values", ${instantSql("since")} as since, answer, ${instantSql("answered_at")} as "answeredAt",
          ${instantSql("closed_at")} as "closedAt"
     from syncline.cases
    where pair = $1 and entity = $2 and kind not in ('guard', 'drift')
      and (subject_left = any($3::text[]) or subject_right = any($4::text[]) or left_id = any($3::text[]) or right_id = any($4::text[]))
    order by cases.since desc, length(id) desc, id desc limit $5`,
);

const GUARDS = statement<{ id: string; side: Side; op: string }>(
  "history.guards",
  "select id, side, op from syncline.cases where pair = $1 and kind = 'guard' and closed_at is null order by id",
);

const RUNS = statement<HistoryRun>(
  "history.runs",
  `select run, kind, ${instantSql("started_at")} as "startedAt" from syncline.runs where run = any($1::text[]) order by number`,
);

const IS_IT = (side: string, id: string): string =>
  `((${side} = 'left' and ${id} = any($3::text[])) or (${side} = 'right' and ${id} = any($4::text[])))`;

const QUARANTINED = statement<RecordHistory["quarantined"][number]>(
  "history.quarantined",
  `select id, side, record, code, message, attempts, ${instantSql("since")} as since, ${instantSql("next")} as next
     from syncline.quarantine where pair = $1 and entity = $2 and ${IS_IT("side", "record")} order by since, id`,
);
const PARKED = statement<RecordHistory["parked"][number]>(
  "history.parked",
  `select side, id, parent_entity as "parentEntity", parent_side as "parentSide", parent_id as "parentId", ${instantSql("since")} as since
     from syncline.parked where pair = $1 and entity = $2 and ${IS_IT("side", "id")} order by since`,
);
const HINTS = statement<RecordHistory["hints"][number]>(
  "history.hints",
  `select side, record as id, channel, ${instantSql("due")} as due, ${instantSql("at")} as at
     from syncline.inbox where pair = $1 and entity = $2 and ${IS_IT("side", "record")} order by inbox.id limit 100`,
);
const INTENTS = statement<RecordHistory["intents"][number]>(
  "history.intents",
  `select run, op, side, ${instantSql("opened_at")} as "openedAt", attempts from syncline.intents
    where pair = $1 and entity = $2 and (decision ->> 'left' = any($3::text[]) or decision ->> 'right' = any($4::text[])) order by id`,
);

const PEOPLE = statement<RecordHistory["people"][number]>(
  "history.people",
  `select ${instantSql("at")} as at, who, what, facts from syncline.audit
    where facts ->> 'pair' = $1
      and ((what = 'case resolved' and facts ->> 'case' = any($5::text[])) or what = 'mapping accepted'
        or (what in ('link added', 'link removed') and facts ->> 'entity' = $2
            and (facts ->> 'left' = any($3::text[]) or facts ->> 'right' = any($4::text[]))))
    order by id desc limit 200`,
);

export async function recordHistory(sql: Sql, pair: string, { entity, side, id }: RecordName): Promise<RecordHistory> {
  const links = (await sql.rows(LINKS[side], [pair, entity, id])).map(toHistoryLink);
  const numbers: readonly LinkId[] = links.map((link) => link.id);
  const effects = (
    links.length > 0
      ? await sql.rows(EFFECTS_OF_LINKS, [numbers, LIMIT])
      : await sql.rows(EFFECTS_OF_RECORD, [pair, entity, side, id, LIMIT])
  )
    .map((row): HistoryEffect => toEffect(row))
    .toReversed();
  const agreements = (await sql.rows(AGREEMENTS, [numbers, LIMIT])).toReversed();
  const ids = idsOf(side, id, links);
  const about = [pair, entity, ids.left, ids.right];
  const cases = (await sql.rows(CASES, [...about, LIMIT])).toReversed();
  const runs: readonly RunId[] = [...new Set([...effects, ...agreements].map((row) => row.run))];
  return {
    links,
    effects,
    agreements,
    cases,
    runs: await sql.rows(RUNS, [runs]),
    quarantined: await sql.rows(QUARANTINED, about),
    parked: await sql.rows(PARKED, about),
    hints: await sql.rows(HINTS, about),
    intents: await sql.rows(INTENTS, about),
    guards: await sql.rows(GUARDS, [pair]),
    people: (await sql.rows(PEOPLE, [...about, cases.map((each) => each.id)])).toReversed(),
  };
}

function toHistoryLink({ left_values: left, right_values: right, ...link }: LinkColumns): HistoryLink {
  return { ...link, bases: { left: left ?? {}, right: right ?? {} } };
}

/** Its own id, and those of its counterparts. */
function idsOf(
  side: Side,
  id: RemoteId,
  links: readonly HistoryLink[],
): { readonly left: readonly RemoteId[]; readonly right: readonly RemoteId[] } {
  const on = (which: Side): readonly RemoteId[] => [
    ...new Set([...(which === side ? [id] : []), ...links.map((link) => link[which])]),
  ];
  return { left: on("left"), right: on("right") };
}
