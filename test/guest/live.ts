/** The guest's life from the start of qemu to its end: console, messages, time limits. */
import { createWriteStream, existsSync, renameSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { BootOptions, GuestResult } from "./boot.js";
import type { Message } from "./messages.js";
import { cacheFolder, type Kernel } from "./paths.js";
import { startQemu } from "./qemu.js";

const powerOffMs = 30_000;

/** What of the console is shown when something went wrong. */
export const tailLines = 60;

export async function live(
  options: BootOptions,
  kernel: Kernel,
  image: string,
  imageBytes: number,
): Promise<GuestResult> {
  const { interactive = false, verbose = true, memoryMiB = 3072, cpus = 2 } = options;
  const started = Date.now();
  const since = () => Date.now() - started;
  const qemu = startQemu({ kernel, image, memoryMiB, cpus, interactive, verbose });

  let failure: string | undefined;
  const stop = (reason: string) => {
    failure ??= reason;
    qemu.kill("SIGKILL");
  };
  const onExit = () => qemu.kill("SIGKILL");
  process.once("exit", onExit);
  const onAbort = () => stop("stopped from outside");
  options.signal?.addEventListener("abort", onAbort);
  if (options.signal?.aborted) onAbort();

  const { timeoutMs, bootTimeoutMs = 120_000 } = options;
  const bootTimer = setTimeout(
    () => stop(`did not come up within ${seconds(bootTimeoutMs)}`),
    bootTimeoutMs,
  );
  const timer = setTimeout(() => stop(`was not done after ${seconds(timeoutMs)}`), timeoutMs);

  const console = collectConsole(options.name, qemu.stdout, options.onConsole);
  const qemuErrors = collectText(qemu.stderr);
  const files = new Map<string, Buffer[]>();
  let release: string | undefined;
  let bootMs: number | undefined;
  let exitCode: number | undefined;
  const receive = (message: Message) => {
    switch (message.type) {
      case "hello":
        clearTimeout(bootTimer);
        bootMs = since();
        release = message.kernel;
        break;
      case "event":
        options.onEvent?.(message.test, message.event);
        break;
      case "ran":
        options.onRan?.(message.test);
        break;
      case "file":
        files.set(message.name, [
          ...(files.get(message.name) ?? []),
          Buffer.from(message.base64, "base64"),
        ]);
        break;
      case "done":
        exitCode = message.exitCode;
        if (message.error !== undefined) failure ??= `its agent failed: ${message.error}`;
        setTimeout(() => stop("did not power off"), powerOffMs).unref();
    }
  };
  const messages = readMessages(qemu.stdio[3] as Readable, receive, (line) =>
    stop(`sent what is no message: ${line.slice(0, 200)}`),
  );

  const ended = await new Promise<string>((resolve) => {
    qemu.once("error", (error) => resolve(`qemu could not be started: ${error.message}`));
    qemu.once("close", (code, signal) =>
      resolve(signal ? `qemu was killed by ${signal}` : `qemu ended with exit code ${code}`),
    );
  });
  await messages;
  clearTimeout(bootTimer);
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", onAbort);
  process.off("exit", onExit);
  if (exitCode === undefined) failure ??= whyDied(console.text(), ended, qemuErrors());
  return {
    exitCode: failure === undefined ? exitCode : undefined,
    failure: failure === undefined ? undefined : `the guest ${failure}`,
    console: console.text(),
    files: new Map([...files].map(([name, chunks]) => [name, Buffer.concat(chunks)])),
    kernel: release,
    imageBytes,
    bootMs,
    totalMs: since(),
  };
}

function whyDied(console: string, ended: string, qemuErrors: string): string {
  const panic = /Kernel panic - not syncing: (.*)/.exec(console)?.[1];
  if (panic !== undefined) return `panicked: ${panic.trim()}`;
  return `ended before its job was done (${[ended, qemuErrors.trim()].filter(Boolean).join("; ")})`;
}

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;

/** Below the cache folder, of the guest that has this name. */
export const consoleFile = (name = "1") => (name === "1" ? "console.log" : `console.${name}.log`);

function collectConsole(
  name: string | undefined,
  stream: Readable | null,
  onText: ((text: string) => void) | undefined,
) {
  const file = path.join(cacheFolder, consoleFile(name));
  if (existsSync(file)) renameSync(file, file.replace(/log$/, "previous.log"));
  const log = createWriteStream(file);
  const decoder = new StringDecoder("utf8");
  const chunks: string[] = [];
  stream?.on("data", (bytes: Buffer) => {
    log.write(bytes);
    const text = decoder.write(bytes).replaceAll("\r", "");
    chunks.push(text);
    onText?.(text);
  });
  stream?.once("close", () => log.end());
  return { text: () => chunks.join("") };
}

function collectText(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

/** Resolves when the port is closed. The last line may be half a message if the guest died. */
async function readMessages(
  stream: Readable,
  receive: (message: Message) => void,
  wrong: (line: string) => void,
): Promise<void> {
  let bad: string | undefined;
  stream.on("error", () => {}); // Its other end died, which qemu's exit tells better.
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    if (bad !== undefined) {
      wrong(bad);
      return;
    }
    try {
      receive(JSON.parse(line) as Message);
    } catch {
      bad = line;
    }
  }
}
