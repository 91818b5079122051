import assert from "node:assert/strict";
import { openSync } from "node:fs";
import { after, test } from "node:test";
import {
  BpfObject,
  bytesCodec,
  ClosedError,
  KernelMap,
  MapType,
} from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

const object = BpfObject.open(program("maps")).load();
after(() => object.close());

test("a map known only by its descriptor is typed all the same", () => {
  const map = KernelMap.from(object.map("flows").fd);
  map.update({ address: 1, port: 2 }, { packets: 5n });
  assert.deepEqual(object.map("flows").lookup({ address: 1, port: 2 }), {
    packets: 5n,
    bytes: 0n,
    name: "",
  });
  map.close();
});

test("a map outlives the object it came from while a handle is open", () => {
  const own = BpfObject.open(program("maps")).load();
  const map = KernelMap.from<number, bigint>(own.map("shared"));
  own.close();
  map.update(1, 2n);
  assert.equal(map.lookup(1), 2n);
  map.close();
  map.close();
  assert.throws(() => map.lookup(1), ClosedError);
});

test("codecs of one's own take the place of the typed ones", () => {
  const map = KernelMap.from(object.map("shared"), { key: bytesCodec(4), value: bytesCodec(8) });
  map.update(Uint8Array.of(9, 0, 0, 0), Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0));
  assert.equal(object.map("shared").lookup(9), 1n);
  map.close();
});

test("maps can be made without an object, and put into a map of maps", () => {
  const make = (): KernelMap =>
    KernelMap.create({
      type: MapType.ARRAY,
      name: "inner",
      keySize: 4,
      valueSize: 4,
      maxEntries: 1,
    });
  const one = make();
  const tenants = object.map<number, unknown>("tenants");
  tenants.update(7, one);
  assert.equal(tenants.lookup(7), one.info().id);
  assert.deepEqual([...tenants.keys()], [7]);
  assert.equal(tenants.delete(7), true);
  one.close();
});

test("what is no map is refused", () => {
  assert.throws(() => KernelMap.from(-1), { code: "BAD_VALUE" });
  assert.throws(() => KernelMap.from(1.5), { code: "BAD_VALUE" });
  assert.throws(() => KernelMap.from(987654), { code: "EBADF" });
  assert.throws(() => KernelMap.from(openSync("/dev/null", "r")), {
    code: "EINVAL",
    message: /cannot ask the kernel about fd \d+ as a map/,
  });
  assert.throws(
    () =>
      KernelMap.create({
        type: MapType.HASH,
        name: "bad",
        keySize: 0,
        valueSize: 4,
        maxEntries: 1,
      }),
    /cannot create map "bad" of type hash: invalid argument \(EINVAL\)/,
  );
});
