// The store's contract on the embedded Postgres, and on the server of SYNCLINE_TEST_DATABASE_URL when there is one.

import { openStore } from "../../src/store/store.ts";
import { storeSuite } from "../contract/store-suite.ts";
import { externalUrl, startTestDatabase } from "./server.ts";

for (const on of externalUrl === null ? (["embedded"] as const) : (["embedded", "external"] as const)) {
  storeSuite(`Postgres, ${on}`, async () => {
    const test = await startTestDatabase({ on });
    return { store: openStore(test.database), stop: () => test.stop() };
  });
}
