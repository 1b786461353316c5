// Server-sent events over a real connection.

import { afterEach, expect, test } from "@jest/globals";
import { EventEmitter, once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { ask } from "./ask.ts";
import { newWorld, operatorOf, startAdmin, stopAll } from "./world.ts";

afterEach(stopAll);

const TOKENS = [{ name: "eye", role: "view" as const, token: "eye-0123456789abcdefghijk" }];

async function watch(port: number, token: string): Promise<IncomingMessage> {
  const sent = request({
    host: "127.0.0.1",
    port,
    path: "/v1/events",
    headers: { authorization: `Bearer ${token}` },
    agent: false,
  });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.setEncoding("utf8");
  return response;
}

/** Reads on until the text has come. */
async function readUntil(response: IncomingMessage, wanted: string): Promise<string> {
  let text = "";
  for await (const part of response) {
    text += String(part);
    if (text.includes(wanted)) return text;
  }
  throw new Error(`the stream ended before ${wanted}: ${text}`);
}

test("a watcher is told what happens, one event a frame", async () => {
  const { admin, world } = await startAdmin({ tokens: TOKENS });
  const response = await watch(admin.port, "eye-0123456789abcdefghijk");

  world.emit("run\nevil: yes", { pair: "crm-billing", text: "two\nlines" });
  const text = await readUntil(response, "two");

  expect(response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
  expect(response.headers["cache-control"]).toBe("no-store");
  expect(text).toContain('event: run evil: yes\ndata: {"pair":"crm-billing","text":"two\\nlines"}\n\n');
});

test("events need a token where tokens are configured", async () => {
  const { admin } = await startAdmin({ tokens: TOKENS });

  expect((await ask(admin, "GET", "/v1/events")).status).toBe(401);
});

test("HEAD does not open a stream", async () => {
  const { admin } = await startAdmin();

  expect((await ask(admin, "HEAD", "/v1/events")).status).toBe(405);
});

test("a watcher that leaves is forgotten", async () => {
  const left = new EventEmitter();
  const operator = { ...operatorOf(newWorld()), subscribe: () => () => void left.emit("left") };
  const forgotten = once(left, "left");
  const { admin } = await startAdmin({ tokens: TOKENS, operator });
  const response = await watch(admin.port, "eye-0123456789abcdefghijk");

  response.destroy();

  await expect(forgotten).resolves.toEqual([]);
});

test("closing ends the streams, so that the daemon can stop", async () => {
  const { admin } = await startAdmin({ tokens: TOKENS });
  const response = await watch(admin.port, "eye-0123456789abcdefghijk");
  response.resume();

  await Promise.all([admin.close(), once(response, "close")]);

  expect(response.destroyed).toBe(true);
});
