import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { setPriority } from "node:os";
import { test } from "node:test";
import {
  BpfObject,
  ClosedError,
  type Link,
  PerfEvent,
  type ProbedKind,
  type Program,
  probeAttach,
} from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

/** The umask system call of this process, which nothing else here calls. */
const umask = (): void => {
  process.umask(process.umask());
};
const umaskFunction = process.arch === "arm64" ? "__arm64_sys_umask" : "__x64_sys_umask";

interface Case {
  readonly kind: ProbedKind;
  readonly program: string;
  readonly attach: (program: Program) => Link;
  readonly trigger?: () => void;
  /** Before load. */
  readonly target?: string;
  /** What the program is to find as its cookie. */
  readonly cookie?: bigint;
}

const cases: Case[] = [
  { kind: "raw_tracepoint", program: "on_raw_tp", attach: (p) => p.attach() },
  {
    kind: "raw_tracepoint",
    program: "on_raw_tp",
    attach: (p) => p.attachRawTracepoint("sys_enter"),
  },
  { kind: "tp_btf", program: "on_tp_btf", attach: (p) => p.attach() },
  { kind: "tp_btf", program: "on_tp_btf", attach: (p) => p.attachTrace() },
  { kind: "tracepoint", program: "on_tracepoint", attach: (p) => p.attach(), cookie: 0n },
  {
    kind: "tracepoint",
    program: "on_tracepoint",
    attach: (p) => p.attachTracepoint("raw_syscalls", "sys_enter", { cookie: 0x1234567890abn }),
    cookie: 0x1234567890abn,
  },
  {
    kind: "fentry",
    program: "on_fentry",
    target: umaskFunction,
    attach: (p) => p.attachTrace({ cookie: 7 }),
    cookie: 7n,
  },
  { kind: "fexit", program: "on_fexit", target: umaskFunction, attach: (p) => p.attach() },
  { kind: "lsm", program: "on_lsm", attach: (p) => p.attachLsm(), trigger: () => setPriority(0) },
  {
    kind: "kprobe",
    program: "on_kprobe",
    attach: (p) => p.attachKprobe(umaskFunction, { cookie: 11n }),
    cookie: 11n,
  },
  {
    kind: "kretprobe",
    program: "on_kprobe",
    attach: (p) => p.attachKprobe(umaskFunction, { cookie: 12n, return: true }),
    cookie: 12n,
  },
  {
    kind: "kprobe_multi",
    program: "on_kprobe_multi",
    attach: (p) =>
      p.attachKprobeMulti({ functions: ["bpf_fentry_test1", umaskFunction], cookies: [1, 2] }),
    cookie: 2n,
  },
  {
    kind: "ksyscall",
    program: "on_ksyscall",
    attach: (p) => p.attachSyscall("umask", { cookie: 5 }),
    cookie: 5n,
  },
  {
    kind: "uprobe",
    program: "on_uprobe",
    attach: (p) => p.attachUprobe({ path: "libc.so.6", function: "umask", pid: 0, cookie: 99n }),
    cookie: 99n,
  },
  {
    kind: "uretprobe",
    program: "on_uprobe",
    attach: (p) =>
      p.attachUprobe({ path: "libc.so.6", function: "umask", pid: 0, return: true, cookie: 98n }),
    cookie: 98n,
  },
  {
    kind: "perf_event",
    program: "on_perf_event",
    attach: (p) => {
      // The CPU clock of this process, 1000 times a second.
      const event = new PerfEvent({ type: 1, config: 0, frequencyHz: 1000 });
      const link = p.attachPerfEvent(event, { cookie: 3n });
      event.close();
      return link;
    },
    trigger: () => {
      const end = performance.now() + 60;
      while (performance.now() < end);
    },
    cookie: 3n,
  },
];

cases.forEach(({ kind, program: name, attach, trigger = umask, target, cookie }, number) => {
  test(`${number + 1}: ${name} attaches as ${kind} and runs, or the refusal is clear`, () => {
    const object = BpfObject.open(program("attach"));
    try {
      object.variables.set("target_tgid", process.pid);
      const chosen = object.program(name);
      chosen.autoload = true;
      if (target) chosen.setTarget(target);
      const verdict = probeAttach(kind);
      if (!verdict.works) {
        if (kind === "lsm" && verdict.code === "LSM_INACTIVE") return;
        assert.throws(
          () => attach(object.load().program(name)).close(),
          (error: Error & { code: string }) => {
            assert.equal(error.name, "BpfError");
            assert.match(error.message, new RegExp(`^cannot (load|attach) program "${name}"`));
            assert.ok(error.message.includes(`(${error.code})`), error.message);
            return true;
          },
        );
        return;
      }
      object.load();
      const hits = (): bigint => object.variables.get("hits") as bigint;
      trigger();
      assert.equal(hits(), 0n, "ran before it was attached");
      const link = attach(chosen);
      trigger();
      assert.ok(hits() > 0n, "did not run");
      if (cookie !== undefined) assert.equal(object.variables.get("cookie"), cookie);
      link.close();
      const after = hits();
      trigger();
      assert.equal(hits(), after, "ran after its link was closed");
      link.close();
      assert.throws(() => link.fd, ClosedError);
    } finally {
      object.close();
    }
  });
});

