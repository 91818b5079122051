import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { stackLines } from "../../../host/cli/compact/stacks.js";
import { compactLine } from "../../../host/cli/compact.js";
import { paintFor } from "../../../host/cli/text/paint.js";
import { displayWidth } from "../../../host/cli/text/width.js";
import { messageType } from "../../../host/json/schema.js";
import { fgs, guidestar } from "../../../proto/generated/api.js";
import { arbitraryMessage } from "../json/arbitraryMessage.js";
import { type Event, exec, exit, kprobe, processOf } from "./support/events.js";

const plain = paintFor(false);
const line = (event: Event) => compactLine(event, { paint: plain });

describe("the forms of events", () => {
  const sock = { sock_arg: { saddr: "10.0.0.1", sport: 4242, daddr: "10.0.0.2", dport: 443 } };
  const file = { file_arg: { path: "/etc/passwd" } };
  const write = [file, { bytes_arg: Buffer.from("x") }, { size_arg: 11 }];
  const golden: readonly (readonly [Event, string])[] = [
    [exec("/usr/bin/curl", "-s cilium.io"), "🚀 process node-1 /usr/bin/curl -s cilium.io"],
    [exec("/usr/bin/true"), "🚀 process node-1 /usr/bin/true"],
    [exit("/usr/bin/true", 0), "💥 exit    node-1 /usr/bin/true 0"],
    [exit("/usr/bin/false", 1), "💥 exit    node-1 /usr/bin/false 1"],
    [exit("/usr/bin/sleep", 0, "SIGKILL"), "💥 exit    node-1 /usr/bin/sleep SIGKILL"],
    [kprobe("__x64_sys_write", write), "📝 write   node-1 /usr/bin/curl /etc/passwd 11 bytes"],
    [kprobe("__x64_sys_read", write), "📚 read    node-1 /usr/bin/curl /etc/passwd 11 bytes"],
    [kprobe("__arm64_sys_write", write), "📝 write   node-1 /usr/bin/curl /etc/passwd 11 bytes"],
    [kprobe("sys_write", [{ int_arg: 1 }]), "📝 write   node-1 /usr/bin/curl fd 1"],
    [kprobe("__x64_sys_write"), "📝 write   node-1 /usr/bin/curl"],
    [kprobe("fd_install", [{ int_arg: 3 }, file]), "📬 open    node-1 /usr/bin/curl /etc/passwd"],
    [kprobe("__x64_sys_close", [file]), "📪 close   node-1 /usr/bin/curl /etc/passwd"],
    [
      kprobe("__x64_sys_mount", [{ string_arg: "/dev/sda1" }, { string_arg: "/mnt/my disk" }]),
      '💾 mount   node-1 /usr/bin/curl /dev/sda1 "/mnt/my disk"',
    ],
    [
      kprobe("__x64_sys_pivot_root", [{ string_arg: "/new" }, { string_arg: "/new/old" }]),
      "💾 pivot_root node-1 /usr/bin/curl /new /new/old",
    ],
    [kprobe("__x64_sys_setuid", [{ int_arg: 0 }]), "🔑 setuid  node-1 /usr/bin/curl 0"],
    [kprobe("__x64_sys_clock_settime", []), "⏰ clock_settime node-1 /usr/bin/curl"],
    [setns(0x40000000), "🔧 setns   node-1 /usr/bin/curl net"],
    [setns(0), "🔧 setns   node-1 /usr/bin/curl any"],
    [setns(0x20000 | 0x10000000 | 1), "🔧 setns   node-1 /usr/bin/curl mnt|user|0x1"],
    [
      kprobe("tcp_connect", [sock]),
      "🔧 tcp_connect node-1 /usr/bin/curl 10.0.0.1:4242 -> 10.0.0.2:443",
    ],
    [
      kprobe("tcp_close", [{ sock_arg: { saddr: "::1", sport: 1, daddr: "fe80::2", dport: 2 } }]),
      "🔧 tcp_close node-1 /usr/bin/curl [::1]:1 -> [fe80::2]:2",
    ],
    [
      kprobe("tcp_sendmsg", [sock, { int_arg: 75 }]),
      "🔧 tcp_sendmsg node-1 /usr/bin/curl 10.0.0.1:4242 -> 10.0.0.2:443 bytes 75",
    ],
    [kprobe("security_file_open", [file]), "⁉️ syscall node-1 /usr/bin/curl security_file_open"],
    [kprobe("__x64_sys_lseek"), "⁉️ syscall node-1 /usr/bin/curl __x64_sys_lseek"],
    [hooked("LSM", "file_open", [file]), "🔒 LSM     node-1 /usr/bin/curl file_open /etc/passwd"],
    [
      hooked("LSM", "socket_connect", [{}, { sockaddr_arg: { address: "::1", port: 53 } }]),
      "🔒 LSM     node-1 /usr/bin/curl socket_connect [::1]:53",
    ],
    [hooked("LSM", "bprm_check", []), "🔒 LSM     node-1 /usr/bin/curl bprm_check"],
    [
      hooked("LSM", "capable", [{ capability_arg: { number: 21, name: "CAP_SYS_ADMIN" } }]),
      "🔒 LSM     node-1 /usr/bin/curl capable CAP_SYS_ADMIN",
    ],
    [
      hooked("UPROBE", "readline", [{ string_arg: "rm -r" }], { where: "/bin/bash" }),
      '🕵️ uprobe  node-1 /usr/bin/curl /bin/bash readline "rm -r"',
    ],
    [
      hooked("FUNCTION", "__x64_sys_setuid", [{ long_arg: { value: -1 } }], {
        action: fgs.KprobeAction.KPROBE_ACTION_SIGKILL,
        signal: "SIGKILL",
      }),
      "🔑 setuid  node-1 /usr/bin/curl -1 SIGKILL",
    ],
    [
      hooked("SYSCALL", "__x64_sys_close", [file], {
        action: fgs.KprobeAction.KPROBE_ACTION_OVERRIDE,
        override_error: -1,
      }),
      "📪 close   node-1 /usr/bin/curl /etc/passwd EPERM",
    ],
    [
      hooked("SYSCALL", "__x64_sys_close", [file], { monitored: true }),
      "📪 close   node-1 /usr/bin/curl /etc/passwd (monitored)",
    ],
    [
      hooked("SYSCALL", "__x64_sys_close", [file], { action_failed: true }),
      "📪 close   node-1 /usr/bin/curl /etc/passwd (action failed)",
    ],
    [
      hooked("SYSCALL", "__x64_sys_openat", [{ int_arg: -100 }, { string_arg: "/etc/my hosts" }]),
      '⁉️ syscall node-1 /usr/bin/curl __x64_sys_openat "/etc/my hosts"',
    ],
    [
      {
        node_name: "node-1",
        process_tracepoint: {
          process: processOf("/usr/bin/curl"),
          ...{ subsys: "sock", event: "inet_sock_set_state", kind: 4 },
          args: [sock, { int_arg: 2 }],
        },
      },
      "⁉️ tracepoint node-1 /usr/bin/curl sock inet_sock_set_state 10.0.0.1:4242 -> 10.0.0.2:443",
    ],
    // Clients of the API have seen these without a signal or an error.
    [
      hooked("UNDEF", "__x64_sys_lseek", [], {
        action: fgs.KprobeAction.KPROBE_ACTION_SIGKILL,
      }),
      "⁉️ syscall node-1 /usr/bin/curl __x64_sys_lseek SIGKILL",
    ],
    [tracepoint("sched", "sched_switch"), "⁉️ tracepoint node-1 /usr/bin/curl sched sched_switch"],
    [
      tracepoint("raw_syscalls", "sys_enter", 59),
      "☎ syscall node-1 /usr/bin/curl 59 (x86-64: execve)",
    ],
    [tracepoint("raw_syscalls", "sys_enter", 9999), "☎ syscall node-1 /usr/bin/curl 9999"],
    [
      dns(["cilium.io.", "www.cilium.io."], ["104.198.14.52", "2600::1"]),
      "📖 dns     node-1 /usr/bin/curl [cilium.io. www.cilium.io.] => [104.198.14.52 2600::1]",
    ],
    [
      { node_name: "node-1", test: { arg0: 1, arg1: 2, arg2: 3, arg3: 4 } },
      "🧪 test    node-1 1 2 3 4",
    ],
    [{ node_name: "n" }, "❔ unknown n an event of a kind that this client does not know"],
  ];
  for (const [event, expected] of golden) {
    test(`${expected}`, () => assert.equal(line(event), expected));
  }
});

