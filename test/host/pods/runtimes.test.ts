/** Asking runtimes, on real sockets that answer, hang, lie, vanish and come back. */
import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import net from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import type { ContainerInfo, LookupAnswer } from "../../../host/pods/answer.js";
import type { Endpoint } from "../../../host/pods/endpoints.js";
import { lastApplied } from "../../../host/pods/probes.js";
import { Runtimes } from "../../../host/pods/runtimes.js";
import { temporaryFolder } from "../../support/daemon.js";
import { bytesOf, type FakeCriOptions, startFakeCri } from "./fakeCri.js";
import { idOf } from "./support.js";

const web = idOf("web");
const sandbox = idOf("sandbox");
const usual: FakeCriOptions = {
  containers: { [web]: { sandboxId: sandbox, name: "nginx" } },
  sandboxes: {
    [sandbox]: {
      namespace: "shop",
      name: "web-0",
      labels: { tier: "front", app: "web", "io.kubernetes.pod.name": "web-0" },
    },
  },
};

async function startRuntimes(t: TestContext, endpoints: readonly Endpoint[]) {
  const told: string[] = [];
  const log = {
    info: (...words: unknown[]) => told.push(String(words.at(-1))),
    warn: (...words: unknown[]) => told.push(String(words.at(-1))),
  } as never;
  const runtimes = await Runtimes.start({ endpoints, log, everyMs: 20 });
  t.after(() => runtimes.close());
  return { runtimes, told };
}

async function criRuntime(t: TestContext, options: FakeCriOptions) {
  const socket = path.join(temporaryFolder(t), "cri.sock");
  const server = await startFakeCri(socket, options);
  t.after(() => server.stop());
  return { socket, server, ...(await startRuntimes(t, [{ kind: "cri", path: socket }])) };
}

function infoIn(answer: LookupAnswer): ContainerInfo {
  assert.ok(answer.kind === "found", `found, not ${answer.kind}`);
  return answer.info;
}

async function until(condition: () => boolean) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a container is told with its pod, image and start time", async (t) => {
  const { runtimes } = await criRuntime(t, usual);
  assert.deepEqual(await runtimes.lookup(web), {
    kind: "found",
    complete: true,
    info: {
      namespace: "shop",
      podName: "web-0",
      labels: ["app=web", "tier=front"],
      id: `containerd://${web}`,
      name: "nginx",
      imageId: "docker.io/shop/web@sha256:abc",
      imageName: "docker.io/shop/web:1",
      startTimeNs: 1_700_000_000_123_456n,
      probes: [],
    },
  });
});

test("the container that holds a pod's namespaces is told with the pod", async (t) => {
  const { runtimes } = await criRuntime(t, usual);
  const { podName, id, name } = infoIn(await runtimes.lookup(sandbox));
  assert.deepEqual([podName, id, name], ["web-0", `containerd://${sandbox}`, ""]);
});

test("a container without a start time is told as not complete", async (t) => {
  const { runtimes } = await criRuntime(t, {
    ...usual,
    containers: { [web]: { sandboxId: sandbox, name: "nginx", startedNs: 0 } },
  });
  const answer = await runtimes.lookup(web);
  assert.equal(answer.kind === "found" && answer.complete, false);
  assert.equal(infoIn(answer).startTimeNs, 0n);
});

test("probes are taken from what kubectl left with the pod", async (t) => {
  const applied = {
    kind: "Pod",
    spec: {
      containers: [
        { name: "other", livenessProbe: { exec: { command: ["no"] } } },
        {
          name: "nginx",
          livenessProbe: { exec: { command: ["cat", "/tmp/ok"] } },
          readinessProbe: { httpGet: { path: "/" } },
          startupProbe: { exec: { command: [1, 2] } },
        },
      ],
    },
  };
  const annotations = { [lastApplied]: JSON.stringify(applied) };
  const { runtimes } = await criRuntime(t, {
    ...usual,
    sandboxes: { [sandbox]: { namespace: "shop", name: "web-0", annotations } },
  });
  assert.deepEqual(infoIn(await runtimes.lookup(web)).probes, [["cat", "/tmp/ok"]]);
});

test("a container that the runtime does not have is unknown", async (t) => {
  const { runtimes, told } = await criRuntime(t, usual);
  assert.deepEqual(await runtimes.lookup(idOf("nobody")), { kind: "unknown" });
  assert.equal(told.filter((line) => line.includes("no usable answer")).length, 0);
});

test("a containerd whose CRI is switched off does not know any container", async (t) => {
  const { runtimes } = await criRuntime(t, { methods: [] });
  assert.deepEqual(await runtimes.lookup(web), { kind: "unknown" });
});

