// `syncline connect SYSTEM`: a person says yes in a browser, and the account's tokens are stored, sealed. With --device the
// browser may be on any other machine.

import { spawn } from "node:child_process";
import type { Command } from "commander";
import type { Authorization, Connected } from "../connector/oauth/authorization.ts";
import { listenForRedirect, type LoopbackPage } from "../connector/oauth/loopback.ts";
import { globalOptions, outputOf, EXIT, type Output } from "./output.ts";
import { inSession, UsageError } from "./session.ts";
import { unknownName } from "./unknown-name.ts";

interface ConnectOptions {
  readonly device?: boolean;
  readonly port?: string;
  /** False: --no-browser. */
  readonly browser: boolean;
}

/** Codes end after ten minutes at most servers; a person who is away that long starts again. */
const WAIT_MS = 10 * 60_000;

export function register(program: Command): void {
  program
    .command("connect <system>")
    .description("log in to a system by a person's consent (OAuth 2), and keep its tokens")
    .option("--device", "show a code to type in on another machine, instead of waiting for a browser on this one")
    .option("--port <port>", "port of this machine that the browser comes back to")
    .option("--no-browser", "print the address and open nothing")
    .action(async (name: string, options: ConnectOptions, command: Command) => {
      const output = outputOf(globalOptions(command));
      const port = portOf(options.port);
      await inSession(output, [], async ({ runtime, project }) => {
        if (!project.systems.has(name)) throw unknownName("system", name, [...project.systems.keys()]);
        const authorization = await runtime.connect(name);
        if (authorization === null) {
          throw new UsageError(
            `${name} needs nobody to connect it: its connector does not say grant: authorization_code`,
          );
        }
        try {
          const attempt = options.device === true ? byDevice : byBrowser;
          const connected = await attempt(authorization, { name, output, port, browser: options.browser });
          return tell(name, connected, output);
        } finally {
          await authorization.close();
        }
      });
    });
}

function portOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UsageError(`--port ${text} is not a port; expected a number from 1 to 65535`);
}

interface Asking {
  readonly name: string;
  readonly output: Output;
  readonly port: number | null;
  readonly browser: boolean;
}

/** Told also with --quiet: without it nothing can happen. */
function show(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function byBrowser(authorization: Authorization, { name, output, port, browser }: Asking): Promise<Connected> {
  const { redirect, can } = authorization;
  if (!can.browser)
    throw new UsageError(`the connector of ${name} has no authorize_url; try: syncline connect ${name} --device`);
  let finish = (query: URLSearchParams): Promise<LoopbackPage> => {
    throw new Error(`came back before it was sent: ${String(query.size)} parameters`);
  };
  const loopback = await listenForRedirect({ port: port ?? redirect.port, path: redirect.path }, (query) =>
    finish(query),
  ).catch((error: unknown) => {
    const wanted = String(port ?? redirect.port);
    throw new UsageError(`cannot listen at port ${wanted} of this machine (${codeOf(error)}); try another --port`);
  });
  try {
    const attempt = authorization.byBrowser(`http://${redirect.host}:${String(loopback.port)}${redirect.path}`);
    if (attempt === null) throw new Error("an authorization with an address has no attempt");
    const connected = new Promise<Connected>((resolve) => {
      const timer = setTimeout(
        () => resolve({ ok: false, code: "E_TIMEOUT", message: "nobody answered in time" }),
        WAIT_MS,
      );
      finish = async (query) => {
        const result = await attempt.finish(query);
        // The answer to another attempt, or somebody who guesses: the right one may still come.
        if (!result.ok && result.code === "E_STATE") return { status: 400, text: `Not connected: ${result.message}.` };
        clearTimeout(timer);
        resolve(result);
        return result.ok
          ? { status: 200, text: `${name} is connected. You can close this window.` }
          : { status: 400, text: "Not connected; the terminal says why." };
      };
    });
    show(`Open this address in a browser and allow it:\n\n  ${attempt.url}\n`);
    if (browser && !output.options.json && process.stdout.isTTY) openBrowser(attempt.url);
    output.remark("waiting for the browser …");
    return await connected;
  } finally {
    await loopback.close();
  }
}

async function byDevice(authorization: Authorization, { name, output }: Asking): Promise<Connected> {
  if (!authorization.can.device)
    throw new UsageError(`the connector of ${name} has no device_url; try: syncline connect ${name}`);
  const attempt = await authorization.byDevice();
  if ("ok" in attempt) return attempt;
  const minutes = String(Math.max(1, Math.round(attempt.lifeSeconds / 60)));
  show(`Open ${attempt.url} on any machine and type in\n\n  ${attempt.code}\n`);
  if (attempt.wholeUrl !== null) show(`or open ${attempt.wholeUrl}\n`);
  output.remark(`waiting, for ${minutes} minutes at most …`);
  return attempt.finish(AbortSignal.timeout(attempt.lifeSeconds * 1000));
}

function tell(name: string, connected: Connected, output: Output): number {
  if (!connected.ok) {
    output.result({ system: name, connected: false, code: connected.code, message: connected.message }, "");
    process.stderr.write(`${name} is not connected: ${connected.message}\n`);
    return EXIT.failed;
  }
  const { scope, lasts } = connected;
  output.result(
    { system: name, connected: true, lasts, scope },
    `${name} is connected${scope === null ? "" : ` (${scope})`}`,
  );
  if (!lasts)
    output.remark("the server gave no refresh token: it has to be connected again when the access token ends");
  return EXIT.done;
}

/** Without a browser nothing happens: the address stands in the terminal. */
function openBrowser(url: string): void {
  const [program, ...before] =
    process.platform === "darwin"
      ? ["open"]
      : process.platform === "win32"
        ? ["rundll32", "url.dll,FileProtocolHandler"]
        : ["xdg-open"];
  const child = spawn(program ?? "xdg-open", [...before, url], { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
