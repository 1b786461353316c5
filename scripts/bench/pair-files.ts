// The connector and the mapping that the engine is measured with: two plain systems with batches, twelve field rules.

import { parse } from "yaml";
import type { Instant } from "../../src/core/ids.ts";
import type { ExpressionCompiler } from "../../src/core/expression.ts";
import { compileConnector, type Connector } from "../../src/connector/compile.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { restProtocol } from "../../src/connector/protocols/rest.ts";
import type { Mapping } from "../../src/mapping/mapping.ts";
import { compileMappingFile } from "../../src/mapping/read-file.ts";

/** Of a listing and of a batch; the tuned script uses the same. */
export const PAGE = 500;
export const BATCH = 100;
export const CONCURRENCY = 6;

const CONNECTOR = `
connector: plain
protocol: rest
settings: { base_url: { required: true } }
base_url: "{{ settings.base_url }}"
auth: { scheme: none }
concurrency: ${String(CONCURRENCY)}
objects:
  customer:
    id: id
    version: updatedAt
    list: { request: GET /list, query: { page: "{{ page.number }}", size: ${String(PAGE)} }, items: items, page: { number: page, size: ${String(PAGE)} }, count: total }
    get: { request: "GET /one/{{ id }}" }
    create: { request: POST /create, body: "{{ record }}", item: "$", repeat: unsafe }
    update: { request: "PATCH /one/{{ id }}", body: "{{ changed }}", item: "$", guard: none }
    batch:
      read: { max: ${String(BATCH)}, request: POST /read, body: { ids: "{{ items }}" }, ok: results }
      create: { max: ${String(BATCH)}, request: POST /create, body: { inputs: "{{ items }}" }, ok: results, match: by-index }
      update: { max: ${String(BATCH)}, request: POST /update, body: { inputs: "{{ items }}" }, ok: results, match: { key: id } }
`;

const MAPPING = `
pair: bench
state: active
sides: { crm: left, billing: right }
guards: off
entities:
  customer:
    crm: { object: customer }
    billing: { object: customer }
    match: [[email]]
    fields:
      email: { as: email }
      name: { crm: [firstname, lastname], billing: name, as: person_name }
      phone: { as: phone }
      street: { crm: street, billing: address.line1 }
      city: { crm: city, billing: address.city }
      zip: { crm: zip, billing: address.postcode }
      country: { crm: country, billing: address.country, as: country }
      stage: { crm: stage, billing: segment, values: { lead: PROSPECT, customer: ACTIVE } }
      revenue: { crm: revenue, billing: turnover, as: decimal }
      vip: { as: boolean }
      note: {}
      tags: { as: list }
`;

export function benchConnector(expressions: ExpressionCompiler): Connector {
  const file = connectorFileSchema.parse(parse(CONNECTOR));
  const today = Date.UTC(2026, 0, 1) as Instant; // milliseconds since 1970
  const { connector, problems } = compileConnector(file, {
    expressions,
    protocols: { rest: restProtocol },
    folder: ".",
    today,
  });
  if (connector === null) throw new Error(JSON.stringify(problems, null, 1));
  return connector;
}

export function benchMapping(expressions: ExpressionCompiler): Mapping {
  const { mapping, problems } = compileMappingFile(parse(MAPPING), { file: "mappings/bench.yaml", expressions });
  if (mapping === null) throw new Error(JSON.stringify(problems, null, 1));
  return mapping;
}
