// The sandbox CRM as a process: --data FOLDER [--port N] [--webhook URL] [--seed [N]] [--with-parent].
// Environment: SANDBOX_CRM_TOKEN, and with --webhook SANDBOX_CRM_WEBHOOK_SECRET.

import { requiredVariable, runProcess } from "./common/process.ts";
import { buildCrm } from "./crm/server.ts";

await runProcess(async ({ data, seed, webhook }) =>
  buildCrm({
    data,
    seed,
    token: requiredVariable("SANDBOX_CRM_TOKEN"),
    webhook: webhook === null ? null : { url: webhook, secret: requiredVariable("SANDBOX_CRM_WEBHOOK_SECRET") },
    now: Date.now,
    lagMs: 1000,
    burst: 200,
  }),
);
