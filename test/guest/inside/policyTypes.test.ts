/** Every type of argument, on a real call that has it, as clients see it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { toNumber } from "../../../host/api/numbers.js";
import { fgs } from "../../../proto/generated/api.js";
import { workload } from "../../bpf/core/harness.js";
import { act } from "../../conformance/case.js";
import { ipv4, lengthOf } from "../../conformance/policy/addresses.js";
import { PolicyStage } from "./policyStage.js";

const calls = workload("calls");
const folder = "/tmp/gs-types";
const nowhere = ipv4("127.0.0.1", 4);

/** By function: its arguments, YAML. */
const functions = {
  security_perf_event_alloc: "{index: 0, type: perf_event}",
  do_init_module:
    "{index: 0, type: module}, {index: 0, type: bool, resolve: async_probe_requested}",
  free_module: "{index: 0, type: module}",
  layout_symtab: "{index: 0, type: module}, {index: 1, type: load_info}",
  generic_file_write_iter: "{index: 0, type: kiocb}, {index: 1, type: iov_iter}",
  __dev_change_flags: "{index: 0, type: net_device}, {index: 1, type: uint32}",
  security_capset:
    "{index: 0, type: cred}, {index: 1, type: cap_effective}, {index: 2, type: kernel_cap_t}, {index: 3, type: cap_inheritable}, {index: 4, type: cap_permitted}",
  security_create_user_ns: "{index: 0, type: cred}",
  cap_capable: "{index: 1, type: user_namespace}, {index: 2, type: capability}",
  security_bprm_check: "{index: 0, type: linux_binprm}",
  do_filp_open: "{index: 0, type: int}, {index: 1, type: filename}",
  security_path_mkdir: "{index: 0, type: path}, {index: 1, type: dentry}, {index: 2, type: uint16}",
  ip_send_skb: "{index: 1, type: skb}",
  security_socket_connect:
    "{index: 0, type: socket}, {index: 1, type: sockaddr}, {index: 2, type: int}",
  tcp_connect: "{index: 0, type: sock}",
  security_file_open: "{index: 0, type: file}",
};
const syscalls = {
  sys_writev: "{index: 0, type: fd}, {index: 1, type: char_iovec, sizeArgIndex: 3}",
  sys_write:
    "{index: 0, type: fd}, {index: 1, type: char_buf, sizeArgIndex: 3}, {index: 2, type: size_t}",
  sys_lseek:
    "{index: 1, type: int8}, {index: 1, type: uint8}, {index: 1, type: int16}, {index: 1, type: uint32}, {index: 1, type: int64}",
  sys_mkdirat: "{index: 1, type: string}, {index: 2, type: nop}",
};
const policy = (name: string, spec: string) => `
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: type-${name.replaceAll("_", "-")}}
spec: ${spec}
`;
const hookOf =
  (isSyscall: boolean) =>
  ([name, args]: readonly [string, string]) =>
    policy(name, `{kprobes: [{call: ${name}, syscall: ${isSyscall}, args: [${args}]}]}`);
/** One each: on an emulated machine that others use, many hooks take longer than a client waits. */
const policies = [
  ...Object.entries(functions).map(hookOf(false)),
  ...Object.entries(syscalls).map(hookOf(true)),
  policy(
    "calls",
    "{tracepoints: [{subsystem: raw_syscalls, event: sys_enter, args: [{index: 4, type: syscall64}], selectors: [{matchArgs: [{index: 4, operator: Equal, values: [sys_getpid]}]}]}]}",
  ),
];

/** PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, disabled. */
function clock(): string {
  const bytes = Buffer.alloc(112);
  bytes.writeUInt32LE(1, 0);
  bytes.writeUInt32LE(112, 4);
  bytes.writeUInt32LE(1, 8);
  bytes.writeUInt32LE(1, 40);
  return `#${bytes.toString("hex")}`;
}

const makes = (...all: readonly (readonly string[])[]): string =>
  [calls, ...all.flatMap((words, i) => (i > 0 ? [",", ...words] : words))]
    .map((word) => `'${word}'`)
    .join(" ");

