// The shape of config/syncline.yaml (spec/formats.md, section 1): which accounts there are. This one schema gives the types,
// the checks and the JSON Schema for editors. What a shape cannot say is checked by settings.ts, systems.ts and project.ts.

import { z } from "zod";

import { about, rate } from "../connector/file/text.ts";

const ROLES = ["view", "operate", "admin"] as const;
export type Role = (typeof ROLES)[number];

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What may start a notification. Sending them belongs to a later issue; until then they are refused by name. */
export const OCCASIONS = ["case", "guard", "pair-paused", "quarantine", "failed"] as const;

const variable = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    "the name of an environment variable: letters, digits and _, with no $ and no braces",
  );

const inEnvironment = z.strictObject({ env: about(variable, "Environment variable that holds it.", "HUBSPOT_TOKEN") });
const inFile = z.strictObject({
  file: about(z.string().min(1), "File that holds it, and nothing else.", "/run/secrets/hubspot"),
});

const secretSchema = z.union([
  inEnvironment,
  inFile,
  z.string().meta({ deprecated: true, description: "Never write a secret here: name where it stands." }),
]);

/** An address with a password in it, mostly from the environment as a whole. */
const urlSchema = z.union([z.string().min(1), inEnvironment, inFile]);

const secret = (description: string) => about(secretSchema, description, { env: "HUBSPOT_TOKEN" });

const listen = (description: string, example: string) => about(z.string().min(1).optional(), description, example);

const folders = (description: string, example: string) =>
  about(z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(), description, example);

const tokenSchema = z.strictObject({
  name: about(z.string().min(1), "Who it belongs to; stands in the audit log.", "ops"),
  role: about(z.enum(ROLES), "view reads, operate runs and resolves, admin does the rest.", "operate"),
  token: secret("The token itself: at least 128 bits, as `openssl rand -hex 32` makes them."),
});

export const systemSchema = z.strictObject({
  connector: about(z.string().min(1), "Name of its connector, as in connectors/NAME.yaml.", "hubspot"),
  settings: about(
    z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    "What the connector wants to know of this account.",
    { portal_id: "1234567" },
  ),
  secrets: about(z.record(z.string(), secretSchema).optional(), "Where this account's secrets stand.", {
    token: { env: "HUBSPOT_TOKEN" },
  }),
  limits: about(z.record(z.string(), rate).optional(), "Other figures for the connector's limits, by their names.", {
    daily: "400000/d",
  }),
  allow_private: about(
    z.boolean().optional(),
    "True lets it reach loopback and private addresses; link-local and metadata addresses never. Default false.",
    false,
  ),
  sandbox: about(z.boolean().optional(), "True: an account for trying things out. Default false.", false),
});

const noticeSchema = z.strictObject({
  on: about(z.array(z.enum(OCCASIONS)).min(1), "What is told.", ["case", "guard", "pair-paused"]),
  slack: about(z.strictObject({ url: secret("Address of the incoming webhook.") }).optional(), "A Slack channel."),
  webhook: about(z.strictObject({ url: secret("Address that is posted to.") }).optional(), "Any address."),
});

export const configFileSchema = z.strictObject({
  database: about(
    z
      .union([
        z.literal("embedded"),
        z.strictObject({ url: about(urlSchema, "Address of a Postgres, 13 or later.", "${DATABASE_URL}") }),
      ])
      .optional(),
    "Where the state is kept. embedded (the default): a real Postgres that Syncline starts itself under data_dir.",
    "embedded",
    { url: "${DATABASE_URL}" },
  ),
  data_dir: about(z.string().min(1).optional(), "Folder of what Syncline keeps; default .syncline.", ".syncline"),
  mappings: folders("Folder, or folders, of the mapping files, or single files; default ../mappings.", "../mappings"),
  connectors: folders(
    "Folder, or folders, of the connector files, or single files; default ../connectors.",
    "../connectors",
  ),
  admin: about(
    z
      .strictObject({
        listen: listen(
          "Address and port; default 127.0.0.1:8080. Another than loopback is refused without a token.",
          "127.0.0.1:8080",
        ),
        tokens: about(z.array(tokenSchema).optional(), "Who may do what.", [
          { name: "ops", role: "operate", token: { env: "SYNCLINE_ADMIN_TOKEN" } },
        ]),
      })
      .optional(),
    "The pages and the API of the people who run it.",
    { listen: "127.0.0.1:8080" },
  ),
  hooks: about(
    z.strictObject({ listen: listen("Address and port; default 127.0.0.1:8081.", "127.0.0.1:8081") }).optional(),
    "The public listener that webhooks arrive at, POST /hooks/SYSTEM; a port of its own.",
    { listen: "127.0.0.1:8081" },
  ),
  log: about(
    z
      .strictObject({
        level: about(z.enum(LOG_LEVELS).optional(), "The least that is told; default info.", "info"),
        format: about(
          z.enum(["json", "pretty"]).optional(),
          "json (the default) for machines, pretty for people.",
          "json",
        ),
      })
      .optional(),
    "What is written to standard output.",
    { level: "info", format: "json" },
  ),
  traces: about(
    z
      .strictObject({
        url: about(
          z.string().min(1),
          "Address that OpenTelemetry traces are posted to, by OTLP over HTTP.",
          "http://127.0.0.1:4318/v1/traces",
        ),
        headers: about(z.record(z.string().min(1), secretSchema).optional(), "Headers that the receiver asks for.", {
          authorization: { env: "OTEL_TOKEN" },
        }),
        service: about(z.string().min(1).optional(), "Name of this service; default syncline.", "syncline-eu"),
        sample: about(
          z
            .string()
            .regex(/^(?:100|\d{1,2}(?:\.\d{1,4})?)%$/, "a share of the runs, such as 10%")
            .optional(),
          "Share of the runs that are traced; default 100%.",
          "10%",
        ),
      })
      .optional(),
    "A trace of each run, with a span for each request. Left out: there are none.",
    { url: "http://127.0.0.1:4318/v1/traces" },
  ),
  notify: about(z.array(noticeSchema).optional(), "Who is told of what waits for a person.", [
    { on: ["case", "guard"], slack: { url: { env: "SLACK_WEBHOOK" } } },
  ]),
  systems: about(z.record(z.string(), systemSchema), "The accounts, by a name of your choosing.", {
    "hubspot-prod": { connector: "hubspot", secrets: { token: { env: "HUBSPOT_TOKEN" } } },
  }),
});

export type ConfigFile = z.output<typeof configFileSchema>;
export type SystemPart = z.output<typeof systemSchema>;
export type SecretPart = z.output<typeof secretSchema>;
