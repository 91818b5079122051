import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { execs, frames } from "./fakePort.js";
import { existingClient, start, until } from "./harness.js";

for (const listen of [undefined, ["localhost:0"]]) {
  const place = listen === undefined ? "a unix socket" : "a loopback port";

  test(`a client that knows only fgs.proto calls all 11 methods over ${place}`, async (t) => {
    const { address, port } = await start(t, { listen });
    const { client, call } = existingClient(t, address);

    assert.deepEqual(await call("GetVersion"), { version: "1.2.3" });
    assert.deepEqual(await call("GetHealth"), {
      health_status: [
        {
          event: "HEALTH_STATUS_TYPE_STATUS",
          status: "HEALTH_STATUS_RUNNING",
          details: "running",
        },
      ],
    });
    assert.deepEqual(await call("ListSensors"), {});
    const missing = { code: status.NOT_FOUND, details: "sensor web does not exist" };
    const name = "web";
    await assert.rejects(call("RemoveSensor", { name }), missing);
    await assert.rejects(call("EnableSensor", { name }), missing);
    await assert.rejects(call("DisableSensor", { name }), missing);
    await assert.rejects(call("SetSensorConfig", { name, cfgkey: "a", cfgval: "b" }), missing);
    await assert.rejects(call("GetSensorConfig", { name, cfgkey: "a" }), missing);
    await assert.rejects(call("GetStackTraceTree", { name }), {
      code: status.NOT_FOUND,
      details: "SttMgTreeToProto: tree web does not exist",
    });
    await assert.rejects(
      call("AddTracingPolicy", { yaml: "metadata: {name: web}\nspec: {kprobes: [{call: x}]}" }),
      {
        code: status.FAILED_PRECONDITION,
        details:
          "this daemon plays a recording and watches no kernel: policy web was read without errors, and nothing was changed",
      },
    );

    const stream = client.GetEvents({ allow_list: [{ event_set: ["PROCESS_EXEC"] }] });
    const received: Record<string, unknown>[] = [];
    stream.on("data", (event: Record<string, unknown>) => received.push(event));
    const ended = new Promise((resolve) => stream.on("status", resolve));
    await until(() => port.feeds.size === 1);
    port.deliver(() => frames(execs(1, 3)));
    port.end();
    assert.equal(((await ended) as { code: number }).code, status.OK);
    assert.equal(received.length, 3);
    assert.deepEqual(Object.keys(received[0] ?? {}).sort(), ["node_name", "process_exec", "time"]);
    assert.deepEqual([...port.feeds.values()], []);
  });
}
