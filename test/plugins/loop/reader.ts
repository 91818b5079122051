/**
 * Somebody who types the commands of a document in an empty folder, one after the other, as they stand
 * there. Only a daemon gets words of its own: where it listens, and which events it has.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { type Outcome, type Running, shell, startShell } from "../../host/cli/support/run.js";
import { temporaryFolder } from "../../support/daemon.js";

export class Reader {
  readonly folder: string;
  private readonly env: NodeJS.ProcessEnv;
  private daemon: Running | undefined;
  private daemons = 0;

  /** `daemonWords`: what is added to `guidestar daemon`. */
  constructor(
    t: TestContext,
    private readonly daemonWords: string,
  ) {
    this.folder = temporaryFolder(t);
    this.env = {};
    t.after(() => this.stopDaemon());
  }

  /** Types a line; it must go well. */
  async type(line: string): Promise<Outcome> {
    if (/^guidestar daemon\b/.test(line)) return this.startDaemon(line);
    if (/ --watch\b/.test(line)) return this.watch(line);
    const outcome = await shell(line, { env: this.env, cwd: this.folder });
    assert.equal(outcome.code, 0, `${line}\n${outcome.stdout}${outcome.stderr}`);
    return outcome;
  }

  async stopDaemon(): Promise<void> {
    const { daemon } = this;
    this.daemon = undefined;
    daemon?.child.kill("SIGTERM");
    if (daemon) assert.equal((await daemon.outcome).code, 0);
  }

  private async startDaemon(line: string): Promise<Outcome> {
    await this.stopDaemon();
    const address = `unix://${this.folder}/daemon-${++this.daemons}.sock`;
    this.env.GUIDESTAR_SERVER = address;
    const command = line.replace(/#.*/, "").replace(/&\s*$/, "");
    this.daemon = startShell(`exec ${command} --listen ${address} ${this.daemonWords}`, {
      env: this.env,
      cwd: this.folder,
    });
    await this.daemon.seen("stderr", /listening on/);
    return { code: 0, signal: null, stdout: "", stderr: "" };
  }

  /** Saves the source while the command runs, and ends it as a terminal would. */
  private async watch(line: string): Promise<Outcome> {
    const running = startShell(`exec ${line}`, { env: this.env, cwd: this.folder });
    await running.seen("stdout", /^pushed .*\n/m);
    await running.seen("stderr", /waits for changes/);
    const plugin = /plugin push (\S+)/.exec(line)?.[1] ?? "";
    const source = path.join(this.folder, plugin, "index.ts");
    writeFileSync(source, readFileSync(source, "utf8").replace('"/tmp/"', '"/tmp/", "/run/user/"'));
    await running.seen("stdout", /it replaces [0-9a-f]{12}/);
    running.child.kill("SIGINT");
    const outcome = await running.outcome;
    assert.equal(outcome.code, 0, `${line}\n${outcome.stdout}${outcome.stderr}`);
    return outcome;
  }
}
