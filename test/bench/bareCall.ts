import type { Packer } from "../../host/plugins/runtime/packer.js";

/** Calls `gs_process_batch` again and again on one batch, which lies in the plugin's memory: all but the call is left out. */
export function bareCall(
  module: WebAssembly.Module,
  packer: Packer,
  count: number,
  settings = "",
): () => void {
  const kv = { kv_get: () => -1, kv_set: () => 0, kv_delete: () => -1 };
  const { exports } = new WebAssembly.Instance(module, {
    env: { abort: () => {} },
    guidestar: { log: () => {}, clock: () => 1n, ...kv },
  });
  const fuel = exports["guidestar.fuel"] as WebAssembly.Global | undefined;
  if (fuel) fuel.value = 1n << 60n;
  (exports["guidestar.start"] as (() => void) | undefined)?.();
  const parts = packer.partsFor(count);
  const address = (exports.gs_allocate as (bytes: number) => number)(1 << 20);
  const memory = () => new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  const json = Buffer.from(settings);
  memory().set(json, address);
  const configure = exports.gs_configure as ((at: number, bytes: number) => number) | undefined;
  configure?.(address, json.length);
  const selected = Uint32Array.from({ length: count }, (_, n) => n);
  packer.write(memory(), address, parts, selected);
  const call = exports.gs_process_batch as (address: number) => number;
  for (let n = 0; n < 200; n++) call(address);
  return () => {
    call(address);
  };
}
