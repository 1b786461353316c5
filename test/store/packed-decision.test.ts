// A decision as it is stored says what it said before: with every part of a field's write that may be there or not.

import { expect, test } from "@jest/globals";

import type { Decision, FieldWrite } from "../../src/core/decision.ts";
import type { Cell } from "../../src/core/field.ts";
import { jsonText } from "../../src/core/json.ts";
import type { RemoteId } from "../../src/core/ids.ts";
import { packedDecision, unpackedDecision, type PackedDecision } from "../../src/store/packed-decision.ts";

const cell = (text: string): Cell => ({ value: [{ sku: text }], key: `["${text}"]` });

const plain: FieldWrite = {
  field: "lines",
  before: null,
  after: { kind: "value", cell: cell("a") },
  sent: cell("a"),
  writtenBase: null,
  blank: false,
  reason: "changed in crm",
};

const decisionOf = (field: FieldWrite): Decision => ({
  entity: "order",
  situation: "changed-left",
  linkId: null,
  left: "1" as RemoteId,
  right: "2" as RemoteId,
  link: { kind: "keep" },
  writes: [
    { op: "update", side: "right", id: "2" as RemoteId, version: null, fields: [field], reason: "changed in crm" },
  ],
  agreements: [],
  cases: [],
  quarantine: [],
  blocked: 0,
  settledLeft: true,
  settledRight: true,
});

test.each<readonly [string, FieldWrite]>([
  ["as plain as can be", plain],
  ["with what was there before", { ...plain, before: cell("b"), sent: cell("c") }],
  ["with a base of its own", { ...plain, writtenBase: cell("b") }],
  ["with a base that is assumed", { ...plain, assumed: cell("b") }],
  [
    "with all of it",
    { ...plain, before: cell("b"), writtenBase: cell("c"), assumed: cell("d"), reason: "given by crm" },
  ],
])("a write of a field %s comes back as it was", (_, field) => {
  const decision = decisionOf(field);

  const stored = JSON.parse(jsonText(packedDecision(decision))) as PackedDecision; // what was packed

  expect(unpackedDecision(stored)).toEqual(decision);
});