test("many questions for one container are one; many containers are all answered", async (t) => {
  let lists = 0;
  const names = Array.from({ length: 100 }, (_, i) => idOf(`c${i}`));
  const { runtimes } = await criRuntime(t, {
    ...usual,
    containers: Object.fromEntries(
      names.map((id, i) => [id, { sandboxId: sandbox, name: `n${i}` }]),
    ),
    onCall: (method) => {
      if (method === "ListContainers") lists++;
    },
  });
  const answers = await Promise.all([...names, ...names].map((id) => runtimes.lookup(id)));
  assert.deepEqual(
    answers.map((answer) => infoIn(answer).name),
    [...names, ...names].map((_, i) => `n${i % 100}`),
  );
  assert.equal(lists, 100);
});

const lies: Readonly<Record<string, Buffer>> = {
  "another container's id": bytesOf([
    [
      1,
      [
        [1, idOf("other")],
        [2, sandbox],
      ],
    ],
  ]),
  "no protobuf": Buffer.from("HTTP/1.1 200 OK\r\n\r\n<html>"),
  "text that is no UTF-8": bytesOf([
    [
      1,
      [
        [1, web],
        [2, Buffer.from([0xff, 0xfe])],
      ],
    ],
  ]),
  "a field of another type": bytesOf([[1, [[1, 5]]]]),
  "far too much": Buffer.alloc(3 << 20, 0x42),
  "a length beyond the end": Buffer.from([0x0a, 0xff, 0x7f, 0x01]),
};
for (const [name, lie] of Object.entries(lies)) {
  test(`an answer with ${name} is none, and is told once`, async (t) => {
    const { runtimes, told } = await criRuntime(t, {
      ...usual,
      instead: (method) => (method === "ListContainers" ? lie : undefined),
    });
    assert.deepEqual(await runtimes.lookup(web), { kind: "failed" });
    assert.deepEqual(await runtimes.lookup(web), { kind: "failed" });
    assert.equal(told.filter((line) => line.includes("gives no usable answer")).length, 1);
  });
}

test("a status of another container, or a pod that was not asked for, is no answer", async (t) => {
  const status = await criRuntime(t, {
    ...usual,
    instead: (method) =>
      method === "ContainerStatus" ? bytesOf([[1, [[1, idOf("other")]]]]) : undefined,
  });
  assert.deepEqual(await status.runtimes.lookup(web), { kind: "failed" });
  const pod = await criRuntime(t, {
    ...usual,
    instead: (method) =>
      method === "ListPodSandbox" ? bytesOf([[1, [[1, idOf("other")]]]]) : undefined,
  });
  assert.deepEqual(await pod.runtimes.lookup(web), { kind: "failed" });
});

test("names without end are cut", async (t) => {
  const metadata = bytesOf([
    [1, "x".repeat(100_000)],
    [3, "shop"],
  ]);
  const label = [
    5,
    [
      [1, "key"],
      [2, "y".repeat(100_000)],
    ],
  ] as const;
  const { runtimes } = await criRuntime(t, {
    ...usual,
    instead: (method) =>
      method === "ListPodSandbox"
        ? bytesOf([[1, [[1, sandbox], [2, metadata], label]]])
        : undefined,
  });
  const { podName, namespace, labels } = infoIn(await runtimes.lookup(web));
  assert.equal(podName.length, 1024);
  assert.equal(namespace, "shop");
  assert.equal(labels[0]?.length, "key=".length + 1024);
});

test("a runtime that hangs keeps nobody from being told by another", async (t) => {
  const folder = temporaryFolder(t);
  const [slow, quick] = [path.join(folder, "slow.sock"), path.join(folder, "quick.sock")];
  const servers = [
    await startFakeCri(slow, { instead: () => "hang" }),
    await startFakeCri(quick, usual),
  ];
  t.after(() => servers.map((server) => server.stop()));
  const { runtimes } = await startRuntimes(t, [
    { kind: "cri", path: slow },
    { kind: "cri", path: quick },
  ]);
  assert.equal(infoIn(await runtimes.lookup(web)).podName, "web-0");
});

test("a socket that takes connections and never says a word: the question ends without an answer", async (t) => {
  const socket = path.join(temporaryFolder(t), "mute.sock");
  const connections: net.Socket[] = [];
  const mute = net.createServer((connection) => connections.push(connection));
  await new Promise<void>((resolve) => mute.listen(socket, resolve));
  t.after(() => {
    for (const connection of connections) connection.destroy();
    mute.close();
  });
  const { runtimes } = await startRuntimes(t, [
    { kind: "cri", path: socket },
    { kind: "docker", path: socket },
  ]);
  assert.deepEqual(await runtimes.lookup(web), { kind: "failed" });
});

