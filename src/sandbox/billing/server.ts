// The billing system as one server: SOAP 1.1 at /soap, its WSDL at /soap?wsdl, and a page for people at /. It tells nobody of
// changes: who wants to know asks for them.

import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Activity } from "../common/activity.ts";
import { Burst } from "../common/burst.ts";
import { accountId } from "../common/account.ts";
import { openDatabase } from "../common/database.ts";
import { pageRoutes } from "../common/page-routes.ts";
import { Records } from "../common/records.ts";
import { worldEntries } from "../seed/world.ts";
import {
  answerEnvelope,
  child,
  faultEnvelope,
  parseXml,
  SOAP,
  WSSE,
  XmlError,
  type Element,
  type Fault,
} from "./envelope.ts";
import { BillingError, isWrite, runOperation } from "./operations.ts";
import { BILLING_SHAPES, customers, keepTurnover } from "./shapes.ts";

export interface BillingOptions {
  /** Folder of the journal. */
  readonly data: string;
  /** Fills a new folder with made-up records; null: it starts empty. */
  readonly seed: number | null;
  /** WS-Security UsernameToken, PasswordText. */
  readonly user: string;
  readonly password: string;
  readonly now: () => number;
  /** Requests in any one second; the next one gets the fault Throttled. */
  readonly burst: number;
}

const WSDL = new URL("../../../connectors/wsdl/sandbox-billing.wsdl", import.meta.url);
const XML = "text/xml; charset=utf-8";

/** Ready to listen; `close()` also closes the journal. */
export async function buildBilling(options: BillingOptions): Promise<FastifyInstance> {
  const { now } = options;
  const database = await openDatabase({
    path: join(options.data, "billing.jsonl"),
    schemes: BILLING_SHAPES,
    first: () => (options.seed === null ? [] : worldEntries(options.seed).billing),
    now,
  });
  const account = await accountId(options.data, "billing");
  const activity = new Activity(now);
  database.onChange((change) => activity.noticeChange(change));
  keepTurnover(database);
  const records = new Records(database, BILLING_SHAPES, [customers.object]);
  const burst = new Burst(options.burst, now);
  const wsdl = await readFile(WSDL, "utf8");

  const server = Fastify({ bodyLimit: 1_000_000, forceCloseConnections: true });
  server.addHook("onSend", async () => database.durable());
  server.addHook("onClose", async () => database.close());
  server.addContentTypeParser(["text/xml", "application/soap+xml"], { parseAs: "string" }, (_request, body, done) =>
    done(null, body),
  );

  server.get("/soap", (request, reply) =>
    reply.type(XML).send(wsdl.replace("http://127.0.0.1:8083/soap", `http://${request.headers.host ?? ""}/soap`)),
  );
  server.post("/soap", (request, reply) => {
    let name = "a request";
    try {
      const body = readEnvelope(request, options, (operation) => (name = operation));
      if (!burst.take()) {
        void reply.header("retry-after", "1");
        throw new BillingError("Throttled", `more than ${String(options.burst)} requests in a second`, "Server");
      }
      const answer = answerEnvelope(`${name}Response`, runOperation(records, account, body));
      activity.tell(isWrite(name) ? "write" : "read", name);
      return reply.type(XML).send(answer);
    } catch (error) {
      const fault = faultOf(error);
      activity.tell("refused", `${name}: ${fault.code}, ${fault.message}`);
      return sendFault(reply, fault);
    }
  });
  pageRoutes(server, {
    records,
    activity,
    now,
    title: "Sandbox billing",
    about: "SOAP and XML, by a WSDL. What you change here shows in the CRM within two seconds.",
    accent: "#0f766e",
  });
  return server;
}

/** The element in the body of an envelope whose sender is known. @throws BillingError, XmlError */
function readEnvelope(request: FastifyRequest, options: BillingOptions, named: (operation: string) => void): Element {
  if (typeof request.body !== "string") throw new BillingError("Invalid", "send a SOAP 1.1 envelope as text/xml");
  const envelope = parseXml(request.body);
  const body = child(envelope, SOAP, "Body")?.children[0];
  if (envelope.name !== "Envelope" || envelope.namespace !== SOAP || body === undefined) {
    throw new BillingError("Invalid", "this is not a SOAP 1.1 envelope with a body");
  }
  named(body.name);
  const token = child(child(child(envelope, SOAP, "Header"), WSSE, "Security"), WSSE, "UsernameToken");
  const user = child(token, WSSE, "Username")?.text ?? "";
  const password = child(token, WSSE, "Password")?.text ?? "";
  if (!same(user, options.user) || !same(password, options.password)) {
    throw new BillingError("FailedAuthentication", "the user name or the password is not known here");
  }
  return body;
}

/** SOAP 1.1 sends every fault with the status 500, whoever's doing it is. */
function sendFault(reply: FastifyReply, fault: Fault): FastifyReply {
  return reply.code(500).type(XML).send(faultEnvelope(fault));
}

function faultOf(error: unknown): Fault {
  if (error instanceof BillingError) return error.fault;
  if (error instanceof XmlError) return { code: "Invalid", by: "Client", message: `not well-formed: ${error.message}` };
  return { code: "Internal", by: "Server", message: "something went wrong here" };
}

function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
