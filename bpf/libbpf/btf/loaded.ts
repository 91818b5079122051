import { objectInfo } from "../maps/info.js";
import { libbpf } from "../native/libbpf.js";
import { libc } from "../native/libc.js";
import { NativeStruct } from "../native/struct.js";

const INFO_BYTES = 32;

/** Bytes of a BTF that is loaded in the kernel; undefined if we may not read it or it is gone. */
export function loadedBtf(id: number): Uint8Array | undefined {
  const fd = libbpf.bpf_btf_get_fd_by_id(id);
  if (fd < 0) return undefined;
  try {
    const size = objectInfo("BTF", fd, INFO_BYTES).getU32(8);
    const bytes = new Uint8Array(size);
    const info = new NativeStruct(INFO_BYTES).pointer(0, bytes).u32(8, size);
    objectInfo("BTF", fd, INFO_BYTES, info);
    return bytes;
  } finally {
    libc.close(fd);
  }
}
