import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../../../host/events/model.js";
import type { ArgumentType, HookDescription } from "../../../host/policy/hookSpec.js";
import { caller, decoderWithCaller, description, make } from "../../host/events/hook/support.js";
import { Scene } from "../../host/plugins/events.js";
import { chainOf, compilePlugin } from "../../host/plugins/testPlugin.js";

/** The event of a call, through the real decoder. */
function callEvent(of: HookDescription, record: Buffer): Event {
  const { decode } = decoderWithCaller();
  decode(make.definition(of));
  const event = decode(record);
  assert.ok(event);
  return event;
}

/** The annotations of an event as an object, without the plugin's name. */
function said(event: Event | undefined): Record<string, string> {
  const entries = [...(event?.annotations ?? [])];
  return Object.fromEntries(entries.map(([key, value]) => [key.replace(/^probe\./, ""), value]));
}

async function judge(source: string, events: Event[], eventTypes = ["kprobe", "tracepoint"]) {
  const chain = await chainOf([await compilePlugin(source, { events: eventTypes })]);
  chain.run(events);
  const [plugin] = chain.list();
  assert.equal(plugin?.counts.failed, 0, plugin?.failure);
  return events.map(said);
}

const one = (type: ArgumentType, label?: string) => ({
  type,
  index: 3,
  ...(label !== undefined && { label }),
});

test("a plugin reads what a hook is, what was passed, and what the policy did", async () => {
  const source = `
    import { annotate, Event, HookKind, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      const call = event.isKprobe ? event.kprobe : event.tracepoint;
      annotate("names", call.functionName.toString() + "|" + call.subsystem.toString() + "|"
        + call.policyName.toString() + "|" + call.message.toString() + "|" + call.where.toString());
      annotate("tags", call.tags.length.toString() + (call.hasTag("net") ? " net" : "")
        + (call.hasTag("other") ? " other" : ""));
      annotate("kind", call.kind == HookKind.Uprobe ? "uprobe" : call.kind.toString());
      annotate("done", call.actions.toString() + " " + call.signal.toString() + " "
        + call.overrideError.toString() + (call.isOverridden ? " overridden" : "")
        + (call.isMonitored ? " monitored" : "") + (call.actionFailed ? " failed" : ""));
      annotate("who", call.tid.toString() + " " + call.selector.toString() + " "
        + event.process.binary.toString());
      let sum: i64 = 0;
      for (let n = 0; n < call.args.length; ++n) sum += call.args[n].int;
      annotate("args", call.args.length.toString() + " " + sum.toString());
      const named = call.args.labelled("second");
      if (named) annotate("named", named.int.toString() + " " + named.type.toString() + " "
        + named.index.toString());
      const returned = call.returned;
      annotate("returned", returned ? returned.int.toString() : "nothing");
      const stack = call.kernelStack;
      annotate("stack", stack.length == 0 ? "none" : stack[0].toString() + " " + stack[1].toString()
        + " " + call.userStack.length.toString());
      return Verdict.Keep;
    }`;
  const uprobe = description({
    kind: "uprobe",
    functionName: "readline",
    where: "/bin/bash",
    message: "read",
    tags: ["shell", "net"],
    args: [one("s64"), one("u32", "second")],
    returned: one("s32"),
  });
  const stack = Buffer.from(BigUint64Array.of(0xffffffff81000000n, 7n).buffer);
  const events = [
    callEvent(
      uprobe,
      make.hook(
        {
          ...caller,
          ...{ hook: 7, selector: 1, actions: 1 + 16 + 32, signal: 15, override_error: -13 },
          ...{ flags: 7, args: 2 },
        },
        [
          make.int(0, -5n),
          make.int(1, 4n),
          make.int(16, -1n),
          make.argument("GS_ARG_STACK", 17, { tail: stack }),
        ],
      ),
    ),
    callEvent(
      description({ kind: "tracepoint", subsystem: "sched", functionName: "sched_switch" }),
      make.hook({ ...caller, hook: 7, actions: 1 }),
    ),
  ];
  assert.deepEqual(await judge(source, events), [
    {
      names: "readline||watch|read|/bin/bash",
      tags: "2 net",
      kind: "uprobe",
      done: "49 15 -13 overridden monitored failed",
      who: "12 1 /usr/bin/curl",
      args: "2 -1",
      named: "4 u32 3",
      returned: "-1",
      stack: "18446744071578845184 7 0",
    },
    {
      names: "sched_switch|sched|watch||",
      tags: "0",
      kind: "3",
      done: "1 0 0",
      who: "12 4294967295 /usr/bin/curl",
      args: "0 0",
      returned: "nothing",
      stack: "none",
    },
  ]);
});