function withProgram(name: string, use: (program: Program, object: BpfObject) => void): void {
  const object = BpfObject.open(program("attach"));
  try {
    object.program(name).autoload = true;
    object.variables.set("target_tgid", process.pid);
    use(object.program(name), object);
  } finally {
    object.close();
  }
}

test("a link goes on when its object is closed", () => {
  withProgram("on_raw_tp", (chosen, object) => {
    object.load();
    const link = chosen.attach();
    const { id } = chosen.info();
    object.close();
    assert.equal(link.info().programId, id);
    assert.equal(link.info().typeName, "raw_tracepoint");
    link.close();
    assert.throws(() => link.info(), ClosedError);
  });
});

test("a tracepoint that does not exist is refused with the nearest name", () => {
  withProgram("on_raw_tp", (chosen, object) => {
    object.load();
    assert.throws(() => chosen.attachRawTracepoint("sched_process_exe"), {
      code: "ENOENT",
      message: /to raw_tracepoint sched_process_exe: .*did you mean "sched_process_exec"\?/,
    });
  });
  withProgram("on_tp_btf", (chosen, object) => {
    chosen.setTarget("sys_exit");
    object.load();
    chosen.attach().close();
  });
});

test("a target that libbpf does not find is refused before load, with the nearest name", () => {
  withProgram("on_fentry", (chosen, object) => {
    assert.throws(
      () => {
        chosen.setTarget("vfs_raed");
        object.load();
      },
      { code: "ESRCH", message: /"vfs_raed".*did you mean "vfs_read"\?/ },
    );
  });
});

test("options that contradict each other are refused", () => {
  withProgram("on_raw_tp", (chosen, object) => {
    object.load();
    assert.throws(() => chosen.attachKprobeMulti({}), /either functions or a pattern/);
    assert.throws(
      () => chosen.attachKprobeMulti({ functions: ["a", "b"], cookies: [1] }),
      /one cookie for each function/,
    );
    assert.throws(() => chosen.attachCgroup("/no/such/cgroup"), {
      code: "ENOENT",
      message: "cannot open cgroup /no/such/cgroup: ENOENT; give a directory of cgroup v2",
    });
  });
});

test("a function that is not in the library is refused", () => {
  withProgram("on_uprobe", (chosen, object) => {
    object.load();
    assert.throws(
      () => chosen.attachUprobe({ path: "libc.so.6", function: "no_such_function", pid: 0 }),
      { code: "ENOENT", message: /to uprobe libc.so.6:no_such_function: .*no such function/ },
    );
  });
});

const cgroupRoot = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((path) =>
  existsSync(`${path}/cgroup.controllers`),
);

test("a cgroup program attaches to a cgroup", { skip: !cgroupRoot && "no cgroup v2" }, () => {
  // An empty cgroup of our own: nobody else's packets pass it.
  const path = `${cgroupRoot}/libbpf-ts-test-${process.pid}`;
  mkdirSync(path);
  try {
    withProgram("on_egress", (chosen, object) => {
      object.load();
      const link = chosen.attachCgroup(path);
      assert.equal(link.info().typeName, "cgroup");
      link.close();
    });
  } finally {
    rmdirSync(path);
  }
});

test("an iterator's output is read through its link", () => {
  const object = BpfObject.open(program("iter")).load();
  const squares = object.map<number, number>("squares");
  for (let i = 0; i < 4; i++) squares.update(i, i * i);
  const link = object.program("dump").attachIter({ map: squares });
  const read = (): number[] =>
    Array.from({ length: 4 }, (_, i) => link.iterate().readUInt32LE(4 * i));
  assert.deepEqual(read(), [0, 1, 4, 9]);
  squares.update(3, 100);
  assert.deepEqual(read(), [0, 1, 4, 100]);
  link.close();
  object.close();
});
