import assert from "node:assert/strict";
import { test } from "node:test";
import { containerId } from "../../../host/events/container.js";

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
