import type { Codec } from "../btf/codec.js";
import { badValue } from "../btf/codecScalar.js";
import { BpfError } from "../errors.js";
import { libbpf } from "../native/libbpf.js";

let count: number | undefined;

/** CPUs that this machine can have: the number of values of a per-CPU map's entry. */
export function possibleCpus(): number {
  count ??= libbpf.libbpf_num_possible_cpus();
  if (count <= 0) throw BpfError.fromErrno("cannot tell how many CPUs there can be", count);
  return count;
}

/** One value for each possible CPU, as an array; the kernel pads each to 8 bytes. */
export function perCpuCodec(one: Codec): Codec<unknown[]> {
  const cpus = possibleCpus();
  const stride = (one.size + 7) & ~7;
  return {
    size: stride * cpus,
    type: `${one.type} for each of ${cpus} CPUs`,
    read: (view, offset) =>
      Array.from({ length: cpus }, (_, cpu) => one.read(view, offset + cpu * stride)),
    write(view, offset, value, where) {
      if (!Array.isArray(value) || value.length !== cpus) {
        throw badValue(where, value, `is no array of ${cpus} values, one for each possible CPU`);
      }
      value.forEach((each, cpu) => {
        one.write(view, offset + cpu * stride, each, `${where}[${cpu}]`);
      });
    },
  };
}
