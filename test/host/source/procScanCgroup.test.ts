import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cgroupOf, findCgroupMount } from "../../../host/source/procScanCgroup.js";

const nameOf = (text: string) => cgroupOf(text, undefined).name;

describe("the cgroup name of a scanned process", () => {
  test("is the leaf of the v2 path", () => {
    assert.equal(nameOf("0::/system.slice/docker-abc.scope\n"), "docker-abc.scope");
  });

  test("is the leaf of the memory controller where v2 is mounted but not used", () => {
    const text = "9:name=systemd:/init\n4:memory,hugetlb:/docker/abc\n3:pids:/other\n0::/\n";
    assert.equal(nameOf(text), "abc");
  });

  test("is the leaf of the pids controller if memory is in its root", () => {
    assert.equal(nameOf("4:memory:/\n3:pids:/kubepods/pod1/xyz\n"), "xyz");
  });

  test("has the directory above for a leaf called container", () => {
    const text = "0::/machine.slice/libpod-abc.scope/container\n";
    assert.equal(nameOf(text), "libpod-abc.scope/container");
  });

  test("is empty in the root, and unknown if the file can't be read", () => {
    assert.equal(nameOf("0::/\n"), "");
    assert.equal(cgroupOf(undefined, undefined).name, undefined);
  });

  test("may have colons, and is that of a cgroup deleted meanwhile", () => {
    assert.equal(nameOf("0::/kubepods/cri-containerd:abc (deleted)\n"), "cri-containerd:abc");
  });
});

describe("the mount of the v2 hierarchy", () => {
  test("is found among others, with blanks in its path", () => {
    const mounts = [
      "24 1 0:20 / /sys rw,nosuid - sysfs sysfs rw",
      "31 24 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
      "32 24 0:27 /part /sys/fs/cgroup/uni\\040fied rw,relatime shared:9 - cgroup2 cgroup2 rw",
    ].join("\n");
    assert.deepEqual(findCgroupMount(mounts), {
      root: "/part",
      folder: "/sys/fs/cgroup/uni fied",
    });
  });

  test("is undefined where there is none", () => {
    assert.equal(findCgroupMount("24 1 0:20 / /sys rw - sysfs sysfs rw\n"), undefined);
  });
});