test("a plugin reads texts, buffers and files, and sees what was cut", async () => {
  const source = `
    import { annotate, Event, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      const args = event.kprobe.args;
      annotate("string", args[0].string.toString());
      annotate("bytes", args[1].bytes.toString() + " " + args[1].bytes.length.toString() + " of "
        + args[1].size.toString() + (args[1].bytes.contains("key=") ? " key" : "")
        + " " + args[1].bytes[1].toString());
      annotate("path", args[2].path.toString() + " " + args[2].mode.toString()
        + (args[2].isFollowed ? " followed" : ""));
      annotate("long", args[3].string.length.toString() + (args[3].isCut ? " cut" : ""));
      annotate("odd", args[4].string);
      annotate("wrong", args[0].path.toString() + args[2].string.toString() + args[0].int.toString()
        + args[0].sock.dport.toString() + args[1].cred.uid.toString() + args[0].sock.daddr.toString());
      return Verdict.Keep;
    }`;
  const of = description({
    args: [one("string"), one("char_buf"), one("file"), one("string"), one("string")],
  });
  const record = make.hook({ ...caller, hook: 7 }, [
    make.string(0, "/etc/pässwd"),
    make.bytes(1, Buffer.from([0x6b, 0x65, 0x79, 0x3d, 0, 0xff]), 600),
    make.path(2, "/etc/shadow", { mode: 0o100600, flags: 4 }),
    make.string(3, "é".repeat(5000)),
    make.string(4, Buffer.from([0x61, 0xff, 0x62])),
  ]);
  assert.deepEqual(await judge(source, [callEvent(of, record)]), [
    {
      string: "/etc/pässwd",
      bytes: "key=\\x00\\xff 6 of 600 key 101",
      path: "/etc/shadow 33152 followed",
      long: "4096 cut",
      odd: "a\ufffdb",
      wrong: "000",
    },
  ]);
});

test("a plugin reads sockets, packets and addresses of both families", async () => {
  const source = `
    import { Address, annotate, Event, Family, IpSet, Protocol, Verdict } from "guidestar";
    const networks = new IpSet(["10.0.0.0/8", "2001:db8::/32", "fd00:1::/32"]);
    function about(address: Address): string {
      return address.toString() + (address.isLoopback ? " loopback" : "")
        + (address.isPrivate ? " private" : "") + (address.isUnspecified ? " none" : "")
        + (address.isIn(10, 0, 0, 0, 8) ? " 10/8" : "") + (address.equals("10.1.2.3") ? " it" : "")
        + (networks.hasAddress(address) ? " set" : "") + (networks.has(address.text) ? " text" : "");
    }
    export function onEvent(event: Event): Verdict {
      const args = event.kprobe.args;
      for (let n = 0; n < args.length; ++n) {
        const sock = args[n].sock;
        annotate("addresses-" + n.toString(), about(sock.saddr) + ", " + about(sock.daddr));
        annotate("ports-" + n.toString(), sock.sport.toString() + " " + sock.dport.toString()
          + (sock.protocol == Protocol.Tcp ? " tcp" : "") + (sock.family == Family.Inet6 ? " v6" : "")
          + " " + sock.cookie.toString() + " " + sock.length.toString() + " " + sock.hash.toString());
      }
      return Verdict.Keep;
    }`;
  const types = ["sock", "sock", "skb", "sockaddr", "sock"] as const;
  const of = description({ args: types.map((type) => one(type)) });
  const endpoints = (family: number, from: number[], to: number[]) => ({
    family,
    protocol: 6,
    source_port: 40_000,
    destination_port: 443,
    source: Uint8Array.from(from),
    destination: Uint8Array.from(to),
  });
  const sock = (position: number, values: ReturnType<typeof endpoints>) =>
    make.argument("GS_ARG_SOCK", position, {
      struct: "gs_sock",
      values: { ...values, cookie: 1n << 40n },
    });
  const record = make.hook({ ...caller, hook: 7 }, [
    sock(0, endpoints(2, [127, 0, 0, 1], [10, 1, 2, 3])),
    sock(1, endpoints(10, v6(0, 0, 0, 0, 0, 0, 0, 1), v6(0x2001, 0xdb8, 0, 0, 1, 0, 0, 0xab))),
    make.argument("GS_ARG_SKB", 2, {
      struct: "gs_skb",
      values: { ...endpoints(2, [0, 0, 0, 0], [192, 168, 0, 255]), length: 1500, hash: 9 },
    }),
    make.argument("GS_ARG_SOCKADDR", 3, {
      struct: "gs_sockaddr",
      values: { family: 10, port: 53, address: Uint8Array.from(v6(0xfd00, 1)) },
    }),
    sock(4, endpoints(10, v6(0, 0, 0, 0, 0, 0xffff, 0x0a00, 5), v6(1, 2, 3, 4, 5, 6, 7, 8))),
  ]);
  const cookie = 1n << 40n;
  assert.deepEqual(await judge(source, [callEvent(of, record)]), [
    {
      "addresses-0": "127.0.0.1 loopback, 10.1.2.3 private 10/8 it set text",
      "ports-0": `40000 443 tcp ${cookie} 0 0`,
      "addresses-1": "::1 loopback, 2001:db8::1:0:0:ab set text",
      "ports-1": `40000 443 tcp v6 ${cookie} 0 0`,
      "addresses-2": "0.0.0.0 none, 192.168.0.255 private",
      "ports-2": "40000 443 tcp 0 1500 9",
      "addresses-3": ":: none, fd00:1:: private set text",
      "ports-3": "0 53 v6 0 0 0",
      "addresses-4": "::ffff:10.0.0.5 private 10/8 set text, 1:2:3:4:5:6:7:8",
      "ports-4": `40000 443 tcp v6 ${cookie} 0 0`,
    },
  ]);
});

