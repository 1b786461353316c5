// The examples of the formats' page as they stand there: what people copy has to be read, in every odd spot of it.

import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endAll, run } from "./command.ts";

jest.setTimeout(240_000);

const CONFIG = `# yaml-language-server: $schema=../schema/config.json
database: embedded                     # default: a real Postgres the daemon starts itself under data_dir; or { url: \${DATABASE_URL} }
data_dir: .syncline
mappings: ../mappings                  # folders, relative to this file
connectors: ../connectors
admin:
  listen: 127.0.0.1:8080               # a non-loopback address without a token is refused at start
  tokens: [ { name: ops, role: operate, token: { env: SYNCLINE_ADMIN_TOKEN } } ]   # roles: view | operate | admin
hooks: { listen: 127.0.0.1:8081 }      # the public webhook listener, a port of its own
log: { level: info, format: json }     # json | pretty
systems:
  hubspot-prod:
    connector: hubspot
    settings: { portal_id: "1234567" }
    secrets:  { token: { env: HUBSPOT_TOKEN }, client_secret: { env: HUBSPOT_TOKEN } }
    limits:   { daily: 400000/d }      # overrides the connector's figure by name
    allow_private: false
    sandbox: false
  stripe-prod: { connector: stripe, secrets: { token: { env: HUBSPOT_TOKEN } } }
`;

const HUBSPOT = `# yaml-language-server: $schema=../schema/connector.json
connector: hubspot
version: 1.0.0
title: HubSpot CRM
api: { version: v3, sunset: null }     # a sunset date within a year is a warning, a past one an error
protocol: rest                         # rest | graphql | soap | odata | sql | files | smtp

settings: { base_url: { default: "https://api.hubapi.com" }, portal_id: { required: true } }
secrets:  { token: { required: true }, client_secret: {} }
base_url: "{{ settings.base_url }}"
headers:  { User-Agent: "syncline/{{ syncline.version }}" }     # integrators identify themselves
auth:     { scheme: bearer, token: token }   # bearer | basic | header | query | oauth2 | hmac | none; names of secrets
timeout:  { connect: 5s, response: 30s }
limits:   [ { name: burst, rate: 190/10s }, { name: daily, rate: 250000/d } ]
concurrency: 6
errors:                                # first match wins; 'when' may test status, op, and body (expression)
  - { when: { status: 401 }, do: refresh-auth }
  - { when: { status: 404, op: [get, update, delete] }, do: gone }
  - { when: { status: 409 }, do: duplicate }
  - { when: { status: 412 }, do: stale }
  - { when: { status: 429 }, do: wait }          # honours Retry-After / RateLimit headers
  - { when: { status: [500, 502, 503, 504] }, do: retry }
  - { when: { status: [400, 422] }, do: reject } # this record is quarantined; the others go on

objects:
  contact:
    id: id                             # path of the immutable id in an item
    version: updatedAt                 # optional: any token that changes with each change (etag, revision, timestamp)
    modified: updatedAt                # optional: time of last change
    deleted: archived                  # optional: path that is truthy on a deleted item
    natural_keys: [email]
    fields:                            # optional: wire types where JSON alone is not enough; unlisted fields pass as they are
      email:   { at: properties.email }
      balance: { at: properties.open_balance, type: decimal }
      stage:   { at: properties.lifecyclestage }
      owner:   { at: properties.owner_id, read_only: true }

    list:                              # complete enumeration: first load, sweep, proof of absence
      request: GET /crm/v3/objects/contacts
      query: { limit: 100, after: "{{ page.token }}", properties: "{{ wanted }}" }
      items: results
      page: { token: paging.next.after }
      count: total                     # optional: the source's own total, checked against what was read
    get:
      request: GET /crm/v3/objects/contacts/{{ id }}
      item: "$"
    find: { by: [email], request: POST /crm/v3/objects/contacts/search, body: {}, items: results }
    changes:
      request: POST /crm/v3/objects/contacts/search
      body: { filterGroups: [ { filters: [ { propertyName: lastmodifieddate, operator: GTE, value: "{{ cursor }}" } ] } ], after: "{{ page.token }}" }
      items: results
      page: { token: paging.next.after }
      cursor: { at: updatedAt, settle: 60s }     # settle: how late a row may become visible; re-read each time
      cannot_see: [deletes]
    create:
      request: POST /crm/v3/objects/contacts
      body: { properties: "{{ record }}" }
      returns: { id: id, version: updatedAt }
      repeat: unsafe                   # safe | unsafe | by-key (sends {{ op.key }} as the idempotency key)
      verify: find                     # after an unknown outcome: find | get | marker
    update:
      request: PATCH /crm/v3/objects/contacts/{{ id }}
      body: { properties: "{{ changed }}" }      # changed = only the fields to write; record = the whole merged record
      guard: none                      # none | if-match (sends the version; 412 = stale) | read-compare
    delete: { request: DELETE /crm/v3/objects/contacts/{{ id }}, effect: archive }
    batch:                             # optional, per operation: read, create, update, upsert, delete
      create: { max: 100, request: POST /crm/v3/objects/contacts/batch/create, body: { inputs: "{{ items }}" }, ok: results, failed: errors, match: by-index }

webhooks:
  verify: hubspot-v3                   # a preset (standard-webhooks | stripe | github | shopify | hubspot-v3) or { algorithm, signs, signature, timestamp }
  events: "$"                          # expression: the list of events in a delivery
  event: { id: eventId, type: subscriptionType, at: occurredAt, record: objectId }
  on: { contact.creation: { contact: changed }, contact.propertyChange: { contact: changed }, contact.deletion: { contact: gone } }
  payload: thin                        # thin: re-read the record; full: the body holds the item at \`item:\`
`;

