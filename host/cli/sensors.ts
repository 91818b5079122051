/** `guidestar sensors`: what the daemon watches, each under the name of its policy or plugin. */
import type { Command } from "commander";
import { withClient } from "./globals.js";
import { print } from "./output.js";
import { jsonOption, type ShowFlags } from "./show.js";
import { printable } from "./text/printable.js";

export function register(program: Command): void {
  const sensors = program
    .command("sensors")
    .summary("list, enable, disable, configure and remove sensors")
    .description(
      "Sensors are what the daemon watches with: one for each tracing policy, under its name.",
    )
    .addHelpText("after", help);
  sensors
    .command("list")
    .alias("ls")
    .description("Lists sensors, and whether they are enabled.")
    .addOption(jsonOption())
    .action(list);
  sensors
    .command("enable")
    .description("Loads and attaches a sensor.")
    .argument("<name>")
    .action(enable);
  sensors
    .command("disable")
    .description("Detaches and unloads a sensor; it stays in the list.")
    .argument("<name>")
    .action(disable);
  sensors
    .command("config")
    .description("Prints a setting of a sensor, or changes it.")
    .argument("<name>")
    .argument("[key]", "without one: all settings, if the sensor tells them")
    .argument("[value]", "to set it to; without one the present value is printed")
    .action(config);
  sensors
    .command("rm")
    .description("Removes a sensor; it must be disabled first.")
    .argument("<name>")
    .action(rm);
}

const help = `
Examples:
  guidestar sensors list
  guidestar sensors disable tcp-connect && guidestar sensors rm tcp-connect
  guidestar sensors config NAME KEY VALUE`;

async function list(flags: ShowFlags, command: Command): Promise<void> {
  const sensors = [...(await withClient(command, (client) => client.sensors.listSensors()))];
  sensors.sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("fgs.ListSensorsResponse", { sensors }));
  }
  const lines = sensors.map(
    ({ name, enabled }) => `${printable(name ?? "")} (${enabled ? "enabled" : "not enabled"})`,
  );
  if (lines.length > 0) await print(lines.join("\n"));
}

async function enable(name: string, _flags: object, command: Command): Promise<void> {
  await withClient(command, ({ sensors }) => sensors.enableSensor(name));
  await print(`sensor ${name} enabled`);
}

async function disable(name: string, _flags: object, command: Command): Promise<void> {
  await withClient(command, ({ sensors }) => sensors.disableSensor(name));
  await print(`sensor ${name} disabled`);
}

async function rm(name: string, _flags: object, command: Command): Promise<void> {
  await withClient(command, ({ sensors }) => sensors.removeSensor(name));
  await print(`sensor ${name} removed`);
}

async function config(
  name: string,
  key: string | undefined,
  value: string | undefined,
  _flags: object,
  command: Command,
): Promise<void> {
  const answer = await withClient(command, async ({ sensors }) => {
    if (value === undefined) return sensors.getSensorConfig(name, key ?? "");
    await sensors.setSensorConfig(name, key ?? "", value);
    return `sensor ${name}: ${key} set to ${value}`;
  });
  await print(answer);
}
