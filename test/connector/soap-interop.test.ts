// Our envelopes read, and our answers written, by somebody else's SOAP server: that of the `soap` package.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import soap from "soap";
import type { HttpClient } from "../../src/connector/http.ts";
import { answerOf, FIXTURES, openAccount, testClient } from "./soap-account.ts";

/** That server keeps one schema a namespace, and one set of operations for two ports: it gets them so. */
const XML = readFileSync(join(FIXTURES, "billing.wsdl"), "utf8")
  .replace(/<\/xs:schema>\s*<!--.*-->\s*<xs:schema [^>]*>/, "")
  .replace(/<wsdl:binding name="Billing12"[\s\S]*?<\/wsdl:binding>/, "")
  .replace(/<wsdl:port name="Billing12".*/, "");

const ADA = {
  id: "00123",
  name: 'Ada & "Söhne" <GmbH>',
  email: null,
  since: "2026-02-28",
  balance: "19.90",
  tag: ["a", "b"],
};

let http: HttpClient;
let server: Server;
let url = "";
/** What the operations were called with, newest last. */
const calls: { readonly operation: string; readonly args: unknown }[] = [];

const record =
  (operation: string, answer: (args: Readonly<Record<string, unknown>>) => unknown) =>
  (args: Readonly<Record<string, unknown>>): unknown => {
    calls.push({ operation, args });
    return answer(args);
  };

beforeAll(async () => {
  server = createServer((_, response) => {
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const operations = {
    GetCustomer: record("GetCustomer", (args) => {
      if (args["id"] === "gone") {
        throw {
          Fault: { faultcode: "soap:Client", faultstring: "no such customer", detail: { error: { code: "NotFound" } } },
        };
      }
      return { customer: ADA };
    }),
    ListCustomers: record("ListCustomers", (args) => ({
      customers: { customer: args["page"] === 1 ? [ADA] : [] },
      ...(args["page"] === 1 ? { next: 2 } : {}),
    })),
    SaveCustomer: record("SaveCustomer", () => ({ id: "7" })),
  };
  await new Promise<void>((resolve, reject) => {
    const listening = soap.listen(server, {
      path: "/soap",
      services: { BillingService: { Billing11: operations } },
      xml: XML,
      uri: join(FIXTURES, "billing.wsdl"),
      callback: (error: unknown) => (error === null || error === undefined ? resolve() : reject(error)),
    });
    listening.authenticate = (security: unknown) => {
      const token = (security as { UsernameToken?: { Username?: unknown; Password?: { $value?: unknown } } })
        .UsernameToken;
      return token?.Username === "erp" && token.Password?.$value === "p&ss";
    };
  });
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/soap`;
  http = testClient();
});

afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const open = (password = "p&ss") =>
  openAccount({
    http,
    baseUrl: url,
    file: { secrets: { user: {}, password: {} }, soap: { security: { username: "user", password: "password" } } },
    secrets: { user: "erp", password },
  });

describe("the soap package's server", () => {
  test("understands a call, and its answer is read", async () => {
    const answer = answerOf(await open().call({ call: "GetCustomer", args: { id: "{{ id }}" } }, { id: "00123" }));

    expect(calls.at(-1)).toEqual({ operation: "GetCustomer", args: { id: "00123" } });
    expect(answer).toMatchObject({
      status: 200,
      fault: null,
      body: { customer: { id: "00123", name: ADA.name, since: "2026-02-28", balance: "19.90", tag: ["a", "b"] } },
    });
  });

  test("gets nested elements, lists and nil as they were meant", async () => {
    const customer = {
      name: ADA.name,
      balance: null,
      tag: ["x"],
      addresses: {
        address: [
          { line: "Ring 1", zip: "01010" },
          { line: "Ring 2", zip: "01020" },
        ],
      },
    };
    const answer = answerOf(
      await open().call({ call: "SaveCustomer", args: { customer: "{{ record }}" } }, { record: customer }),
    );

    expect(answer.body).toEqual({ id: "7" });
    expect(calls.at(-1)?.args).toMatchObject({
      customer: { name: ADA.name, tag: ["x"], addresses: customer.addresses },
    });
  });

  test("answers a listing of one and of none", async () => {
    const list = async (page: number) =>
      answerOf(
        await open().call({ call: "ListCustomers", args: { page: "{{ page.number }}" } }, { page: { number: page } }),
      ).body;

    expect(await list(1)).toMatchObject({ customers: { customer: [{ id: "00123" }] }, next: "2" });
    expect(await list(2)).toEqual({ customers: { customer: [] } });
  });

  test("answers a fault", async () => {
    const { fault, status } = answerOf(await open().call({ call: "GetCustomer", args: { id: "gone" } }));

    expect([status, fault]).toEqual([200, { code: "Client.NotFound", message: "no such customer" }]);
  });

  test("refuses another password", async () => {
    expect(answerOf(await open("wrong").call({ call: "GetCustomer", args: { id: "1" } })).fault?.message).toMatch(
      /username or password/i,
    );
  });
});