const line = [
  `mkdir -p ${folder}`,
  makes(
    ["openat", "-100", `${folder}/file`, "66", "0644"],
    ["write", "%0", "hello", "5"],
    ["writev", "%0", "^one+two", "2"],
    ["lseek", "%0", "-2", "0"],
    ["mkdirat", "-100", `${folder}/made`, "0750"],
    ["perf_event_open", clock(), "0", "-1", "-1", "0"],
    ["socket", "2", "1", "0"],
    ["connect", "%6", nowhere, lengthOf(nowhere)],
    ["socket", "2", "2", "0"],
    ["sendto", "%8", "hello", "5", "0", nowhere, lengthOf(nowhere)],
    ["capset", "#2205082000000000", `#${"01000000ff0000000800000000000000".padEnd(48, "0")}`],
    ["getpid"],
  ),
  "ip link set dev lo up",
  `${act} unshare user`,
  `insmod /usr/lib/modules/$(uname -r)/dummy.ko`,
  "rmmod dummy",
].join("; ");

let stage: PolicyStage;
let events: readonly fgs.GetEventsResponse[];
const cleanUp: (() => unknown)[] = [];
before(async () => {
  stage = await PolicyStage.start({ after: (each) => cleanUp.push(each as () => unknown) });
  events = await stage.under(policies, line);
});
after(async () => {
  for (const each of cleanUp.reverse()) await each();
});

/** Arguments of the calls of a function, by programs of this name. */
function seen(name: string, binary = "/calls") {
  const found = events.flatMap(({ process_kprobe: call }) =>
    call?.function_name?.replace(/^__\w+_sys_/, "sys_") === name &&
    call.process?.binary?.endsWith(binary)
      ? [call.args ?? []]
      : [],
  );
  assert.ok(found.length > 0, `${name} was not seen`);
  return found;
}
/** Of the one call that matters. */
const one = (name: string, binary?: string) => seen(name, binary).at(-1) ?? [];
const texts = (names: readonly (number | null)[] | null | undefined) =>
  names?.map((each) => fgs.CapabilitiesType[each ?? 0]);

describe("files", () => {
  test("file, filename, path, dentry, fd, kiocb, linux_binprm", () => {
    assert.ok(
      seen("security_file_open").some(([file]) => file?.file_arg?.path === `${folder}/file`),
    );
    assert.ok(
      seen("do_filp_open").some(
        ([fd, name]) => fd?.int_arg === -100 && name?.string_arg === `${folder}/file`,
      ),
    );
    const [path, dentry, mode] = one("security_path_mkdir");
    assert.equal(path?.path_arg?.path, folder);
    assert.ok(dentry?.path_arg?.path?.endsWith("/made"), dentry?.path_arg?.path ?? "");
    assert.equal(toNumber(mode?.int_arg ?? mode?.size_arg), 0o750);
    assert.equal(one("sys_write")[0]?.file_arg?.path, `${folder}/file`);
    assert.equal(seen("generic_file_write_iter")[0]?.[0]?.file_arg?.path, `${folder}/file`);
    // What it was before its exec makes the call.
    const executed = seen("security_bprm_check", "").map(([program]) => program?.file_arg?.path);
    assert.ok(executed.includes(calls), String(executed));
  });
});

