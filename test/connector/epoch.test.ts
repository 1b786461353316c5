// Which account answers: the `epoch:` request of a connector, and what a call that gives up leaves behind for the others.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { closeExpressionsAfterwards, closeSystemsAfterwards, fileText, id, open, problemsOf } from "./opened.ts";
import { startRemote, type Remote } from "./remote.ts";

const OBJECTS =
  'objects: { contact: { list: { request: GET /contacts }, get: { request: "GET /contacts/{{ id }}" } } }';
const EPOCH = fileText(`epoch: { request: GET /me, at: account.id }\n${OBJECTS}`);

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

async function ask(text: string, body: unknown, status = 200): Promise<unknown> {
  remote.answers({ status, body });
  const { system } = await open(text, remote.origin);
  return system.epoch?.();
}

describe("epoch", () => {
  test.each([
    ["text", { account: { id: "org-7" } }, "org-7"],
    ["a number of any length", '{"account":{"id":12345678901234567890}}', "12345678901234567890"],
  ])("is the value at its path: %s", async (_what, body, value) => {
    expect(await ask(EPOCH, typeof body === "string" ? JSON.parse(body.replace(/:(\d+)/, ':"$1"')) : body)).toEqual({
      ok: true,
      value,
    });
  });

  test.each([[{ account: {} }], [{ account: { id: null } }], [{ account: { id: " " } }], [[]]])(
    "%j has no identity: that is a failure, not another account",
    async (body) => {
      expect(await ask(EPOCH, body)).toMatchObject({ ok: false, failure: { kind: "malformed" } });
    },
  );

  test("that is refused is a failure, and of a connector that asks for none there is none", async () => {
    expect(await ask(EPOCH, {}, 403)).toMatchObject({ ok: false, failure: { kind: "auth" } });
    expect(await ask(fileText(OBJECTS), {})).toEqual({ ok: true, value: null });
  });

  test("is checked with the file: its path and its request", () => {
    const at = problemsOf(fileText(`epoch: { request: GET /me, at: "a..b" }\n${OBJECTS}`));
    const request = problemsOf(fileText(`epoch: { request: "GET /{{ nobody }}", at: id }\n${OBJECTS}`));

    expect(at).toMatchObject([{ code: "E_PATH", path: ["epoch", "at"] }]);
    expect(request.map(({ path }) => path[0])).toEqual(["epoch"]);
  });
});

test("a Retry-After that is longer than a call waits holds the other calls of the system too", async () => {
  remote.answers({ status: 429, headers: { "retry-after": "600" } }, { body: { id: "2" } });
  const { system } = await open(EPOCH, remote.origin);
  const contact = system.object("contact", []);
  remote.asked.length = 0;

  const [first] = await contact.get([id("1")]);
  const [second] = await contact.get([id("2")]);

  for (const each of [first, second]) expect(each).toMatchObject({ ok: false, failure: { kind: "throttled" } });
  expect(remote.asked).toHaveLength(1);
});
