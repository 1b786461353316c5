// `syncline connect`, as a person types it: against a real OAuth server, with a browser that is played by fetch.

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import pg from "pg";
import { startOAuthServer, type OAuthServer } from "../connector/oauth-server.ts";
import { endAll, type Running } from "../e2e/command.ts";
import { config, makeProject, type Project } from "../e2e/project.ts";

jest.setTimeout(240_000);

const SHOP = `# yaml-language-server: $schema=../schema/connector.json
connector: shop
protocol: rest
settings: { base_url: { required: true } }
secrets: { client_id: { required: true } }
base_url: "{{ settings.base_url }}"
auth:
  scheme: oauth2
  grant: authorization_code
  token_url: "{{ settings.base_url }}/token"
  authorize_url: "{{ settings.base_url }}/authorize"
  device_url: "{{ settings.base_url }}/device"
  client_id: client_id
  scope: read write
objects:
  contact:
    list: { request: GET /contacts }
`;

let server: OAuthServer;
let project: Project;
beforeAll(async () => {
  server = await startOAuthServer();
  project = await makeProject({
    config: `${config("{ url: ${DATABASE_URL} }")}  shop:
    connector: shop
    settings: { base_url: "\${SHOP_URL}" }
    secrets: { client_id: { env: SHOP_CLIENT } }
    allow_private: true
`,
    env: { SHOP_URL: server.origin, SHOP_CLIENT: "client-1" },
  });
  project.write("connectors/shop.yaml", SHOP);
});
afterEach(endAll);
afterAll(async () => {
  await server.close();
  await project.close();
});

async function addressOf(process: Running): Promise<URL> {
  await process.says("waiting for the browser");
  return new URL(/^ {2}(http\S+)$/m.exec(process.stderr())?.[1] ?? "");
}

async function shopCheck(): Promise<string> {
  const { stdout } = await project.run("doctor");
  return stdout.split("\n").find((line) => line.includes("system shop")) ?? "";
}

async function tableText(): Promise<string> {
  const client = new pg.Client({ connectionString: project.databaseUrl ?? "" });
  await client.connect();
  const { rows } = await client.query<{ text: string }>("select t::text as text from syncline.tokens t");
  await client.end();
  return rows.map(({ text }) => text).join("\n");
}

test("before anybody connected it, doctor says what to type", async () => {
  expect(await shopCheck()).toContain("shop is not connected; connect it: syncline connect shop");
});

test("a person connects by the browser: a guessed state changes nothing, the right answer does, and the tokens are sealed", async () => {
  const connecting = project.start("connect", "shop", "--no-browser");
  const address = await addressOf(connecting);
  const redirect = address.searchParams.get("redirect_uri") ?? "";

  const guessed = await fetch(`${redirect}?code=x&state=guessed`);
  const sent = await fetch(address, { redirect: "manual" });
  const back = await fetch(sent.headers.get("location") ?? "");
  const { code, stdout, stderr } = await connecting.ended;

  expect([guessed.status, back.status]).toEqual([400, 200]);
  expect(stdout).toBe("shop is connected (read write)\n");
  expect(code).toBe(0);
  expect(await shopCheck()).toContain("answers");
  const key = join(project.folder, "state", "token.key");
  expect(statSync(key).mode & 0o777).toBe(0o600);
  const seen = `${await tableText()}${stdout}${stderr}`;
  expect(seen).toContain("shop");
  for (const text of ["access-", "refresh-", readFileSync(key, "utf8").trim()])
    for (const form of ["utf8", "hex", "base64"] as const)
      expect(seen).not.toContain(
        Buffer.from(text)
          .toString(form)
          .slice(0, text.length > 20 ? 40 : 8),
      );
});

test("with --device and --json one document says how it ended, and the code stands on standard error", async () => {
  const { code, json, stderr } = await project.json("connect", "shop", "--device");

  expect(stderr).toContain("ABCD-EFGH");
  expect(stderr).toContain(`${server.origin}/activate`);
  expect(json).toEqual({ system: "shop", connected: true, lasts: true, scope: "read write" });
  expect(code).toBe(0);
});

test("a person who says no ends it with 1 and the server's word", async () => {
  server.deviceAnswers = ["access_denied"];

  const { code, json, stderr } = await project.json("connect", "shop", "--device");

  expect(json).toMatchObject({ system: "shop", connected: false, code: "access_denied" });
  expect(stderr).toContain("shop is not connected");
  expect(code).toBe(1);
});

test.each([
  [["connect", "shp"], 'there is no system "shp"; did you mean "shop"?'],
  [["connect", "left-account"], "left-account needs nobody to connect it"],
  [["connect", "shop", "--port", "99999"], "--port 99999 is not a port"],
])("syncline %j is told, and exits 2", async (args, told) => {
  const { code, stderr } = await project.run(...args);

  expect(stderr).toContain(told);
  expect(code).toBe(2);
});

test("a lost key, and one that is none, are told with the mend", async () => {
  project.env["SYNCLINE_KEY"] = "a".repeat(64);
  expect(await shopCheck()).toMatch(/sealed with the key \w{8}, and this is the key \w{8}: give back that key/);

  project.env["SYNCLINE_KEY"] = "too short";
  const { code, stderr } = await project.run("status");
  expect(stderr).toContain("the environment variable SYNCLINE_KEY is not a key");
  expect(stderr).toContain("openssl rand -hex 32");
  expect(code).toBe(3);
  delete project.env["SYNCLINE_KEY"];
  expect(existsSync(join(project.folder, "state", "token.key"))).toBe(true);
});