const STRIPE = `# yaml-language-server: $schema=../schema/connector.json
connector: stripe
protocol: rest
secrets: { token: { required: true } }
base_url: https://api.stripe.com
auth: { scheme: bearer, token: token }
objects:
  customer: &things
    id: id
    list: { request: GET /things, query: { starting_after: {{ page.after }} }, items: data, page: { after: id } }
    get: { request: GET /things/{{ id }} }
    find: { by: [email], request: GET /things, query: { email: {{ key.email }} }, items: data }
    create: { request: POST /things, body: "{{ record }}", returns: { id: id }, repeat: by-key }
    update: { request: POST /things/{{ id }}, body: "{{ changed }}" }
    delete: { request: DELETE /things/{{ id }} }
  product: *things
  account: *things
`;

const MAPPING = `# yaml-language-server: $schema=../schema/mapping.json
pair: crm-billing                      # unique; the CLI's and the metrics' name
state: active                          # proposed (the default: plans only, never writes) | active | paused
sides: { crm: hubspot-prod, billing: stripe-prod }     # two short names, used everywhere below

schedule:
  changes: every 2m                    # or: cron */5 * * * *
  sweep: cron 0 3 * * *
  timezone: Europe/Vienna
  webhooks: true

guards:                                # per run and side; a class that trips is withheld, the rest goes on
  create: { floor: 10, fraction: 10% } # tripped when over max(floor, fraction of linked pairs)
  update: { floor: 100, fraction: 20% }
  delete: { floor: 10, fraction: 10% }
  blank:  { floor: 10, fraction: 10% } # fields set to empty
  empty: refuse                        # a side that had records and lists none: halt (refuse) | allow
  # guards: off switches all off
on_change: accept                      # after a change of this file's meaning: stop until accepted (accept) | continue

entities:
  customer:
    crm:     { object: contact, scope: 'stage = "customer"' }   # expression over the record
    billing: { object: customer }
    match:                             # tried in order for records without a link
      - { crm: billing_id, billing: id }           # a stored foreign id
      - [email]                                    # canonical values of fields, all must be equal and present
      - { score: { name: 0.5, phone: 0.3 }, link_at: 0.95, review_at: 0.8 }
    allow: { crm: [update], billing: [create, update, delete] }   # what may be written; default [create, update] on both
    when_gone: { crm: delete, billing: unlink }    # the crm record is gone -> its counterpart: unlink (default) | delete | restore | review
    gone_edited: review                # one gone, the other edited since: review (default) | restore | delete
    on_scope_exit: freeze              # freeze (default) | unlink | delete
    conflict: review                   # both sides changed the same field: review (default) | newest | SIDE
    at_link: review                    # two existing records differ when first linked: same words; default: as conflict
    after: [product]                   # entities that go first; refs imply it
    fields:
      email:   { as: email, conflict: crm }                      # same path on both sides: the field's own name
      name:    { crm: [firstname, lastname], billing: name, as: person_name }
      phone:   { crm: phone, billing: phone, as: { phone: GB } }
      country: { crm: country, billing: address.country, as: { country: alpha2 } }
      tier:    { crm: stage, billing: metadata.segment, values: { lead: prospect, customer: active } }   # crm value: billing value
      due:     { crm: total, billing: { at: amount_due, as: { money: minor } }, as: { money: USD } }
      balance: { crm: open_balance, billing: balance, direction: billing -> crm, strength: strong, as: decimal }   # one-way
      street:  { crm: street, billing: address.line1, group: address }     # a group merges and conflicts as one
      vip:     { crm: vip, billing: { read: '$sum(subscriptions.amount) > 10000' }, direction: billing -> crm }
      label:   { crm: title, billing: { read: 'labels[lang = "en"].text', write: { labels: '[{"lang": "en", "text": $value}]' } } }  # expressions both ways
      account: { crm: owner_id, billing: account_id, ref: account }   # the linked counterpart of another entity
      stock:   { crm: qty, billing: on_hand, merge: counter }    # counter | set | lines | max
      lines:   { crm: items, billing: lines, each: { key: sku, fields: { sku: {}, qty: { as: integer } } } }
      source:  { billing: metadata.source, value: '"crm"', direction: crm -> billing }   # expression over the crm item
    tests:
      - name: a new customer is created in billing
        crm: { id: "1", email: ADA@Example.com, firstname: Ada, lastname: Lovelace }
        expect: { billing: { create: { email: ada@example.com, name: Ada Lovelace } } }
`;