test("a plugin reads credentials, namespaces, BPF objects, perf events and modules", async () => {
  const source = `
    import { annotate, Capability, Event, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      const args = event.kprobe.args;
      const cred = args[0].cred;
      annotate("cred", [cred.uid, cred.gid, cred.euid, cred.egid, cred.suid, cred.sgid, cred.fsuid,
        cred.fsgid, cred.userNamespace, cred.secureBits].join(" ")
        + (cred.capabilities.has(Capability.SysAdmin) ? " admin" : ""));
      const ns = args[1].userNamespace;
      annotate("ns", ns.level.toString() + " " + [ns.uid, ns.gid, ns.inode].join(" "));
      const bpf = args[2].bpf;
      annotate("bpf", bpf.name.toString() + " " + [bpf.type, bpf.instructions, bpf.keySize,
        bpf.valueSize, bpf.maxEntries].join(" "));
      const perf = args[3].perfEvent;
      annotate("perf", perf.name.toString() + " " + perf.type.toString() + " "
        + perf.config.toString() + " " + perf.probeOffset.toString());
      const module = args[4].module;
      annotate("module", module.name.toString() + " " + module.taints.toString()
        + (module.signatureOk ? " signed" : ""));
      annotate("missing", args[5].hasValue.toString() + " " + args[5].error.toString()
        + args[5].path.toString());
      return Verdict.Keep;
    }`;
  const types = ["cred", "user_namespace", "bpf_map", "perf_event", "module", "file"] as const;
  const of = description({ args: types.map((type) => one(type)) });
  const ids = ["uid", "gid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid", "user_ns"];
  const record = make.hook({ ...caller, hook: 7 }, [
    make.argument("GS_ARG_CRED", 0, {
      struct: "gs_cred",
      values: {
        ...Object.fromEntries(ids.map((name, n) => [name, n + 1])),
        secure_bits: 10,
        cap_effective: 1n << 21n,
      },
    }),
    make.argument("GS_ARG_USER_NS", 1, {
      struct: "gs_user_ns",
      values: { level: 2, uid: 1000, gid: 1001, ns: 4026531837 },
    }),
    make.argument("GS_ARG_BPF_MAP", 2, {
      struct: "gs_bpf_object",
      values: {
        ...{ type: 1, instructions: 2, key_size: 3, value_size: 4, max_entries: 5 },
        name: Buffer.from("sixteen_letters!"),
      },
    }),
    make.argument("GS_ARG_PERF_EVENT", 3, {
      struct: "gs_perf_event",
      values: { type: 2, config: 1n << 50n, probe_offset: 8, name: Buffer.from("do_exit") },
    }),
    make.argument("GS_ARG_MODULE", 4, {
      struct: "gs_module",
      values: { taints: 4096n, signature_ok: 1, name: Buffer.from("nf_tables") },
    }),
    make.argument("GS_ARG_PATH", 5, { error: "GS_ARG_NULL" }),
  ]);
  assert.deepEqual(await judge(source, [callEvent(of, record)]), [
    {
      cred: "1 2 3 4 5 6 7 8 9 10 admin",
      ns: "2 1000 1001 4026531837",
      bpf: "sixteen_letters! 1 2 3 4 5",
      perf: `do_exit 2 ${1n << 50n} 8`,
      module: "nf_tables 4096 signed",
      missing: "false 4",
    },
  ]);
});

