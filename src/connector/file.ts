// The connector file, `connectors/NAME.yaml`: how one kind of system talks. Types, validation and the JSON Schema of editors
// all come from here. Every key of every protocol is known; what is not built yet is refused by compile.ts, by name.

import { z } from "zod";
import { authSchema } from "./file/auth.ts";
import { costSchema } from "./file/cost.ts";
import { objectSchema } from "./file/object.ts";
import { epochSchema } from "./file/request.ts";
import { about, duration, expression, name, rate, template } from "./file/text.ts";
import { odataFilePart } from "./protocols/odata/file.ts";
import { smtpFilePart } from "./protocols/smtp/file.ts";
import { soapFilePart } from "./protocols/soap/file.ts";
import { webhooksPart } from "./webhook/file.ts";

const OPERATIONS = ["list", "get", "find", "changes", "create", "update", "delete"] as const;
export type Operation = (typeof OPERATIONS)[number];

const ERROR_WORDS = [
  "retry",
  "wait",
  "refresh-auth",
  "gone",
  "duplicate",
  "stale",
  "resync",
  "reject",
  "stop",
] as const;
export type ErrorWord = (typeof ERROR_WORDS)[number];

const oneOrMany = <T extends z.ZodType>(type: T) => z.union([type, z.array(type).min(1)]);

const statusSchema = z.number().int().min(100).max(599);

const errorSchema = z.strictObject({
  when: about(
    z.strictObject({
      status: about(oneOrMany(statusSchema).optional(), "HTTP status, one or a list.", [500, 502]),
      op: about(oneOrMany(z.enum(OPERATIONS)).optional(), "Operation, one or a list.", ["get", "update"]),
      body: about(expression.optional(), "Expression over the answer's body; true: it matches.", 'code = "RATE_LIMIT"'),
      fault: about(
        z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
        "soap: the fault's code, with or without its prefix; graphql: the code of an error or of a refusal; or {{ an expression over code, message and body }}.",
        "CustomerNotFound",
      ),
    }),
    "Everything said here must hold.",
    { status: 409 },
  ),
  do: about(z.enum(ERROR_WORDS), "What it means.", "duplicate"),
});

export type ErrorPart = z.output<typeof errorSchema>;

const settingSchema = z.strictObject({
  default: about(z.union([z.string(), z.number(), z.boolean()]).optional(), "Used where the account says nothing."),
  required: about(z.boolean().optional(), "True: the account must say it.", true),
  description: about(z.string().optional(), "What it is, for people."),
});

const secretSchema = z.strictObject({
  required: about(z.boolean().optional(), "True: the account must have it.", true),
  description: about(z.string().optional(), "What it is, for people."),
});

export const connectorFileSchema = z.strictObject({
  connector: about(name, "Name of the kind of system; what systems in the config refer to.", "hubspot"),
  version: about(z.string().optional(), "Version of this file.", "1.0.0"),
  title: about(z.string().optional(), "Name for people.", "HubSpot CRM"),
  description: about(z.string().optional(), "A sentence for people."),
  api: about(
    z
      .strictObject({
        version: about(z.union([z.string(), z.number()]).optional(), "Version of the remote API.", "v3"),
        sunset: about(z.string().nullable().optional(), "Day on which it is switched off.", "2027-06-30"),
      })
      .optional(),
    "The remote API this file is written for.",
    { version: "v3", sunset: null },
  ),
  proven: about(z.enum(["live", "contract", "unproven"]).optional(), "How far this file was tried.", "contract"),
  protocol: about(
    z.enum(["rest", "graphql", "soap", "odata", "sql", "files", "smtp"]),
    "What the system speaks.",
    "rest",
  ),
  settings: about(z.record(name, settingSchema).optional(), "What an account may say, as settings.NAME.", {
    base_url: { default: "https://api.hubapi.com" },
  }),
  secrets: about(z.record(name, secretSchema).optional(), "Secrets an account has; only auth and webhooks see them.", {
    token: { required: true },
  }),
  base_url: about(template.optional(), "Address before every request's path.", "{{ settings.base_url }}"),
  headers: about(z.record(z.string(), template).optional(), "Headers of every request.", {
    "User-Agent": "syncline/{{ syncline.version }}",
  }),
  auth: about(authSchema.optional(), "How requests are authenticated; default none.", {
    scheme: "bearer",
    token: "token",
  }),
  timeout: about(
    z
      .strictObject({
        connect: about(duration.optional(), "To be connected; default 10s.", "5s"),
        response: about(duration.optional(), "For the whole of a request and its answer; default 60s.", "30s"),
      })
      .optional(),
    "How long to wait.",
    { connect: "5s", response: "30s" },
  ),
  limits: about(
    z
      .array(
        z.strictObject({
          name: about(name, "Named so that an account can change the figure.", "daily"),
          rate: about(rate.optional(), "Requests in a stretch of time.", "190/10s"),
          cost: about(costSchema.optional(), "graphql: where the answers tell what a request costs and what is left."),
        }),
      )
      .optional(),
    "How many requests the system allows; all hold at once.",
    [{ name: "burst", rate: "190/10s" }],
  ),
  concurrency: about(z.number().int().min(1).max(256).optional(), "Requests at the same time; default 4.", 6),
  response_bytes: about(
    z.number().int().min(1024).max(1_073_741_824).optional(),
    "Larger answers are refused, unpacked; default 67108864.",
    67_108_864,
  ),
  errors: about(z.array(errorSchema).optional(), "What answers mean; the first that matches wins.", [
    { when: { status: 409 }, do: "duplicate" },
  ]),
  epoch: about(
    epochSchema.optional(),
    "A small request that tells which account answers. Where another one answers than the links were made with, nothing is written until a person accepts.",
    { request: "GET /account", at: "id" },
  ),
  objects: about(z.record(name, objectSchema), "The kinds of record it has."),
  webhooks: about(webhooksPart.optional(), "How its webhooks are verified and read."),
  dialect: about(z.enum(["postgres", "mysql", "sqlite", "mssql"]).optional(), "sql: which database.", "postgres"),
  ...soapFilePart,
  ...smtpFilePart,
  ...odataFilePart,
});

export type ConnectorFile = z.output<typeof connectorFileSchema>;
