import type { Codec } from "../btf/codec.js";
import { badValue } from "../btf/codecScalar.js";

/** Values that are kernel objects: written as a descriptor or something with `fd`, read as an id. */
export const descriptorCodec: Codec = {
  size: 4,
  type: "descriptor",
  read: (view, offset) => view.getUint32(offset, true),
  write(view, offset, value, where) {
    const fd = typeof value === "object" && value !== null && "fd" in value ? value.fd : value;
    if (!Number.isInteger(fd) || (fd as number) < 0 || (fd as number) > 0x7fff_ffff) {
      throw badValue(where, value, "is no file descriptor and has none");
    }
    view.setUint32(offset, fd as number, true);
  },
};
