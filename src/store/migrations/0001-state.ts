// All tables of the first release. Tables grow from nothing to a million rows within a minute, long before Postgres has
// figures of them, and a plan that rests on such figures can be ten thousand times slower (measured: 3 s for a page of match
// keys). So for each question just one index fits: look-ups begin with the id, which nothing else does, and what is
// read in order has columns of its own for it. `pair`, `entity` and ids compare byte for byte (collate "C"): they are keys, not language.
// Statements name pairs by text: a pair is known by its file, and the tables that grow are indexed by it first.

/** Links are narrow, with the values beside them in bases: a page is compared with fingerprints alone. */
const LINKS = `
create table syncline.links (
  id bigint generated always as identity primary key,
  pair text collate "C" not null,
  entity text collate "C" not null,
  left_id text collate "C" not null,
  right_id text collate "C" not null,
  state text collate "C" not null check (state in ('live', 'frozen', 'tombstone')),
  left_fingerprint bigint,
  right_fingerprint bigint,
  left_version text,
  right_version text,
  since timestamptz not null default now(),
  reason text
) with (fillfactor = 85);
-- Each id is in at most one link of an entity; tombstones only remember.
create unique index links_left on syncline.links (left_id, entity, pair) where state <> 'tombstone';
create unique index links_right on syncline.links (right_id, entity, pair) where state <> 'tombstone';
create index links_tombstone_left on syncline.links (left_id, entity, pair) where state = 'tombstone';
create index links_tombstone_right on syncline.links (right_id, entity, pair) where state = 'tombstone';
-- For reading an entity's links in order. A look-up by id, which names pair and entity too, must not take it.
create index links_entity on syncline.links ((pair || '/' || entity), id);

-- No foreign key to links: a link and its bases are written and deleted by the same statements, and the check would cost
-- a look-up a row in every first load.
create table syncline.bases (
  link_id bigint primary key,
  left_values jsonb not null default '{}',
  right_values jsonb not null default '{}',
  -- Match keys; null: none.
  left_keys text[],
  right_keys text[]
) with (fillfactor = 85);
-- No pending list: it would be searched whole for each key of a page.
create index bases_left_keys on syncline.bases using gin (left_keys) with (fastupdate = off);
create index bases_right_keys on syncline.bases using gin (right_keys) with (fastupdate = off);
`;

/** What lives for one run. Unlogged: a crash of the server ends the run anyway. */
const RUNS = `
create table syncline.runs (
  number bigint generated always as identity unique,
  run text collate "C" primary key,
  pair text collate "C" not null,
  kind text not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  report json
);
create index runs_pair on syncline.runs (pair, number);
create index runs_open on syncline.runs (pair) where ended_at is null;

create unlogged table syncline.sightings (
  run bigint not null,
  entity text collate "C" not null,
  side text collate "C" not null,
  id text collate "C" not null,
  presence text not null,
  fingerprint bigint,
  version text,
  modified float8,
  record json,
  match_keys text[] not null,
  differs boolean not null,
  -- The live or frozen link at the time of staging; looked up only where the record differs.
  link_id bigint,
  -- The run, where the record differs and has a link, or has none: the order in which it is decided.
  linked_in bigint,
  lone_in bigint,
  primary key (run, entity, side, id)
);
create index sightings_linked on syncline.sightings (linked_in, entity, link_id) where linked_in is not null;
create index sightings_lone on syncline.sightings (lone_in, entity, side, id) where lone_in is not null;
create index sightings_keys on syncline.sightings using gin (match_keys) with (fastupdate = off)
  where match_keys <> '{}';

-- json, not jsonb: read back once and whole, with its keys in their order.
create unlogged table syncline.decisions (
  run bigint not null,
  entity text collate "C" not null,
  seq integer not null,
  decision json not null,
  seen json not null,
  current_left json,
  current_right json,
  action_hash text,
  primary key (run, entity, seq)
);

create table syncline.effects (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  pair text collate "C" not null,
  run text collate "C" not null,
  entity text collate "C" not null,
  side text not null,
  op text not null,
  record text collate "C" not null,
  other text collate "C",
  link_id bigint,
  fields json not null,
  reason text not null,
  intent_id text
);
create index effects_run on syncline.effects (run, id);
create index effects_link on syncline.effects (link_id, at);

-- What was agreed or let stand without a write, of linked records that had changed.
create table syncline.agreements (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  pair text collate "C" not null,
  run text collate "C" not null,
  link_id bigint not null,
  situation text not null,
  fields json not null
);
create index agreements_link on syncline.agreements (link_id, id);

-- Kept in the transaction that writes the effects, so a counter need not add up the whole history.
create table syncline.effect_totals (
  pair text collate "C",
  entity text collate "C",
  side text,
  op text,
  count bigint not null,
  primary key (pair, entity, side, op)
) with (fillfactor = 50);
`;