test("an event in a container without a pod shows the container and its runtime", () => {
  const container = { id: `docker://${"a1b2".repeat(16)}`, name: "eager_curie" };
  assert.equal(
    line(exec("/bin/sh", "", { pod: { container } })),
    "🚀 process docker:eager_curie /bin/sh",
  );
  const nameless = { ...container, name: "" };
  assert.equal(
    line(exec("/bin/sh", "", { pod: { container: nameless } })),
    "🚀 process docker:a1b2a1b2a1b2 /bin/sh",
  );
});

test("an event in a pod shows namespace and pod in place of the node", () => {
  const event = exec("/bin/sh", "", { pod: { namespace: "kube-system", name: "tetragon" } });
  assert.equal(line(event), "🚀 process kube-system/tetragon /bin/sh");
});

test("a process about which only the pid is known is shown by it", () => {
  const process = { pid: { value: 7 } };
  assert.equal(line({ process_exit: { process, status: 3 } }), "💥 exit    (pid 7) 3");
  assert.equal(line({ process_exec: { process: {} } }), "🚀 process (unknown process)");
});

test("an event without a process, and a hook without its arguments, make a line all the same", () => {
  assert.equal(line({ node_name: "n", process_exec: {} }), "🚀 process n");
  assert.equal(line(kprobe("tcp_sendmsg")), "🔧 tcp_sendmsg node-1 /usr/bin/curl bytes 0");
  assert.equal(line(kprobe("__x64_sys_mount", [{}])), "💾 mount   node-1 /usr/bin/curl");
});

