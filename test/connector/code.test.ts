// `code:`: a function in the place of a request. What it may name is checked with the file; what it does wrong is a failure of
// its operation, never of the daemon. The contract suite runs over one in rest-contract.test.ts.

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { compileConnector } from "../../src/connector/compile.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { restProtocol } from "../../src/connector/protocols/rest.ts";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  expressions,
  failureOf,
  fileText,
  open,
  readAll,
  TODAY,
  valueOf,
} from "./opened.ts";
import { startRemote, type Remote } from "./remote.ts";

closeExpressionsAfterwards();
closeSystemsAfterwards();

const FIXTURE = "./test/connector/fixtures/code/contact.js";

const object = (operations: string, more = ""): string =>
  fileText(`${more}\nobjects:\n  contact:\n    ${operations}\n`);

let remote: Remote;
beforeEach(async () => {
  remote = await startRemote();
});
afterEach(() => remote.close());

describe("a function", () => {
  test("makes requests below base_url that are authenticated like any other, with the key of the write", async () => {
    remote.answers({ status: 201, body: { id: "9" } });
    const text = object(
      `create: { code: "${FIXTURE}#create", repeat: by-key }`,
      "secrets: { token: {} }\nauth: { scheme: bearer, token: token }",
    );
    const { system } = await open(text, `${remote.origin}/v1`, { secrets: { token: "s3cret-token" } });

    const [made] = await system.object("contact", []).create([{ key: "k1", record: { name: "Ada", email: "a@b.c" } }]);

    expect(valueOf(made).id).toBe("9");
    const [asked] = remote.asked;
    expect(asked?.path).toBe("/v1/contacts");
    expect(JSON.parse(asked?.body ?? "")).toEqual({ properties: { name: "Ada", email: "a@b.c" } });
    expect(asked?.headers.authorization).toBe("Bearer s3cret-token");
  });

  test("may return a body alone, and values that JSON has no form for", async () => {
    remote.answers({ body: { results: [{ id: 1 }, { id: 2 }] } });
    const { system } = await open(
      object(`list: { code: "${FIXTURE}#list" }\n    create: { code: "${FIXTURE}#fine" }`),
      remote.origin,
    );
    const contact = system.object("contact", []);

    expect((await readAll(contact.list())).records.map((record) => record.id)).toEqual(["1", "2"]);
    expect(valueOf((await contact.create([{ key: "k", record: {} }]))[0]).id).toBe("7");
  });

  test("cannot be led to another host by a path", async () => {
    remote.answers({ status: 201, body: { id: "9" } });
    const { system } = await open(object(`create: { code: "${FIXTURE}#elsewhere" }`), remote.origin);

    await system.object("contact", []).create([{ key: "k", record: {} }]);

    expect(remote.asked.map((asked) => asked.url)).toEqual(["//evil.example/x"]);
  });

  test.each([
    [
      "throws before it asked for anything: that record is refused",
      "throws",
      { kind: "rejected", code: "E_TEMPLATE" },
      0,
    ],
    ["throws after it wrote: nobody knows", "throwsLate", { kind: "unknown", code: "E_CODE" }, 1],
    ["does not end: nobody knows", "never", { kind: "unknown", code: "E_TIMEOUT" }, 0],
    ["returns what is no JSON", "odd", { kind: "rejected" }, 0],
  ])("that %s", async (_, name, expected, sent) => {
    remote.answers({ status: 201, body: { id: "9" } });
    const text = object(`create: { code: "${FIXTURE}#${name}" }`, "timeout: { response: 200ms }");
    const { system } = await open(text, remote.origin);

    const [made] = await system.object("contact", []).create([{ key: "k", record: {} }]);

    expect(failureOf(made)).toMatchObject(expected);
    expect(remote.asked).toHaveLength(sent);
  });
});

describe("the connector file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "syncline-code-"));
    writeFileSync(
      join(folder, "good.js"),
      "export const one = () => null;\nconst two = () => null;\nexport { two, one as three };\n",
    );
    const outside = join(folder, "..", `outside-${String(process.pid)}.js`);
    writeFileSync(outside, "export const one = () => null;\n");
    symlinkSync(outside, join(folder, "link.js"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test.each([
    ["names a function that is there", 'code: "./good.js#one"', []],
    ["names one that is exported in a list", 'code: "./good.js#two"', []],
    ["names one that is exported under another name", 'code: "./good.js#three"', []],
    ["names no such function", 'code: "./good.js#four"', ["E_CODE"]],
    ["names no such file", 'code: "./bad.js#one"', ["E_CODE"]],
    ["leads out of the folder", 'code: "../good.js#one"', ["E_CODE"]],
    ["leads out of the folder by a link", 'code: "./link.js#one"', ["E_CODE"]],
    ["names a whole path", 'code: "/etc/x.js#one"', ["E_CODE"]],
    ["names no function", 'code: "./good.js"', ["E_CODE"]],
    ["says a request beside it", 'code: "./good.js#one", request: GET /x', ["E_COMBINATION"]],
  ])("that %s", (_, code, expected) => {
    const file = connectorFileSchema.parse(parse(object(`list: { ${code} }`)));

    const { problems } = compileConnector(file, {
      expressions,
      protocols: { rest: restProtocol },
      folder,
      today: TODAY,
    });

    expect(problems.map((found) => found.code)).toEqual(expected);
  });
});
