// OpenSSH's own server on a free port, with keys made for the test, for whoever runs the test. Null where it is not installed.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

const SSHD = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].find((path) => existsSync(path)) ?? null;

export const hasSshd = SSHD !== null;

export interface SftpServer {
  readonly port: number;
  readonly user: string;
  readonly privateKey: string;
  /** As `host_key` takes it. */
  readonly hostKey: string;
  stop(): Promise<void>;
}

export async function startSftpServer(port: number | null = null, home: string | null = null): Promise<SftpServer> {
  if (SSHD === null) throw new Error("sshd is not installed");
  const folder = home ?? mkdtempSync(join(tmpdir(), "syncline-sshd-"));
  const file = (name: string): string => join(folder, name);
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  for (const name of ["host_key", "client_key"]) {
    if (!existsSync(file(name))) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
  }
  writeFileSync(file("authorized_keys"), readFileSync(file("client_key.pub")));
  const chosen = port ?? (await freePort());
  writeFileSync(
    file("config"),
    [
      `Port ${String(chosen)}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${file("host_key")}`,
      "PidFile none",
      `AuthorizedKeysFile ${file("authorized_keys")}`,
      "PasswordAuthentication no",
      "PermitRootLogin yes",
      "UsePAM no",
      "StrictModes no",
      "Subsystem sftp internal-sftp",
    ].join("\n"),
  );
  const child = spawn(SSHD, ["-D", "-e", "-f", file("config")], { stdio: "ignore" });
  await answering(chosen);
  const hostKey = /SHA256:\S+/.exec(execFileSync("ssh-keygen", ["-l", "-f", file("host_key.pub")]).toString())?.[0];
  return {
    port: chosen,
    user: userInfo().username,
    privateKey: readFileSync(file("client_key"), "utf8"),
    hostKey: hostKey ?? "",
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("data", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => {
        resolve(false);
      });
    });
    if (reached) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("sshd does not answer");
}