describe("data", () => {
  const bytes = (arg: fgs.KprobeArgument.$Properties | undefined) =>
    Buffer.from(arg?.bytes_arg ?? []).toString();

  test("char_buf, size_t, char_iovec, iov_iter, string", () => {
    const [, buffer, size] = one("sys_write");
    assert.deepEqual([bytes(buffer), toNumber(size?.size_arg)], ["hello", 5]);
    assert.equal(bytes(one("sys_writev")[1]), "onetwo");
    assert.deepEqual(
      seen("generic_file_write_iter").map(([, iter]) => bytes(iter)),
      ["hello", "onetwo"],
    );
    assert.equal(one("sys_mkdirat")[0]?.string_arg, `${folder}/made`);
  });

  test("integers of each width, bool, syscall64", () => {
    const [s8, u8, s16, u32, s64] = one("sys_lseek");
    assert.deepEqual([s8?.int_arg, s16?.int_arg], [-2, -2]);
    assert.deepEqual([toNumber(u8?.int_arg ?? u8?.size_arg)], [254]);
    assert.equal(toNumber(u32?.size_arg ?? u32?.int_arg) >>> 0, 0xffff_fffe);
    assert.equal(toNumber(s64?.long_arg?.value), -2);
    const [, isAsync] = one("do_init_module", "/insmod");
    assert.equal(isAsync?.int_arg ?? 0, 0);
    const points = events.flatMap(({ process_tracepoint }) => process_tracepoint ?? []);
    const own = points.filter(({ process }) => process?.binary === calls);
    assert.deepEqual(
      own.map(({ args }) => toNumber(args?.[0]?.size_arg ?? args?.[0]?.long_arg?.value)),
      [process.arch === "arm64" ? 172 : 39],
    );
  });
});

describe("the network", () => {
  test("sock, socket, sockaddr, skb, net_device", () => {
    const sock = one("tcp_connect")[0]?.sock_arg;
    assert.deepEqual([sock?.family, sock?.daddr, sock?.dport], ["AF_INET", "127.0.0.1", 4]);
    const [socket, address, length] = one("security_socket_connect");
    const { family, type, protocol } = socket?.sock_arg ?? {};
    assert.deepEqual([family, type, protocol], ["AF_INET", "SOCK_STREAM", "IPPROTO_TCP"]);
    const { address: to, port } = address?.sockaddr_arg ?? {};
    assert.deepEqual([to, port, length?.int_arg], ["127.0.0.1", 4, 16]);
    const skb = one("ip_send_skb")[0]?.skb_arg;
    assert.deepEqual([skb?.protocol, skb?.daddr, skb?.dport], ["IPPROTO_UDP", "127.0.0.1", 4]);
    const [device, flags] = one("__dev_change_flags", "/ip");
    assert.equal(device?.string_arg, "lo");
    assert.equal(toNumber(flags?.size_arg ?? flags?.int_arg) & 1, 1, "IFF_UP");
  });
});

describe("credentials", () => {
  test("cred, sets of capabilities, capability, user_namespace", () => {
    const [cred, held, effective, inheritable, permitted] = one("security_capset");
    assert.equal(cred?.cred_arg?.uid, 0);
    assert.ok(texts(held?.capabilities_arg?.capabilities)?.includes("CAP_SYS_ADMIN"));
    assert.deepEqual(texts(effective?.capabilities_arg?.capabilities), ["CAP_CHOWN"]);
    assert.deepEqual(texts(inheritable?.capabilities_arg?.capabilities), ["CAP_FOWNER"]);
    assert.equal(permitted?.capabilities_arg?.capabilities?.length, 8);
    const [user] = one("security_create_user_ns", "/act");
    assert.equal(user?.cred_arg?.euid, 0);
    const capable = seen("cap_capable", "/insmod");
    const asked = capable.find(([, each]) => each?.capability_arg?.name === "CAP_SYS_MODULE");
    assert.equal(asked?.[0]?.user_ns_arg?.level, 0);
  });
});

describe("the kernel itself", () => {
  test("perf_event, module, load_info", () => {
    const event = one("security_perf_event_alloc")[0]?.perf_event_arg;
    assert.deepEqual([event?.type, toNumber(event?.config)], ["PERF_TYPE_SOFTWARE", 1]);
    assert.equal(one("do_init_module", "/insmod")[0]?.module_arg?.name, "dummy");
    assert.equal(one("free_module", "/rmmod")[0]?.module_arg?.name, "dummy");
    const [module, info] = one("layout_symtab", "/insmod");
    assert.deepEqual([module?.module_arg?.name, info?.module_arg?.name], ["dummy", "dummy"]);
  });
});