const WORK = `
create table syncline.pair_state (
  pair text collate "C" primary key,
  accepted_meaning text,
  paused text
);

-- The identity of each side's account when its records were first linked.
create table syncline.epochs (
  pair text collate "C",
  side text,
  epoch text not null,
  since timestamptz not null default now(),
  primary key (pair, side)
);

create sequence syncline.lease_token;
create table syncline.leases (
  pair text collate "C" primary key,
  token bigint not null,
  -- Null: released.
  owner text,
  until timestamptz not null
) with (fillfactor = 50);

create table syncline.cursors (
  pair text collate "C",
  entity text collate "C",
  side text,
  cursor text not null,
  -- When it was first reached.
  at timestamptz not null default now(),
  settled boolean not null default false,
  primary key (pair, entity, side)
);

create table syncline.intents (
  id text collate "C" primary key,
  pair text collate "C" not null,
  run text collate "C" not null,
  entity text collate "C" not null,
  op text not null,
  side text not null,
  record text,
  key text not null,
  body json not null,
  body_hash text not null,
  version text,
  write_index integer not null,
  decision json not null,
  seen json not null,
  opened_at timestamptz not null,
  attempts integer not null default 0
);
create index intents_pair on syncline.intents (pair, id);

create table syncline.inbox (
  id bigint generated always as identity primary key,
  pair text collate "C" not null,
  entity text collate "C" not null,
  side text collate "C" not null,
  record text collate "C" not null,
  channel text not null,
  due timestamptz not null,
  at timestamptz not null default now()
);
create index inbox_due on syncline.inbox (pair, entity, side, due);

create table syncline.deliveries (
  system text collate "C",
  id text collate "C",
  at timestamptz not null default now(),
  primary key (system, id)
);
create index deliveries_at on syncline.deliveries (at);

create table syncline.parked (
  pair text collate "C",
  entity text collate "C",
  side text collate "C",
  id text collate "C",
  parent_entity text collate "C",
  parent_side text collate "C",
  parent_id text collate "C",
  since timestamptz not null default now(),
  primary key (id, entity, side, pair, parent_entity, parent_side, parent_id)
);
create index parked_parent on syncline.parked (parent_id, parent_entity, parent_side, pair);
`;

