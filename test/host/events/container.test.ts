import assert from "node:assert/strict";
import { test } from "node:test";
import { containerId, fullContainerId } from "../../../host/events/container.js";

const id = "0123456789abcdef".repeat(4);
const short = id.slice(0, 31);

test("the id is found in the cgroup name of every runtime and driver", () => {
  for (const name of [
    id,
    `docker-${id}.scope`,
    `cri-containerd-${id}.scope`,
    `crio-${id}.scope`,
    `libpod-${id}.scope`,
    `kubepods-burstable-pod1.slice:cri-containerd:${id}`,
    `libpod-${id}.scope/container`,
  ])
    assert.equal(containerId(name), short, name);
});

test("the id is told from the paths that real runtimes make, whatever driver and version", () => {
  const pod = "pod8e1f5cf3_5b2a_4f0c_9d4e_0a3bb3b0a111";
  const paths = {
    "Docker, cgroupfs, v1": `/docker/${id}`,
    "Docker, systemd, v2": `/system.slice/docker-${id}.scope`,
    "Docker in Docker": `/docker/${"f".repeat(64)}/docker/${id}`,
    "containerd, cgroupfs": `/kubepods/besteffort/${pod}/${id}`,
    "containerd, systemd": `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-${pod}.slice/cri-containerd-${id}.scope`,
    "containerd, systemd named as cgroupfs": `/system.slice/containerd.service/kubepods-burstable-${pod}.slice:cri-containerd:${id}`,
    "containerd by nerdctl": `/system.slice/nerdctl-${id}.scope`,
    "CRI-O, systemd": `/kubepods.slice/kubepods-${pod}.slice/crio-${id}.scope`,
    "CRI-O, cgroupfs": `/kubepods/burstable/${pod}/crio-${id}`,
    "podman, v2": `/machine.slice/libpod-${id}.scope/container`,
    "podman, rootless": `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope/container`,
    "podman, cgroupfs": `/libpod_parent/libpod-${id}`,
    "kind, one in another": `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-${pod}.slice/cri-containerd-${id}.scope`,
  };
  for (const [name, path] of Object.entries(paths)) {
    const [leaf = "", above = ""] = path.split("/").reverse();
    const told = leaf === "container" ? `${above}/${leaf}` : leaf;
    assert.equal(containerId(told), short, name);
  }
});

test("names of other cgroups are no containers", () => {
  for (const name of [
    "",
    "user.slice",
    "session-1.scope",
    "/",
    `${id}.service`,
    "docker-abc.scope",
  ])
    assert.equal(containerId(name), "", name);
});

test("the whole id is found too, without what stands around it", () => {
  for (const name of [id, `docker-${id}.scope`, `x.slice:cri-containerd:${id}`, `crio-${id}`])
    assert.equal(fullContainerId(name), id, name);
  for (const name of ["", "user.slice", `docker-${"g".repeat(64)}.scope`])
    assert.equal(fullContainerId(name), "", name);
});

test("the runtime's monitor of a container is not in it", () => {
  for (const name of [`crio-conmon-${id}.scope`, `libpod-conmon-${id}.scope`]) {
    assert.equal(containerId(name), "");
    assert.equal(fullContainerId(name), "");
  }
});
