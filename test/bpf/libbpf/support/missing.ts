import { BpfError, BpfObject } from "../../../../bpf/libbpf/index.js";

/** Run with LIBBPF_TS_LIBRARY set to what is no libbpf: prints the error. */
try {
  BpfObject.open(Buffer.from("x"));
} catch (error) {
  const { code, message } = error as BpfError;
  console.log(JSON.stringify({ ours: error instanceof BpfError, code, message }));
}
