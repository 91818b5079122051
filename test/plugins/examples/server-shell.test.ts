import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Process } from "../../../host/events/model.js";
import type { PluginChain } from "../../../host/plugins/chain.js";
import { Scene } from "../../host/plugins/events.js";
import { chainOf, compileExample } from "../../host/plugins/testPlugin.js";

let chain: PluginChain;
before(async () => {
  chain = await chainOf([await compileExample("server-shell")]);
});

/** What the exec of a process is annotated with; it is always kept. */
function flagsOf(scene: Scene, process: Process): Record<string, string> | undefined {
  const [event] = chain.run([scene.exec(process)]);
  assert.ok(event);
  return event.annotations && Object.fromEntries(event.annotations);
}

test("a shell right under a web server is flagged with the server, its pid and a severity", () => {
  const scene = new Scene();
  const master = scene.process("/usr/sbin/nginx");
  const worker = scene.process("/usr/sbin/nginx", master);
  const shell = scene.process("/bin/sh", worker, { arguments: "-c id" });
  assert.deepEqual(flagsOf(scene, shell), {
    "server-shell.server": "nginx",
    "server-shell.server-pid": `${worker.pid}`,
    "server-shell.severity": "high",
  });
});

test("a shell behind other processes is flagged with the steps to the server, up to four", () => {
  const scene = new Scene();
  const php = scene.process("/usr/sbin/php-fpm8.2");
  const sh = scene.process("/bin/dash", php);
  const python = scene.process("/usr/bin/python3", sh, { arguments: "-c 'import pty'" });
  const bash = scene.process("/bin/bash", python);
  assert.deepEqual(flagsOf(scene, bash), {
    "server-shell.server": "php-fpm8.2",
    "server-shell.server-pid": `${php.pid}`,
    "server-shell.severity": "high",
    "server-shell.steps": "3",
  });
  const fourth = scene.process("/bin/sh", bash);
  assert.equal(flagsOf(scene, fourth)?.["server-shell.steps"], "4");
  assert.equal(flagsOf(scene, scene.process("/bin/sh", fourth)), undefined);
});

test("how bad it is depends on the server", () => {
  const severity = (binary: string, given = "") => {
    const scene = new Scene();
    const server = scene.process(binary, undefined, { arguments: given });
    return flagsOf(scene, scene.process("/usr/bin/zsh", server))?.["server-shell.severity"];
  };
  assert.equal(severity("/usr/sbin/apache2"), "high");
  assert.equal(severity("/usr/bin/redis-server", "*:6379"), "high");
  assert.equal(severity("/usr/lib/postgresql/15/bin/postgres"), "medium");
  assert.equal(severity("/usr/bin/java", "-jar app.jar"), "medium");
  assert.equal(severity("/usr/bin/node", "server.js"), "medium");
  assert.equal(severity("/usr/bin/node", "/usr/bin/npm run build"), undefined);
  assert.equal(severity("/usr/bin/python3.11", "-m http.server 8000"), "high");
  assert.equal(severity("/usr/bin/python3.11", "/usr/bin/gunicorn app:app"), "high");
  assert.equal(severity("/usr/bin/python3.11", "build.py"), undefined);
  assert.equal(severity("/usr/bin/make"), undefined);
});

test("shells of logins, of cron and of other shells are nobody's business", () => {
  const scene = new Scene();
  const systemd = scene.process("/usr/lib/systemd/systemd");
  for (const login of ["/usr/sbin/sshd", "/usr/bin/sudo", "/usr/sbin/cron", "/usr/bin/login"]) {
    const under = scene.process(login, scene.process("/usr/sbin/nginx", systemd));
    const bash = scene.process("/bin/bash", under);
    assert.equal(flagsOf(scene, bash), undefined, login);
    assert.equal(flagsOf(scene, scene.process("/bin/sh", bash)), undefined, login);
  }
  assert.equal(flagsOf(scene, scene.process("/bin/sh")), undefined);
});

test("what a server starts besides shells is not flagged, nor is anything dropped", () => {
  const scene = new Scene();
  const nginx = scene.process("/usr/sbin/nginx");
  assert.equal(flagsOf(scene, scene.process("/usr/bin/logger", nginx)), undefined);
  assert.equal(flagsOf(scene, scene.process("/usr/bin/shuf", nginx)), undefined);
  const exit = scene.exit(scene.process("/bin/sh", nginx));
  assert.deepEqual(chain.run([exit]), [exit]);
  assert.equal(exit.annotations, undefined);
  const [plugin] = chain.list();
  assert.equal(plugin?.counts.dropped, 0);
  assert.equal(plugin?.counts.failed, 0);
});
