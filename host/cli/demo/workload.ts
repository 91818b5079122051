/**
 * What the demo watches: for some seconds, a package manager that is busy, a few ordinary commands,
 * and a web server with a hole, through which somebody runs a shell. Runs as a process of its own.
 */
import { exec, spawnSync } from "node:child_process";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

const rounds = Number(process.argv[2] ?? 6);
const pauseMs = Number(process.argv[3] ?? 500);

/** A status page that puts its visitor's text into a shell command: the classic mistake. */
const server = createServer((incoming, outgoing) => {
  const host = new URL(incoming.url ?? "/", "http://localhost").searchParams.get("host");
  exec(`echo checking ${host}`, (error, stdout) => outgoing.end(error ? error.message : stdout));
});

server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address() as AddressInfo;
  for (let round = 0; round < rounds; round++) {
    run("dpkg", "--print-architecture");
    run("dpkg-query", "--show", "dpkg");
    run("uname", "-r");
    run("ls", "/");
    await visit(port, "127.0.0.1; id");
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  server.close();
});

function run(command: string, ...args: string[]): void {
  spawnSync(command, args, { stdio: "ignore" });
}

function visit(port: number, host: string): Promise<void> {
  return new Promise((resolve) => {
    const path = `/?host=${encodeURIComponent(host)}`;
    request({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      response.resume().on("end", resolve);
    })
      .on("error", () => resolve())
      .end();
  });
}
