import { expect, test } from "@jest/globals";
import type { Capabilities } from "../../src/connector/contract.ts";
import { billOf, writesOf, type BillParts } from "../../src/daemon/bill.ts";

const CAN: Capabilities = {
  list: true,
  get: true,
  findBy: [["email"]],
  findSettleMs: 0,
  changes: null,
  create: { repeat: "unsafe", verify: "find", keyLifeMs: 0 },
  update: { guard: "read-compare", needsCurrent: false },
  delete: { guard: "none", effect: "delete" },
  batch: { read: 10, create: 5, update: 1, delete: 1 },
  versioned: false,
  tellsModified: false,
  naturalKeys: [],
};

const action = (op: string, side: string) => ({ entity: "customer", writes: [{ op, side }] });

function parts(more: Partial<BillParts> = {}): BillParts {
  return {
    names: { left: "crm", right: "billing" },
    writes: { left: new Map(), right: new Map() },
    capabilities: new Map([["customer", { left: CAN, right: CAN }]]),
    reads: { left: 12, right: 4 },
    lane: "webhook",
    limits: { left: [], right: [] },
    taken: { left: [], right: [] },
    ...more,
  };
}

test("creates are looked up one by one and sent in batches; guarded writes are read first", () => {
  const actions = [
    ...Array.from({ length: 12 }, () => action("create", "billing")),
    ...Array.from({ length: 3 }, () => action("update", "billing")),
    action("delete", "billing"),
  ];

  const { billing } = billOf(
    parts({ writes: { left: writesOf(actions, "crm"), right: writesOf(actions, "billing") } }),
  );

  // 12 look-ups, 3 batches, 3 updates after 1 read of 3 and 1 proof, 1 delete.
  expect(billing).toMatchObject({ reads: 4, writes: 12 + 3 + 3 + 1 + 1, calls: 24 });
});

test("the time is that of the narrowest limit", () => {
  const limits = {
    left: [
      { name: "burst", count: 10, perMs: 1000 },
      { name: "minute", count: 6, perMs: 60_000 },
    ],
    right: [],
  };

  const { crm, billing } = billOf(parts({ limits }));

  expect(crm).toMatchObject({ calls: 12, minutes: 2 });
  expect(billing).toMatchObject({ minutes: 0, limits: [] });
});

test("a budget that cannot hold the calls is named with what is left of it", () => {
  const daily = { name: "daily", count: 100, perMs: 86_400_000 };
  const row = { system: "crm-prod", limit: "daily", calls: 100, perMs: 86_400_000, used: 91, heldUntil: null };

  const { crm } = billOf(parts({ limits: { left: [daily], right: [] }, taken: { left: [row], right: [] } }));

  expect(crm).toMatchObject({ minutes: 1440, limits: [{ limit: "daily", left: 9, fits: false }] });
});

test("a first load may not use up a long limit, and a short one is waited for", () => {
  const limits = {
    left: [
      { name: "burst", count: 10, perMs: 10_000 },
      { name: "daily", count: 14, perMs: 86_400_000 },
    ],
    right: [],
  };

  const edits = billOf(parts({ limits }));
  const load = billOf(parts({ limits, lane: "first-load" }));

  expect(edits["crm"]).toMatchObject({ minutes: 0.2, limits: [{ fits: true }, { left: 14, fits: true }] });
  expect(load["crm"]).toMatchObject({ limits: [{ fits: true }, { limit: "daily", left: 11, fits: false }] });
});
