/** The options that all commands have, and the connection they lead to. */
import { type Command, Option } from "commander";
import type { Client, ConnectOptions } from "../api/client.js";
import { GuidestarError } from "../errors.js";
import { UsageError } from "./exit.js";

export interface GlobalOptions {
  readonly serverAddress?: string;
  readonly debug?: boolean;
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

export function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option(
        "--server-address <address>",
        "daemon to talk to: unix:///PATH or HOST:PORT (default: unix:///run/guidestar/guidestar.sock if it exists, else localhost:54321)",
      ).env("GUIDESTAR_SERVER"),
    )
    .option("--tls", "connect with TLS; any of the next three implies it")
    .option("--tls-ca <file>", "PEM file of the authorities to trust (default: the system's)")
    .option("--tls-cert <file>", "PEM file of the client's certificate, if the daemon wants one")
    .option("--tls-key <file>", "PEM file of the key for --tls-cert")
    .option("-d, --debug", "show where an error came from");
}

export function globalsOf(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** Whether the daemon was named on the command line itself, not by the environment. */
export function isServerNamed(command: Command): boolean {
  return command.getOptionValueSourceWithGlobals("serverAddress") === "cli";
}

/** Connects as the global options say; if they make no sense, that is a `UsageError`. */
export async function openClient(command: Command): Promise<Client> {
  const { connect } = await import("../api/client.js");
  try {
    return await connect(connectOptions(globalsOf(command)));
  } catch (error) {
    const isUsage = error instanceof GuidestarError && error.code === "INVALID_ARGUMENT";
    throw isUsage ? new UsageError(error.message, { cause: error }) : error;
  }
}

/** Connects, lets `use` work, and closes the connection whatever comes of it. */
export async function withClient<T>(
  command: Command,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await openClient(command);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

function connectOptions(globals: GlobalOptions): ConnectOptions {
  const { serverAddress, tls, tlsCa: caFile, tlsCert: certFile, tlsKey: keyFile } = globals;
  const isTls = tls || caFile !== undefined || certFile !== undefined || keyFile !== undefined;
  return { serverAddress, tls: isTls ? { caFile, certFile, keyFile } : undefined };
}
