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
