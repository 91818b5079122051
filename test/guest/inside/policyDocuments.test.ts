/**
 * Documents as they are in use, each with what it is for: caused, and seen by a client. Those that
 * this kernel can't serve are refused by name.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { workload } from "../../bpf/core/harness.js";
import { act } from "../../conformance/case.js";
import { ipv4 } from "../../conformance/policy/addresses.js";
import { callsIn, killedIn, PolicyStage } from "./policyStage.js";

const documents = fileURLToPath(new URL("../../../../test/policies/events/", import.meta.url));
const calls = workload("calls");
const folder = "/tmp/gs-events";
const [notes, accounts, story, editor] = ["notes.txt", "accounts", "story", "editor"].map(
  (name) => `${folder}/${name}`,
) as [string, string, string, string];

/** All that this process may do, less CAP_SETUID. */
function capset(): string {
  const status = readFileSync("/proc/self/status", "utf8");
  const permitted = BigInt(`0x${/^CapPrm:\s*(\w+)$/m.exec(status)?.[1]}`);
  const bytes = Buffer.alloc(24);
  for (const [i, set] of [permitted & ~(1n << 7n), permitted].entries()) {
    bytes.writeUInt32LE(Number(set & 0xffff_ffffn), 4 * i);
    bytes.writeUInt32LE(Number(set >> 32n), 12 + 4 * i);
  }
  return `capset '#2205082000000000' '#${bytes.toString("hex")}'`;
}

/** A connection to ourselves. */
function connection(port: number): string {
  const to = `'${ipv4("127.0.0.1", port)}' 16`;
  const listening = `socket 2 1 0 , bind %0 ${to} , listen %0 1`;
  return `${calls} ${listening} , socket 2 1 0 , connect %3 ${to} , sendto %3 hello 5 0 0 0 , close %3`;
}

/** In a pid namespace, as somebody who came in from outside; its first process does `first`. */
const inside = (command: string, first = "sleep 1000") =>
  `${act} unshare pid fork [ ${first} ] fork [ exec ${command} ] wait`;
const writing = (file: string, text: string, bytes: number) =>
  `${calls} openat -100 ${file} 1 , write %0 ${text} ${bytes}`;

interface Case {
  /** For the shell. */
  readonly line: string;
  readonly sees?: readonly string[];
  readonly kills?: readonly string[];
  readonly refused?: RegExp;
  readonly check?: (seen: readonly string[]) => void;
}

