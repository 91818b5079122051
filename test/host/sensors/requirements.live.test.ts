import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";

const base = new URL("../../../host/sensors/base.js", import.meta.url).href;
const probe = new URL("../../../host/sensors/probe.js", import.meta.url).href;

const script = `
import koffi from ${JSON.stringify(import.meta.resolve("koffi"))};
// A personality with which the kernel calls itself 2.6.
if (process.env.SEEM_OLD) koffi.load(null).func("int personality(ulong)")(0x0020000);
const { loadBase } = await import(${JSON.stringify(base)});
const { probeKernel } = await import(${JSON.stringify(probe)});
const told = { problems: probeKernel().problems };
try {
  loadBase({ scope: { kind: "tree", rootPids: [process.pid] } }).close();
} catch (error) {
  told.name = error.name;
  told.code = error.code;
  told.message = error.message;
}
console.log(JSON.stringify(told));
`;

/** What loading says when it is run by this command. */
function loadBelow(command: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [file = "", ...args] = [...command, process.execPath, "--input-type=module", "-e", script];
  const output = execFileSync(file, args, { env: { ...process.env, ...env }, encoding: "utf8" });
  return JSON.parse(output) as {
    problems: string[];
    name?: string;
    code?: string;
    message?: string;
  };
}

describe("loading the base programs", () => {
  const lacks: readonly (readonly [
    what: string,
    command: readonly string[],
    code: string,
    message: RegExp,
    env?: NodeJS.ProcessEnv,
  ])[] = [
    [
      "without privileges",
      ["setpriv", "--inh-caps=-all", "--bounding-set=-all"],
      "PERMISSION_DENIED",
      /^Live events need the capabilities CAP_BPF and CAP_PERFMON.* run as root/,
    ],
    [
      "without libbpf",
      ["env"],
      "FAILED_PRECONDITION",
      /^Cannot load \/nowhere\/libbpf\.so: install the package libbpf1/,
      { LIBBPF_TS_LIBRARY: "/nowhere/libbpf.so" },
    ],
    [
      "on a kernel without BTF",
      ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$@"', "sh"],
      "FAILED_PRECONDITION",
      /\/sys\/kernel\/btf\/vmlinux.*CONFIG_DEBUG_INFO_BTF=y/,
    ],
    [
      "on a kernel that is too old",
      ["env"],
      "FAILED_PRECONDITION",
      /^This kernel is 2\.6\.\S+; live events need Linux 5\.8 or later\.$/,
      { SEEM_OLD: "1" },
    ],
    [
      "in a pid namespace of its own",
      ["unshare", "-p", "-f"],
      "FAILED_PRECONDITION",
      /pid namespace of its own.*--pid=host/,
    ],
    [
      "in a time namespace of its own",
      ["unshare", "-T", "-f"],
      "FAILED_PRECONDITION",
      /time namespace of its own.*run it in the host's\.$/,
    ],
  ];

  for (const [what, command, code, message, env] of lacks) {
    test(`${what} fails with one sentence that says what to do, and the probe says the same`, () => {
      const told = loadBelow(command, env);
      assert.equal(told.name, "GuidestarError");
      assert.equal(told.code, code);
      assert.match(told.message ?? "", message);
      assert.doesNotMatch(told.message ?? "", /\n/);
      assert.match(told.message ?? "", /\.$/);
      assert.equal(told.problems[0], told.message);
    });
  }

  test("works where nothing is missing", () => {
    assert.deepEqual(loadBelow(["env"]), { problems: [] });
  });
});
