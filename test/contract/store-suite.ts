// The contract of the store, for every store there is: what PairStore and Ledger promise, by examples.

import { afterAll, beforeAll, describe } from "@jest/globals";
import { storeBlocks } from "./store-blocks.ts";
import { storeLinks } from "./store-links.ts";
import { storePeople } from "./store-people.ts";
import { storeSightings } from "./store-sightings.ts";
import { storeStanding } from "./store-standing.ts";
import { storeWork } from "./store-work.ts";
import type { OpenStore, StoreUnderTest } from "./store-world.ts";

/** Declares the tests; `open` is called once. */
export function storeSuite(name: string, open: OpenStore): void {
  describe(name, () => {
    let opened: Awaited<ReturnType<OpenStore>> | null = null;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened?.stop());

    const store = (): StoreUnderTest => {
      if (opened === null) throw new Error("the store is not open");
      return opened.store;
    };
    describe("links", () => storeLinks(store));
    describe("sightings", () => storeSightings(store));
    describe("blocks", () => storeBlocks(store));
    describe("work", () => storeWork(store));
    describe("people", () => storePeople(store));
    describe("standing cases", () => storeStanding(store));
  });
}