/** The two entities that the example speaks of and does not show. */
const OTHERS = `
  product:
    crm: { object: product }
    billing: { object: product }
    fields: { sku: {} }
  account:
    crm: { object: account }
    billing: { object: account }
    fields: { name: {} }
`;

const OBJECTS = ["product", "account"].map(
  (object) => `
  ${object}:
    id: id
    list: { request: GET /${object}, items: results }
    get: { request: GET /${object}/{{ id }} }
    create: { request: POST /${object}, body: "{{ record }}", returns: { id: id } }
    update: { request: PATCH /${object}/{{ id }}, body: "{{ changed }}" }
`,
);

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "syncline-e2e-"));
});
afterEach(() => {
  endAll();
  rmSync(folder, { recursive: true });
});

function write(file: string, text: string): void {
  mkdirSync(join(folder, file, ".."), { recursive: true });
  writeFileSync(join(folder, file), text);
}

test("the examples of the page are accepted without an error", async () => {
  write("config/syncline.yaml", CONFIG);
  write(
    "connectors/hubspot.yaml",
    HUBSPOT.replace("\nwebhooks:", () => `${OBJECTS.join("")}\nwebhooks:`),
  );
  write("connectors/stripe.yaml", STRIPE);
  write("mappings/crm-billing.yaml", MAPPING + OTHERS);
  const env = { HUBSPOT_TOKEN: "x", SYNCLINE_ADMIN_TOKEN: "0123456789abcdef0123456789abcdef" };

  const check = await run(["check", "--json"], { folder, env });

  expect(check.json()).toMatchObject({ ok: true, problems: [] });
  expect(check.code).toBe(0);
});
