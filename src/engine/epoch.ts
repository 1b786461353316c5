// Promise 18: the ids of our links are those of one account. Where another one answers (a sandbox under production's address, a
// new installation, another organisation), nothing is read or written: whoever has the same id there is somebody else.
//
//   remembered   answers    the run
//   -            A          goes on; A is remembered, unless nothing may be written
//   A            A          goes on; an open case closes with it (cycle.ts)
//   A            B          halts (wrong-epoch), with a case; `accept` takes B
//   A            nobody     halts as for any call that failed

import { SIDES, type Side } from "../core/ids.ts";
import { endOf, RunEnds, type RunContext } from "./context.ts";

/** @throws RunEnds */
export async function refuseOtherAccount(context: RunContext, writes: boolean): Promise<void> {
  const { epochOf } = context;
  if (epochOf === undefined) return;
  const answers = await Promise.all(SIDES.map(async (side) => ({ side, answer: await epochOf(side) })));
  const remembered = await context.store.epochs();
  const others: { readonly side: Side; readonly found: string; readonly known: string }[] = [];
  for (const { side, answer } of answers) {
    if (!answer.ok) throw endOf(answer.failure, `asking ${context.mapping.sides[side].name} which account it is`);
    const known = remembered[side];
    if (answer.value === null) continue;
    if (known !== null && known !== answer.value) others.push({ side, found: answer.value, known });
    else if (writes && known === null) await context.store.rememberEpoch(side, answer.value);
  }
  const [first] = others;
  if (first === undefined) return;
  if (writes) for (const other of others) await setCase(context, other.side, other);
  const { name } = context.mapping.sides[first.side];
  const { pair } = context.mapping;
  throw new RunEnds(
    "halted",
    "wrong-epoch",
    `${name} answers as account ${first.found}, and the records are linked with those of ${first.known}; where they are the same ` +
      `records under another name: syncline accept ${pair}; where they are others: syncline accept ${pair} --forget-links`,
  );
}

async function setCase(
  context: RunContext,
  side: Side,
  other: { readonly found: string; readonly known: string },
): Promise<void> {
  const [entity] = context.entities;
  if (entity === undefined) return;
  const { name, system } = context.mapping.sides[side];
  const { known: remembered, found } = other;
  const values = { reason: "wrong-epoch", side: name, system, remembered, found, run: context.run };
  await context.store.setGuardCase(entity.name, side, "epoch", { values });
}
