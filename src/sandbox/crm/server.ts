// The CRM as one server: the REST interface under /v1, its webhooks, and a page for people at /.

import { join } from "node:path";
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { Activity } from "../common/activity.ts";
import { accountId } from "../common/account.ts";
import { openDatabase } from "../common/database.ts";
import { pageRoutes } from "../common/page-routes.ts";
import { Records } from "../common/records.ts";
import { worldEntries } from "../seed/world.ts";
import { crmApi } from "./api.ts";
import { LateIndex } from "./late-index.ts";
import { CRM_SHAPES } from "./shapes.ts";
import { Webhooks } from "./webhooks.ts";

export interface CrmOptions {
  /** Folder of the journal. */
  readonly data: string;
  /** Fills a new folder with made-up records; null: it starts empty. */
  readonly seed: number | null;
  readonly token: string;
  /** Null: nobody is told of changes. */
  readonly webhook: { readonly url: string; readonly secret: string } | null;
  readonly now: () => number;
  readonly lagMs: number;
  readonly burst: number;
}

/** Ready to listen; `close()` also closes the journal. */
export async function buildCrm(options: CrmOptions): Promise<FastifyInstance> {
  const { now } = options;
  const database = await openDatabase({
    path: join(options.data, "crm.jsonl"),
    schemes: CRM_SHAPES,
    first: () => (options.seed === null ? [] : worldEntries(options.seed).crm),
    now,
  });
  const account = await accountId(options.data, "crm");
  const activity = new Activity(now);
  database.onChange((change) => activity.noticeChange(change));
  const records = new Records(database, CRM_SHAPES, []);
  const index = new LateIndex(database, { lagMs: options.lagMs, now });
  if (options.webhook !== null) {
    const webhooks = new Webhooks({ ...options.webhook, activity, now });
    // Only what is kept is told of.
    database.onChange(
      (change) =>
        void database.durable().then(
          () => webhooks.send(change),
          () => undefined,
        ),
    );
  }

  const server = Fastify({ bodyLimit: 1_000_000, forceCloseConnections: true });
  server.addHook("onSend", async () => database.durable());
  server.addHook("onClose", async () => database.close());
  await server.register(
    (api, _options, done) => {
      api.addHook("onResponse", (request, reply, next) => {
        activity.tell(
          toneOf(request, reply.statusCode),
          `${request.method} ${withoutToken(request.url)}: ${String(reply.statusCode)}`,
        );
        next();
      });
      crmApi(api, { records, index, token: options.token, burst: options.burst, now, account });
      done();
    },
    { prefix: "/v1" },
  );
  pageRoutes(server, {
    records,
    activity,
    now,
    title: "Sandbox CRM",
    about: "REST and JSON, with webhooks. What you change here shows in billing within two seconds.",
    accent: "#7c3aed",
  });
  return server;
}

function toneOf(request: FastifyRequest, status: number): "read" | "write" | "refused" {
  if (status >= 400) return "refused";
  return request.method === "GET" || request.url.endsWith("/search") ? "read" : "write";
}

/** The request without what differs from page to page, so that polling is one line of the log. */
function withoutToken(url: string): string {
  return url.replace(/(after|updatedSince)=[^&]*/g, "$1=…");
}