test("annotations of plugins follow in braces, sorted, quoted where they must be", () => {
  const event = { ...exec("/bin/sh"), annotations: { why: "parent is nginx", rule: "shell" } };
  assert.equal(line(event), '🚀 process node-1 /bin/sh {rule=shell, why="parent is nginx"}');
});

test("a line that stands for many events says for how many", () => {
  const event = { ...exec("/bin/true"), aggregation_info: { count: 17 } };
  assert.equal(line(event), "🚀 process node-1 /bin/true (17 times)");
});

describe("the sign for CAP_SYS_ADMIN", () => {
  const admin = { effective: [7, 21], permitted: [21] };

  test("ends in column 120, whatever is coloured before it", () => {
    for (const isColored of [false, true]) {
      for (const args of ["", "-c true", "x".repeat(60), "日本語"]) {
        const event = exec("/bin/sh", args, { cap: admin });
        const text = compactLine(event, { paint: paintFor(isColored) });
        assert.equal(displayWidth(text), 120, text);
        assert.ok(text.endsWith("🛑 CAP_SYS_ADMIN"), text);
      }
    }
  });

  test("follows after one blank when the line is long", () => {
    const text = line(exec("/bin/sh", "x".repeat(200), { cap: admin }));
    assert.ok(text.endsWith("xx 🛑 CAP_SYS_ADMIN"), text);
  });

  test("goes by the capability's number, not its place in the list", () => {
    const manyOthers = Array.from({ length: 22 }, () => 0);
    assert.doesNotMatch(line(exec("/bin/sh", "", { cap: { effective: manyOthers } })), /🛑/);
  });

  test("needs the effective set: a permitted capability is not in force", () => {
    assert.doesNotMatch(line(exec("/bin/sh", "", { cap: { permitted: [21] } })), /🛑/);
  });
});

test("colours are blue, green, magenta, cyan, and red for the result", () => {
  const text = compactLine(
    { node_name: "n", process_exit: { process: processOf("/b", { arguments: "a" }), status: 1 } },
    { paint: paintFor(true) },
  );
  const [blue, green, magenta, cyan, red, off] = [34, 32, 35, 36, 31, 39].map((n) => `\x1b[${n}m`);
  assert.equal(
    text,
    `${blue}💥 exit   ${off} ${green}n${off} ${magenta}/b${off} ${cyan}a${off} ${red}1${off}`,
  );
});