test("a plugin reads the pod of a process, also one that became known later", async () => {
  const source = `
    import { annotate, Event, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      const process = event.process;
      const pod = process.pod;
      annotate("pod", pod ? pod.namespace.toString() + "/" + pod.name.toString() + " "
        + pod.containerName.toString() + " " + pod.imageName.toString() : "none");
      if (pod) annotate("label", pod.label("app").toString() + "|" + pod.label("tier").toString()
        + "|" + pod.label("ap").toString());
      annotate("ids", process.containerId.toString() + " " + process.interpreter.toString() + " "
        + [process.nsPid, process.euid, process.gid, process.egid].join(" "));
      return Verdict.Keep;
    }`;
  const scene = new Scene();
  const given = { containerId: "ab".repeat(32), interpreter: "/bin/sh", nsPid: 5, euid: 1, gid: 2 };
  const process = { ...scene.process("/app", undefined, {}), ...given };
  const before = scene.exec(process);
  const chain = await chainOf([await compilePlugin(source, { events: ["exec"] })]);
  chain.run([before]);
  const pod = {
    namespace: "shop",
    name: "web-1",
    labels: ["app=web", "tier=front=1", "z="],
    container: {
      ...{ id: "containerd://x", name: "nginx", startTimeNs: 0n },
      image: { id: "sha256:1", name: "nginx:1" },
    },
    maybeExecProbe: false,
  };
  Object.assign(process, { pod });
  const after = scene.exec(process);
  chain.run([after]);
  const ids = `${"ab".repeat(32)} /bin/sh 5 1 2 4294967295`;
  assert.deepEqual(said(before), { pod: "none", ids });
  assert.deepEqual(said(after), { pod: "shop/web-1 nginx nginx:1", label: "web|front=1|", ids });
});

test("plugins that name no event types see execs and exits, as those that were built before", async () => {
  const source = `
    import { annotate, Event, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      annotate("seen", event.isExec || event.isExit);
      return Verdict.Keep;
    }`;
  const scene = new Scene();
  const process = scene.process("/bin/true");
  const call = callEvent(description(), make.hook({ ...caller, hook: 7 }));
  const events = [scene.exec(process), call, scene.exit(process)];
  const chain = await chainOf([await compilePlugin(source)]);
  assert.equal(chain.run(events).length, 3);
  assert.deepEqual(events.map(said), [{ seen: "true" }, {}, { seen: "true" }]);
  assert.equal(chain.list()[0]?.counts.seen, 2);
});

test("asking for an argument that is not there fails, and the event passes", async () => {
  const source = `
    import { annotate, Event, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      annotate("it", event.kprobe.args[1].int);
      return Verdict.Drop;
    }`;
  const of = description({ args: [one("s32")] });
  const event = callEvent(of, make.hook({ ...caller, hook: 7 }, [make.int(0, 1n)]));
  const chain = await chainOf([await compilePlugin(source, { events: ["kprobe"] })]);
  assert.equal(chain.run([event]).length, 1);
  assert.equal(chain.list()[0]?.counts.failed, 1);
});

test("the largest calls that there can be go through, a thousand of them", async () => {
  const source = `
    import { annotate, Event, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      const args = event.kprobe.args;
      annotate("lengths", args[0].bytes.length.toString() + " " + args[4].bytes.length.toString()
        + " " + event.kprobe.userStack.length.toString());
      return Verdict.Keep;
    }`;
  const all = Array.from({ length: 5 }, () => one("char_buf"));
  const of = description({
    args: all,
    message: "m".repeat(5000),
    tags: Array(40).fill("t".repeat(3000)),
  });
  const stack = Buffer.alloc(8 * 1000);
  const record = make.hook({ ...caller, hook: 7, args: 5 }, [
    ...all.map((_, n) => make.bytes(n, Buffer.alloc(60_000, 65))),
    make.bytes(16, Buffer.alloc(60_000, 65)),
    ...Array.from({ length: 20 }, () => make.argument("GS_ARG_STACK", 18, { tail: stack })),
  ]);
  const event = callEvent(of, record);
  const events = Array.from({ length: 1000 }, () => ({ ...event }));
  const shown = await judge(source, events);
  assert.equal(shown.length, 1000);
  for (const each of shown) assert.deepEqual(each, { lengths: "4096 4096 128" });
});

function v6(...groups: number[]): number[] {
  const bytes = Array.from({ length: 8 }, (_, n) => groups[n] ?? 0);
  return bytes.flatMap((group) => [group >>> 8, group & 255]);
}