const cases: Readonly<Record<string, Case>> = {
  "opened-with-capabilities": {
    line: `${act} open 5 /etc/passwd unshare user open 6 /etc/hosts`,
    sees: ["fd_install 3 /etc/hosts"],
  },
  "opened-on-host": {
    line: `${act} open 5 /etc/hosts unshare pid fork [ open 6 /etc/passwd ] wait`,
    sees: ["fd_install 3 /etc/hosts"],
  },
  "no-links": { line: "true", refused: /__x64_sys_linkat: Override is not possible.*lsmhooks/ },
  "no-links-lsm": {
    line: `echo x > ${folder}/secret; ln ${folder}/secret ${folder}/copy 2> /dev/null`,
    sees: ["path_link /gs-events/secret [OVERRIDE]"],
    check: () => assert.ok(!existsSync(`${folder}/copy`)),
  },
  "lost-capability": {
    line: `${calls} openat -100 ${notes} 65 0644 , write %0 before 6 , ${capset()} , write %0 after 5 , write %0 again 5`,
    sees: [`fd_install 3 ${notes} [FOLLOWFD]`, `sys_write ${notes} "after" 5`],
  },
  "no-edits": {
    line: `${editor} openat -100 ${notes} 1 , write %0 spoiled 7; ${writing(notes, "fine", 4)}`,
    sees: [`fd_install 3 ${notes} [FOLLOWFD]`, `sys_write ${notes} "spoiled" 7 [SIGKILL]`],
    kills: [`${editor} SIGKILL`],
    check: () => assert.match(readFileSync(notes, "utf8"), /^fine/),
  },
  "guests-do-not-write": {
    line: `echo a > ${accounts}; ${inside(
      writing(accounts, "evil", 4),
      `fork [ exec ${writing(accounts, "good", 4)} ] wait sleep 1000`,
    )}`,
    sees: [`fd_install 3 ${accounts} [FOLLOWFD]`, `sys_write ${accounts} "evil" 4 [SIGKILL]`],
    kills: [`${calls} SIGKILL`],
  },
  "followed-in-containers": {
    line: inside(
      `${calls} openat -100 ${story} 2 , read %0 @-100 100 , write %0 more 4 , close %0 , write %0 x 1`,
    ),
    sees: [
      `fd_install 3 ${story} [FOLLOWFD]`,
      `sys_read ${story} "text" 100`,
      `sys_write ${story} "more" 4`,
      "sys_close 3 [UNFOLLOWFD]",
    ],
  },
  "written-to-output": {
    line: `${calls} write 1 host 4; ${inside(`${calls} write 1 inside 6`)}`,
    sees: ['sys_write 1 "inside" 6'],
  },
  "rare-calls": {
    line: `mkdir -p ${folder}/m; ${act} unshare mnt tmpfs ${folder}/m; ${calls} ptrace 0 0 7 0 , setuid 0`,
    sees: ["sys_mount none /", `sys_mount tmpfs ${folder}/m`, "sys_ptrace 7", "sys_setuid 0"],
  },
  connections: {
    line: connection(9917),
    sees: [
      "tcp_connect AF_INET 127.0.0.1:9917",
      "tcp_sendmsg AF_INET 127.0.0.1:9917 5",
      "tcp_close AF_INET 127.0.0.1:9917",
    ],
  },
  connecting: {
    line: connection(9918),
    sees: ["security_socket_connect AF_INET 127.0.0.1:9918 16"],
  },
  "files-in-use": {
    line: `${calls} openat -100 ${notes} 2 , read %0 @-10 10 , write %0 x 1 , truncate ${notes} 0; ${editor} getpid`,
    check: (seen) => {
      for (const call of [
        `security_file_permission ${notes} 4 = 0`,
        `security_file_permission ${notes} 2 = 0`,
        `security_path_truncate ${notes} = 0`,
        `security_mmap_file ${editor} 5 = 0`,
      ]) {
        assert.ok(seen.includes(call), `${call} is not among ${seen.join("; ")}`);
      }
    },
  },
  "opened-by-cat": {
    line: "/usr/bin/cat /etc/passwd > /dev/null; /usr/bin/head -1 /etc/passwd > /dev/null",
    sees: ["file_open /etc/passwd"],
  },
  "no-folders": {
    line: `${calls} mkdirat -100 ${folder}/a 0755; ${editor} mkdirat -100 ${folder}/b 0755`,
    sees: ["security_inode_mkdir [OVERRIDE]", "security_inode_mkdir"],
    check: () =>
      assert.deepEqual([existsSync(`${folder}/a`), existsSync(`${folder}/b`)], [false, true]),
  },
  "all-calls": {
    line: `${calls} getpid , lseek 1 2 3`,
    check: (seen) => {
      const made = [39, 8].map((number) => `raw_syscalls/sys_enter ${number}`);
      assert.deepEqual(seen.slice(-3, -1), made, seen.join("; "));
    },
  },
  "dropped-packets": {
    line: `${calls} socket 2 2 0 , sendto %0 hello 5 0 '${ipv4("127.0.0.1", 9)}' 16`,
    // SKB_DROP_REASON_NO_SOCKET of this kernel is only a number here.
    check: (seen) =>
      assert.ok(seen.some((call) => /^kfree_skb_reason AF_INET 127\.0\.0\.1:9 \d+$/.test(call))),
  },
  "tracked-sockets": {
    line: "true",
    refused: /line 14, column \d+: .*guidestar does not support TrackSock: it keeps no table/,
  },
};

let stage: PolicyStage;
const cleanUp: (() => unknown)[] = [];
before(async () => {
  stage = await PolicyStage.start({ after: (each) => cleanUp.push(each as () => unknown) });
  await stage.run(`mkdir -p ${folder}; cp ${calls} ${editor}; echo -n text > ${story}`);
});
after(async () => {
  for (const each of cleanUp.reverse()) await each();
});

test("each document has its case", () => {
  const names = readdirSync(documents).map((file) => file.replace(/\.yaml$/, ""));
  assert.deepEqual(names.sort(), Object.keys(cases).sort());
});

for (const [name, { line, sees, kills, refused, check }] of Object.entries(cases)) {
  test(refused ? `${name}: is refused by name` : `${name}: what it is for is seen`, async () => {
    const yaml = readFileSync(`${documents}${name}.yaml`, "utf8");
    if (refused) {
      await assert.rejects(stage.client.sensors.addTracingPolicy(yaml), { message: refused });
      return assert.deepEqual(await stage.client.policies.list(), []);
    }
    const events = await stage.under(yaml, line);
    const seen = callsIn(events);
    if (sees) assert.deepEqual(seen, sees);
    assert.deepEqual(killedIn(events), kills ?? []);
    check?.(seen);
  });
}
