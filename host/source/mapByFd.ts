import { libbpf } from "../../bpf/libbpf/native/libbpf.js";

/** Raw access to a map by its descriptor. */
export class MapByFd {
  constructor(readonly fd: number) {}
  lookup(key: Uint8Array, valueBytes: number): Uint8Array | undefined {
    const value = Buffer.alloc(valueBytes);
    return libbpf.bpf_map_lookup_elem_flags(this.fd, key, value, 0) < 0 ? undefined : value;
  }
  update(key: Uint8Array, value: Uint8Array, flags: number): number {
    return libbpf.bpf_map_update_elem(this.fd, key, value, flags);
  }
  remove(key: Uint8Array): void {
    libbpf.bpf_map_delete_elem(this.fd, key);
  }
  close(): void {}
}
export const cpus = () => libbpf.libbpf_num_possible_cpus();
