import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BpfObject, ClosedError, KernelMap, VerifierError } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

function closing<T extends { close(): void }>(thing: T, use: (thing: T) => void): void {
  try {
    use(thing);
  } finally {
    thing.close();
  }
}

test("an object opens from bytes as from a file", () => {
  closing(BpfObject.open(readFileSync(program("maps")), { name: "bytes" }), (object) => {
    assert.equal(object.name, "bytes");
    assert.equal(object.load().program("target_of_jump").testRun().returned, 42);
  });
});

test("what cannot be opened is named, with the reason", () => {
  assert.throws(() => BpfObject.open("/no/such/file.o"), {
    code: "ENOENT",
    message: "cannot read the eBPF object file /no/such/file.o: ENOENT",
  });
  assert.throws(() => BpfObject.open(Buffer.from("not an object"), { name: "x" }), {
    code: "LIBBPF_FORMAT",
    message: /cannot open eBPF object "x": not a valid eBPF object file .*libbpf says: elf/,
  });
  assert.throws(() => BpfObject.open(new Uint8Array(0)), { code: "EINVAL" });
});

test("a cut-off object file is refused, wherever it is cut", () => {
  const whole = readFileSync(program("maps"));
  for (let size = 1; size < whole.length; size += Math.ceil(whole.length / 40)) {
    try {
      BpfObject.open(whole.subarray(0, size)).close();
    } catch (error) {
      assert.match(String(error), /BpfError: cannot open/);
    }
  }
});

test("programs and maps are listed, and found by name", () => {
  closing(BpfObject.open(program("maps")), (object) => {
    assert.deepEqual(
      object.programs.map(({ name }) => name),
      ["target_of_jump", "jump", "add", "count_here"],
    );
    assert.ok(object.maps.some(({ name }) => name === "flows"));
    assert.throws(() => object.program("jmp"), /no program "jmp" \(did you mean "jump"\?\)/);
    assert.throws(() => object.map("flws"), /no map "flws" \(did you mean "flows"\?\)/);
  });
});

test("only the chosen programs are loaded", () => {
  closing(BpfObject.open(program("maps")), (object) => {
    object.program("jump").autoload = false;
    object.load();
    assert.equal(object.program("target_of_jump").testRun().returned, 42);
    assert.throws(() => object.program("jump").fd, {
      code: "WRONG_STATE",
      message: 'program "jump" was not loaded: its autoload is off',
    });
  });
});

test("maps can be edited before load", () => {
  closing(BpfObject.open(program("maps")), (object) => {
    const flows = object.map("flows");
    flows.maxEntries = 17;
    object.map("plain").valueSize = 9;
    object.map("plain").keySize = 2;
    object.map("recent").autocreate = false;
    object.load();
    assert.equal(flows.info().maxEntries, 17);
    assert.equal(object.map("plain").info().valueSize, 9);
    assert.equal(object.map("plain").keyCodec.size, 2);
    assert.throws(() => object.map("recent").fd, /not created: its autocreate is off/);
    assert.throws(() => {
      flows.maxEntries = 3;
    }, /is loaded already/);
  });
});

test("sizes that are none are refused before libbpf sees them", () => {
  closing(BpfObject.open(program("maps")), (object) => {
    for (const bad of [-1, 1.5, Number.NaN, 2 ** 32]) {
      assert.throws(
        () => {
          object.map("flows").maxEntries = bad;
        },
        { code: "BAD_VALUE" },
      );
    }
  });
});

test("a map that the kernel does not take is named", () => {
  closing(BpfObject.open(program("maps")), (object) => {
    object.map("slots").maxEntries = 0;
    assert.throws(
      () => object.load(),
      (error: Error) => {
        assert.match(
          error.message,
          /cannot load map "slots" of eBPF object "maps": .*\((EINVAL|E2BIG)\)/,
        );
        return true;
      },
    );
    assert.throws(() => object.load(), /failed to load; open it anew/);
  });
});

test("objects share a map by its descriptor", () => {
  closing(BpfObject.open(program("maps")).load(), (first) => {
    const second = BpfObject.open(program("maps"), { name: "second" });
    second.map("shared").reuse(first.map("shared"));
    second.load();
    const shared = first.map<number, bigint>("shared");
    shared.update(1, 40n);
    second.program("add").testRun({ context: [2] });
    assert.equal(shared.lookup(1), 42n);
    assert.equal(second.map("shared").info().id, shared.info().id);
    second.close();
    assert.equal(shared.lookup(1), 42n);
  });
});

test("a map of another shape cannot be shared", () => {
  closing(BpfObject.open(program("maps")), (object) => {
    const other = KernelMap.create({
      type: 1,
      name: "other",
      keySize: 4,
      valueSize: 4,
      maxEntries: 1,
    });
    assert.throws(() => object.map("shared").reuse(other), {
      code: "EINVAL",
      message:
        'map "shared" cannot reuse map "other": it is hash with keys of 4 and values of 8 bytes, the other hash with keys of 4 and values of 4 bytes',
    });
    other.close();
  });
});

test("a refused program tells its reason in the message and keeps the whole log", () => {
  closing(BpfObject.open(program("refused")), (object) => {
    assert.throws(
      () => object.load(),
      (error: unknown) => {
        assert.ok(error instanceof VerifierError);
        assert.equal(error.program, "forgetful");
        assert.equal(error.code, "EACCES");
        assert.match(
          error.message,
          /refuses program "forgetful" .*R0 invalid mem access 'map_value_or_null'/,
        );
        assert.match(error.message, /return \*value;/);
        assert.ok(error.log.length > error.message.length);
        assert.match(error.log, /bpf_map_lookup_elem/);
        assert.ok(error.messages.some((line) => line.includes("forgetful")));
        return true;
      },
    );
  });
});

test("a kernel member that does not exist is named", () => {
  closing(BpfObject.open(program("core")), (object) => {
    object.program("missing_member").autoload = true;
    assert.throws(
      () => object.load(),
      (error: Error) => {
        assert.match(error.message, /"missing_member"/);
        assert.match(error.message, /no_such_struct/);
        return true;
      },
    );
  });
});

test("what needs a loaded object says so", () => {
  closing(BpfObject.open(program("maps")), (object) => {
    assert.throws(
      () => object.map("flows").lookup({}),
      /call load\(\) on eBPF object "maps" first/,
    );
    assert.throws(() => object.program("jump").attach(), { code: "WRONG_STATE" });
  });
});

test("after close everything throws, and closing twice does no harm", () => {
  const object = BpfObject.open(program("maps")).load();
  const map = object.map("flows");
  const jump = object.program("jump");
  object.close();
  object.close();
  assert.ok(object.closed);
  for (const use of [
    () => map.lookup({ address: 1 }),
    () => map.fd,
    () => [...map.entries()],
    () => map.maxEntries,
    () => jump.fd,
    () => jump.attach(),
    () => jump.testRun(),
    () => object.load(),
    () => object.btf,
    () => object.variables.get("x"),
  ]) {
    assert.throws(use, ClosedError);
  }
});

test("a program tells about itself", () => {
  closing(BpfObject.open(program("maps")).load(), (object) => {
    const info = object.program("target_of_jump").info();
    assert.equal(info.name, "target_of_jump");
    assert.equal(info.typeName, "raw_tracepoint");
    assert.match(info.tag, /^[0-9a-f]{16}$/);
    assert.ok(info.id > 0 && info.translatedBytes > 0 && info.loadTimeNs > 0n);
  });
});
