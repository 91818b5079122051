import type { Btf } from "./btf.js";
import { type Codec, codecOf } from "./codec.js";
import { badValue } from "./codecScalar.js";
import { Kind, type TypeOfKind } from "./kinds.js";

/** Text for `char[]`, bytes for other one-byte integers, arrays for the rest. */
export function arrayCodec(btf: Btf, array: TypeOfKind<typeof Kind.ARRAY>, type: string): Codec {
  const element = btf.resolve(array.element);
  if (element.kind === Kind.INT && element.size === 1 && element.encoding !== "bool") {
    return element.name === "char" ? textCodec(type, array.count) : bytesCodec(array.count, type);
  }
  btf.sizeOf(array.id); // throws if it contains itself
  return listCodec(codecOf(btf, array.element), type, array.count);
}

/** Plain bytes, all of them. */
export function bytesCodec(size: number, type = `${size} bytes`): Codec {
  return {
    size,
    type,
    read: (view, offset) => bytesAt(view, offset, size).slice(),
    write(view, offset, value, where) {
      const bytes = Array.isArray(value) ? checkedBytes(value, where) : value;
      if (!(bytes instanceof Uint8Array))
        throw badValue(where, value, `is no Uint8Array, ${type} needs one`);
      if (bytes.length !== size) {
        throw badValue(where, value, `has ${bytes.length} bytes, ${type} needs ${size}`);
      }
      bytesAt(view, offset, size).set(bytes);
    },
  };
}

function checkedBytes(value: readonly unknown[], where: string): Uint8Array {
  value.forEach((each, i) => {
    if (!Number.isInteger(each) || (each as number) < 0 || (each as number) > 255) {
      throw badValue(`${where}[${i}]`, each, "is no byte (0 to 255)");
    }
  });
  return Uint8Array.from(value as number[]);
}

function textCodec(type: string, size: number): Codec {
  return {
    size,
    type,
    read(view, offset) {
      const bytes = bytesAt(view, offset, size);
      const end = bytes.indexOf(0);
      return Buffer.from(bytes.buffer, bytes.byteOffset, end < 0 ? size : end).toString("utf8");
    },
    write(view, offset, value, where) {
      const bytes = typeof value === "string" ? Buffer.from(value) : value;
      if (!(bytes instanceof Uint8Array))
        throw badValue(where, value, `is no string, ${type} needs one`);
      if (bytes.length > size) {
        throw badValue(where, value, `is ${bytes.length} bytes long, ${type} holds ${size}`);
      }
      const target = bytesAt(view, offset, size);
      target.set(bytes);
      target.fill(0, bytes.length);
    },
  };
}

function listCodec(element: Codec, type: string, count: number): Codec {
  return {
    size: element.size * count,
    type,
    read: (view, offset) =>
      Array.from({ length: count }, (_, i) => element.read(view, offset + i * element.size)),
    write(view, offset, value, where) {
      const isList =
        Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
      if (!isList) throw badValue(where, value, `is no array, ${type} needs one`);
      const list = Array.from(value as unknown as ArrayLike<unknown>);
      if (list.length > count) {
        throw badValue(where, value, `has ${list.length} elements, ${type} holds ${count}`);
      }
      list.forEach((each, i) => {
        element.write(view, offset + i * element.size, each, `${where}[${i}]`);
      });
    },
  };
}

function bytesAt(view: DataView, offset: number, size: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, size);
}
