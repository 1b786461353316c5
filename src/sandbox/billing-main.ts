// The sandbox billing system as a process: --data FOLDER [--port N] [--seed [N]] [--with-parent].
// Environment: SANDBOX_BILLING_USER, SANDBOX_BILLING_PASSWORD. It has no webhooks; --webhook is taken and means nothing.

import { requiredVariable, runProcess } from "./common/process.ts";
import { buildBilling } from "./billing/server.ts";

await runProcess(async ({ data, seed }) =>
  buildBilling({
    data,
    seed,
    user: requiredVariable("SANDBOX_BILLING_USER"),
    password: requiredVariable("SANDBOX_BILLING_PASSWORD"),
    now: Date.now,
    burst: 200,
  }),
);
