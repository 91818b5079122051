import assert from "node:assert/strict";
import { test } from "node:test";
import type { Policy } from "../../../host/api/policyText.js";
import { noSuchSensor, type Sensors } from "../../../host/api/sensors.js";
import { GuidestarError } from "../../../host/errors.js";
import { connected, existingClient, start, until } from "./harness.js";

/** Sensors kept in memory, each of whose operations takes a moment and notes when it ran. */
class Registry implements Sensors {
  readonly log: string[] = [];
  readonly enabled = new Map<string, boolean>();
  /** What is running goes on after this. */
  hold: Promise<void> | undefined;
  #isBusy = false;

  add = ({ name }: Policy) =>
    this.#run(`add ${name}`, () => {
      if (this.enabled.has(name)) {
        throw new GuidestarError("ALREADY_EXISTS", `sensor ${name} already exists`);
      }
      this.enabled.set(name, true);
    });
  remove = (name: string) =>
    this.#run(`remove ${name}`, () => {
      if (this.enabled.get(name)) {
        throw new GuidestarError(
          "FAILED_PRECONDITION",
          `sensor ${name} enabled, please disable it before removing`,
        );
      }
      if (!this.enabled.delete(name)) throw noSuchSensor(name);
    });
  delete = (name: string) => this.#run(`delete ${name}`, () => void this.enabled.delete(name));
  status = () => [];
  list = () =>
    this.#run("list", () => [...this.enabled].map(([name, enabled]) => ({ name, enabled })));
  enable = (name: string) => this.#run(`enable ${name}`, () => void this.enabled.set(name, true));
  disable = (name: string) =>
    this.#run(`disable ${name}`, () => void this.enabled.set(name, false));
  setConfig = (name: string, key: string, value: string) =>
    this.#run(`set ${name} ${key}=${value}`, () => {});
  getConfig = (name: string, key: string) => this.#run(`get ${name} ${key}`, () => "value");
  stackTraceTrees = () => this.#run("trees", () => []);
  stackTraceTree = (name: string) =>
    this.#run(`tree ${name}`, () => ({ address: { symbol: "root" }, count: 3 }));

  async #run<Result>(what: string, act: () => Result): Promise<Result> {
    assert.ok(!this.#isBusy, `${what} while another runs`);
    this.#isBusy = true;
    this.log.push(what);
    await this.hold;
    await new Promise((resolve) => setTimeout(resolve, 2));
    this.#isBusy = false;
    return act();
  }
}

test("sensor operations of all clients run one at a time, in the order they came", async (t) => {
  const sensors = new Registry();
  const { address } = await start(t, { sensors });
  const [one, other] = [
    await connected(t, { serverAddress: address }),
    await connected(t, { serverAddress: address }),
  ];
  const yaml = "{metadata: {name: web}, spec: {kprobes: [{call: x}]}}";
  const results = await Promise.allSettled([
    one.sensors.addTracingPolicy(yaml),
    one.sensors.addTracingPolicy(yaml),
    one.sensors.removeSensor("web"),
    one.sensors.disableSensor("web"),
    one.sensors.listSensors(),
    one.sensors.removeSensor("web"),
    one.sensors.listSensors(),
    ...Array.from({ length: 5 }, (_, i) => other.sensors.enableSensor(`x${i}`)),
  ]);
  const expected = [
    "add web",
    "add web",
    "remove web",
    "disable web",
    "list",
    "remove web",
    "list",
  ];
  assert.deepEqual(
    sensors.log.filter((what) => !what.startsWith("enable")),
    expected,
  );
  assert.equal(sensors.log.length, results.length);
  const outcome = results.map((result) =>
    result.status === "fulfilled" ? "ok" : `${result.reason.code} ${result.reason.message}`,
  );
  assert.deepEqual(outcome.slice(0, 7), [
    "ok",
    "ALREADY_EXISTS sensor web already exists",
    "FAILED_PRECONDITION sensor web enabled, please disable it before removing",
    "ok",
    "ok",
    "ok",
    "ok",
  ]);
});

test("what a registry answers reaches the client", async (t) => {
  const { address } = await start(t, { sensors: new Registry() });
  const { sensors } = await connected(t, { serverAddress: address });
  await sensors.addTracingPolicy("{metadata: {name: web}, spec: {kprobes: [{call: x}]}}");
  const [sensor] = await sensors.listSensors();
  assert.deepEqual([sensor?.name, sensor?.enabled], ["web", true]);
  await sensors.setSensorConfig("web", "key", "value");
  assert.equal(await sensors.getSensorConfig("web", "key"), "value");
  const root = await sensors.getStackTraceTree("web");
  assert.equal(root?.address?.symbol, "root");
});

test("a call that is cancelled while it waits its turn does nothing", async (t) => {
  const sensors = new Registry();
  let goOn = () => {};
  sensors.hold = new Promise((resolve) => {
    goOn = resolve;
  });
  const { address } = await start(t, { sensors });
  const { client, call } = existingClient(t, address);
  const first = call("EnableSensor", { name: "a" });
  await until(() => sensors.log.length === 1);
  const waiting = client.EnableSensor({ name: "b" }, () => {});
  await call("GetVersion");
  waiting.cancel();
  // On the same connection, so the daemon has read the cancellation before it answers.
  await call("GetVersion");
  goOn();
  await first;
  await call("ListSensors");
  assert.deepEqual(sensors.log, ["enable a", "list"]);
});

test("whatever is thrown becomes a status whose text does no harm", async (t) => {
  const sensors = new Registry();
  const { address } = await start(t, { sensors });
  const { call } = existingClient(t, address);
  const thrown: [unknown, number, string][] = [
    [new GuidestarError("PERMISSION_DENIED", "not you"), 7, "not you"],
    [new Error("boom"), 13, "boom"],
    ["just text", 13, "just text"],
    [undefined, 13, "undefined"],
    [new Error("ü\n\u0000% \ud800"), 13, "ü\n\u0000% \ufffd"],
    [new Error("x".repeat(100_000)), 13, `${"x".repeat(4000)}…`],
  ];
  for (const [value, code, details] of thrown) {
    sensors.enable = async () => {
      throw value;
    };
    await assert.rejects(call("EnableSensor", { name: "a" }), { code, details });
  }
});