test("stacks are lines of frames, with what is known of each", () => {
  const event: Event = {
    process_kprobe: {
      kernel_stack_trace: [
        // As it comes from the wire.
        guidestar.StackFrame.decode(
          Buffer.from([8, 0x90, 0x80, 0x80, 0x88, 0xf8, 0xff, 0xff, 0xff, 0xff, 1]),
        ),
        { address: 256, symbol: "do_it", offset: 16, module: "a\nb" },
        { symbol: "start" },
      ],
      user_stack_trace: [{ address: 4096 }],
    },
  };
  assert.deepEqual(stackLines(event, plain), [
    "   kernel 0xffffffff81000010",
    '   kernel 0x100 do_it+0x10 ["a\\nb"]',
    "   kernel 0x0 start",
    "   user   0x1000",
  ]);
  assert.deepEqual(stackLines(exec("/bin/sh"), plain), []);
});

test("timestamps stand in front with nanoseconds, always of one width", () => {
  const withTime = (event: Event) => compactLine(event, { paint: plain, timestamps: true });
  assert.equal(withTime(exec("/b")), "2026-01-31T12:00:00.123456789Z 🚀 process node-1 /b");
  const round = { ...exec("/b"), time: { seconds: 0 } };
  assert.equal(withTime(round), "1970-01-01T00:00:00.000000000Z 🚀 process node-1 /b");
});

test("any event makes exactly one line that can be printed", () => {
  const event = arbitraryMessage(messageType("fgs.GetEventsResponse"));
  fc.assert(
    fc.property(event, (message) => {
      const text = compactLine(message, { paint: plain, timestamps: true });
      assert.ok(text.length > 0);
      assert.doesNotMatch(text, /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u);
    }),
    { numRuns: 1000 },
  );
});

test("nothing that a process chose reaches the terminal unescaped", () => {
  const evil = "a\x1b[2Jb\nc\u202ed\u009b31m\u200b\x7f";
  const event: Event = {
    node_name: evil,
    process_exec: {
      process: processOf(evil, { arguments: evil, pod: { namespace: evil, name: evil } }),
    },
    annotations: { [evil]: evil },
  };
  const events = [
    event,
    exit("/b", 0, evil),
    kprobe(evil),
    kprobe("__x64_sys_mount", [{ string_arg: evil }, { string_arg: evil }]),
    kprobe("__x64_sys_close", [{ file_arg: { path: evil } }]),
    kprobe("tcp_connect", [{ sock_arg: { saddr: evil, daddr: evil } }]),
    tracepoint(evil, evil),
    dns([evil], [evil]),
  ];
  for (const each of events) {
    const text = line(each);
    assert.doesNotMatch(text, /[\p{Cc}\u202e\u200b]/u);
    assert.match(text, /a\\x1b\[2Jb\\nc\\u202ed\\u009b31m\\u200b\\x7f/);
  }
});

function hooked(
  kind: "UNDEF" | "FUNCTION" | "SYSCALL" | "LSM" | "UPROBE",
  functionName: string,
  args: fgs.KprobeArgument.$Properties[],
  more: fgs.ProcessKprobe.$Properties = {},
): Event {
  const event = kprobe(functionName, args);
  const number = guidestar.HookKind[`HOOK_KIND_${kind}`];
  return { ...event, process_kprobe: { ...event.process_kprobe, kind: number, ...more } };
}

function setns(type: number): Event {
  return kprobe("__x64_sys_setns", [{ int_arg: 3 }, { int_arg: type }]);
}

function tracepoint(subsys: string, event: string, number?: number): Event {
  const args = number === undefined ? [] : [{ size_arg: number }];
  const process = processOf("/usr/bin/curl");
  return { node_name: "node-1", process_tracepoint: { process, subsys, event, args } };
}

function dns(names: string[], ips: string[]): Event {
  const process = processOf("/usr/bin/curl");
  return { node_name: "node-1", process_dns: { process, dns: { names, ips } } };
}