test("a runtime that vanishes and comes back is seen to, and answers again", async (t) => {
  const { runtimes, told, server, socket } = await criRuntime(t, usual);
  let isThere: boolean | undefined;
  runtimes.watch((now) => {
    isThere = now;
  });
  assert.equal(isThere, true);
  infoIn(await runtimes.lookup(web));
  server.stop();
  const { rmSync } = await import("node:fs");
  rmSync(socket, { force: true });
  await until(() => isThere === false);
  assert.deepEqual(await runtimes.lookup(web), { kind: "unknown" }, "there is nobody to ask");
  const again = await startFakeCri(socket, usual);
  t.after(() => again.stop());
  await until(() => isThere === true);
  let answer: LookupAnswer = { kind: "failed" };
  while (answer.kind !== "found") answer = await runtimes.lookup(web);
  assert.equal(infoIn(answer).name, "nginx");
  assert.ok(told.some((line) => line.endsWith("is gone")));
});

test("a socket that is there before the daemon's start or after it is found, a file is not", async (t) => {
  const socket = path.join(temporaryFolder(t), "late.sock");
  const { runtimes } = await startRuntimes(t, [
    { kind: "cri", path: socket },
    { kind: "docker", path: path.join(import.meta.dirname, "runtimes.test.js") },
  ]);
  let isThere: boolean | undefined;
  runtimes.watch((now) => {
    isThere = now;
  });
  assert.equal(isThere, false);
  const server = await startFakeCri(socket, usual);
  t.after(() => server.stop());
  await until(() => isThere === true);
});

async function docker(t: TestContext, listener: RequestListener) {
  const socket = path.join(temporaryFolder(t), "docker.sock");
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return startRuntimes(t, [{ kind: "docker", path: socket }]);
}

const inspected = {
  Id: web,
  Name: "/eager_curie",
  Image: "sha256:feed",
  State: { StartedAt: "2026-01-02T03:04:05.678901234Z" },
  Config: {
    Image: "nginx:1",
    Labels: { b: "2", a: "1" },
    Healthcheck: { Test: ["CMD-SHELL", "curl -f localhost"] },
  },
};

test("a plain Docker container is told by its name, in no pod", async (t) => {
  const urls: (string | undefined)[] = [];
  const { runtimes } = await docker(t, (request, response) => {
    urls.push(request.url);
    response.end(JSON.stringify(inspected));
  });
  assert.deepEqual(infoIn(await runtimes.lookup(web)), {
    namespace: "",
    podName: "",
    labels: ["a=1", "b=2"],
    id: `docker://${web}`,
    name: "eager_curie",
    imageId: "sha256:feed",
    imageName: "nginx:1",
    startTimeNs: BigInt(Date.parse("2026-01-02T03:04:05Z")) * 1_000_000n + 678_901_234n,
    probes: [["/bin/sh", "-c", "curl -f localhost"]],
  });
  assert.deepEqual(urls, [`/containers/${web}/json`]);
});

test("a Docker container of a pod is told with the pod", async (t) => {
  const Labels = {
    "io.kubernetes.pod.namespace": "shop",
    "io.kubernetes.pod.name": "web-0",
    "io.kubernetes.container.name": "nginx",
  };
  const { runtimes } = await docker(t, (_, response) =>
    response.end(JSON.stringify({ ...inspected, Config: { ...inspected.Config, Labels } })),
  );
  const { namespace, podName, name, labels } = infoIn(await runtimes.lookup(web));
  assert.deepEqual([namespace, podName, name, labels], ["shop", "web-0", "nginx", []]);
});

const dockerAnswers: Readonly<Record<string, [LookupAnswer["kind"], RequestListener]>> = {
  "that it has no such container": ["unknown", (_, response) => response.writeHead(404).end("{}")],
  "an error": ["failed", (_, response) => response.writeHead(500).end("{}")],
  "no JSON": ["failed", (_, response) => response.end("<html>")],
  "JSON of another kind": ["failed", (_, response) => response.end("[null]")],
  "another container": [
    "failed",
    (_, response) => response.end(JSON.stringify({ ...inspected, Id: idOf("other") })),
  ],
  "far too much": ["failed", (_, response) => response.end(Buffer.alloc(3 << 20, 0x20))],
  "half an answer": [
    "failed",
    (_, response) => {
      response.writeHead(200, { "content-length": 1000 }).write("{");
      setTimeout(() => response.destroy(), 10);
    },
  ],
  "types that are not right": [
    "found",
    (_, response) =>
      response.end(
        JSON.stringify({
          Id: web,
          Name: 5,
          State: [],
          Config: { Labels: { a: 1 }, Healthcheck: 3 },
        }),
      ),
  ],
};
for (const [name, [kind, listener]] of Object.entries(dockerAnswers)) {
  test(`Docker answers ${name}: ${kind}`, async (t) => {
    const { runtimes } = await docker(t, listener);
    assert.equal((await runtimes.lookup(web)).kind, kind);
  });
}
