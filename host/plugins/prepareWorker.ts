import { parentPort, workerData } from "node:worker_threads";
import { GuidestarError } from "../errors.js";
import { prepareModule } from "./prepareModule.js";
import type { PrepareReply, PrepareTask } from "./validate.js";

const { bytes, name, ceiling } = workerData as PrepareTask;
let reply: PrepareReply;
let transfer: ArrayBuffer[] = [];
try {
  const prepared = prepareModule(bytes, name, ceiling);
  reply = { prepared };
  transfer = [prepared.code.buffer as ArrayBuffer];
} catch (error) {
  const { code, message } = GuidestarError.from(error);
  reply = { error: { code, message } };
}
parentPort?.postMessage(reply, transfer);