const PEOPLE = `
-- People type these ids, so they are short: c17, q4.
create sequence syncline.case_number;
create table syncline.cases (
  id text collate "C" primary key default 'c' || nextval('syncline.case_number'),
  pair text collate "C" not null,
  entity text collate "C" not null,
  kind text not null,
  field text,
  -- What the case shows to people …
  left_id text collate "C",
  right_id text collate "C",
  -- … and whose decision opened it: another subject that merely names the same candidate must not close it.
  subject_left text collate "C",
  subject_right text collate "C",
  -- Of a guard and of a drifted field only; the field is its own op.
  side text,
  op text,
  "values" json not null,
  -- The last run whose decision opened or kept it.
  confirmed_by text collate "C",
  since timestamptz not null default now(),
  answer json,
  answered_at timestamptz,
  closed_at timestamptz
);
create index cases_left on syncline.cases (subject_left, entity, pair) where closed_at is null and subject_left is not null;
create index cases_right on syncline.cases (subject_right, entity, pair) where closed_at is null and subject_right is not null;
create index cases_open on syncline.cases (since) where closed_at is null;
-- What was asked about fields that go round in circles; answered ones say from when on a write counts again.
create index cases_oscillation on syncline.cases (subject_left, entity, pair) where kind = 'oscillation';
-- Questions about records without a link that a person dismissed.
create index cases_dismissed_left on syncline.cases (subject_left, entity, pair)
  where closed_at is not null and subject_right is null and answer->>'kind' = 'dismiss';
create index cases_dismissed_right on syncline.cases (subject_right, entity, pair)
  where closed_at is not null and subject_left is null and answer->>'kind' = 'dismiss';
-- What waits since a run was taken back; asked by each run, and nearly always empty.
create index cases_undone on syncline.cases (pair, entity) where closed_at is null and ("values" ->> 'undone') is not null;
create unique index cases_guard on syncline.cases (pair, entity, side, op) where closed_at is null and kind = 'guard';
create unique index cases_drift on syncline.cases (pair, entity, side, op) where closed_at is null and kind = 'drift';
-- Drifts that a person accepted: not asked about again while they last.
create index cases_drift_accepted on syncline.cases (pair, entity, side, op)
  where closed_at is not null and kind = 'drift' and answer is not null;

-- Records that have no link, by what they are matched: with the links' own keys, all that a look at single records needs to
-- know of everybody else. Complete as of the last sweep, and kept so by every record that is looked at since.
create table syncline.unlinked (
  pair text collate "C" not null,
  entity text collate "C" not null,
  side text collate "C" not null,
  id text collate "C" not null,
  match_keys text[] collate "C" not null,
  -- The last run that saw it.
  confirmed_by text collate "C" not null,
  primary key (id, entity, side, pair)
);
create index unlinked_keys on syncline.unlinked using gin (match_keys) with (fastupdate = off);

create sequence syncline.quarantine_number;
create table syncline.quarantine (
  id text collate "C" primary key default 'q' || nextval('syncline.quarantine_number'),
  pair text collate "C" not null,
  entity text collate "C" not null,
  side text collate "C" not null,
  record text collate "C" not null,
  code text not null,
  message text not null,
  attempts integer not null default 1,
  next timestamptz,
  -- Digest of the write that was refused.
  refused text,
  since timestamptz not null default now(),
  unique (record, entity, side, pair)
);

create table syncline.plans (
  id text collate "C" primary key,
  pair text collate "C" not null,
  hash text not null,
  created_at timestamptz not null,
  document json not null
);

create table syncline.approvals (
  id bigint generated always as identity primary key,
  pair text collate "C" not null,
  action_hash text collate "C" not null,
  plan_hash text not null,
  who text not null,
  approved_at timestamptz not null default now(),
  ended_at timestamptz
);
create unique index approvals_open on syncline.approvals (pair, action_hash) where ended_at is null;

create table syncline.audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  who text not null,
  what text not null,
  facts json not null
);
`;

/** What was taken of the systems' limits; a limit holds over any stretch of its length. */
const BUDGETS = `
create table syncline.budgets (
  system text collate "C" not null,
  name text collate "C" not null,
  calls bigint not null,
  per_ms bigint not null,
  held_until timestamptz,
  primary key (system, name)
);
create table syncline.budget_takings (
  id bigint generated always as identity primary key,
  system text collate "C" not null,
  name text collate "C" not null,
  at timestamptz not null default clock_timestamp(),
  calls integer not null
);
create index budget_takings_limit on syncline.budget_takings (system, name, id);
`;

/** Tokens of connected systems, sealed (AES-256-GCM); the key is elsewhere. */
const TOKENS = `
create table syncline.tokens (
  system text collate "C" primary key,
  -- Digest of the key it was sealed with; empty together with \`sealed\`: nothing is stored.
  key_id text collate "C" not null,
  sealed text not null,
  changed_at timestamptz not null default now()
);
`;

export const state0001 = { name: "0001-state", sql: LINKS + RUNS + WORK + PEOPLE + BUDGETS + TOKENS };
