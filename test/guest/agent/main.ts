/** Runs in the guest: does the job it finds, tells the host how it goes. Its stdout is the guest's console. */
import { spawn } from "node:child_process";
import { existsSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runFile } from "../../run/runFile.js";
import { exportFolder, type Job, jobFile, type Message, portName, wireEvent } from "../messages.js";

const chunkBytes = 48 * 1024;
const port = await openPort();

send({ type: "hello", kernel: os.release(), uptimeMs: Math.round(os.uptime() * 1000) });
process.env.GUIDESTAR_IN_GUEST = "1";
process.env.GUIDESTAR_EXPORT = exportFolder;
process.env.NODE_OPTIONS = "--enable-source-maps";
await mkdir(exportFolder, { recursive: true });
try {
  const job = JSON.parse(readFileSync(jobFile, "utf8")) as Job;
  const exitCode = job.kind === "tests" ? await runTests(job) : await runCommand(job.command);
  sendFiles();
  send({ type: "done", exitCode });
} catch (error) {
  send({ type: "done", exitCode: 1, error: String((error as Error).stack ?? error) });
}

async function runTests(job: Extract<Job, { kind: "tests" }>): Promise<number> {
  const { fileTimeoutMs: timeoutMs, namePattern } = job;
  let failures = 0;
  for (const [test, file] of Object.entries(job.files)) {
    process.stdout.write(`[test] ${test}\n`);
    for await (const event of runFile(file, { timeoutMs, namePattern })) {
      if (event.type === "test:fail") failures++;
      if (event.type === "test:stdout" || event.type === "test:stderr") {
        process.stdout.write(event.data.message ?? "");
      }
      send({ type: "event", test, event: wireEvent(event) });
    }
    send({ type: "ran", test });
  }
  return failures === 0 ? 0 : 1;
}

function runCommand([file = "bash", ...args]: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: "inherit" });
    child.once("error", (error) => reject(new Error(`cannot run ${file}: ${error.message}`)));
    child.once("exit", (code, signal) =>
      resolve(signal ? 128 + os.constants.signals[signal] : (code ?? 1)),
    );
  });
}

function sendFiles(): void {
  for (const name of readdirSync(exportFolder)) {
    const content = readFileSync(path.join(exportFolder, name));
    for (let start = 0; start === 0 || start < content.length; start += chunkBytes) {
      const chunk = content.subarray(start, start + chunkBytes);
      send({ type: "file", name, base64: chunk.toString("base64") });
    }
  }
}

/** Written at once, so that what was said is out even if the kernel dies next. */
function send(message: Message): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let start = 0; start < bytes.length; ) start += writeSync(port, bytes, start);
}

/** The driver needs a moment to find the port and to learn its name. */
async function openPort(): Promise<number> {
  const folder = "/sys/class/virtio-ports";
  for (let attempt = 0; attempt < 200; attempt++) {
    const ports = existsSync(folder) ? readdirSync(folder) : [];
    for (const device of ports) {
      const name = path.join(folder, device, "name");
      if (existsSync(name) && readFileSync(name, "utf8").trim() === portName) {
        return openSync(`/dev/${device}`, "w");
      }
    }
    await sleep(50);
  }
  throw new Error(`no virtio port named ${portName}`);
}
