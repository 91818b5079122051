/** The message descriptors, read from the same .proto files that the codecs are generated from. */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type protobuf from "protobufjs";

const protoDir = fileURLToPath(new URL("../../proto/", import.meta.url));

let loaded: protobuf.Root | undefined;

/** A message type by its full name, as `fgs.Filter`. */
export function messageType(fullName: string): protobuf.Type {
  loaded ??= load();
  return loaded.lookupType(fullName);
}

/** The whole of protobufjs, loaded when descriptors are first asked for: codecs get by without it. */
export function protobufjs(): typeof protobuf {
  return createRequire(import.meta.url)("protobufjs");
}

function load(): protobuf.Root {
  const root = new (protobufjs().Root)();
  // The types of google.protobuf come with protobufjs; all other imports are next to one another.
  root.resolvePath = (_origin, target) =>
    target.startsWith("google/protobuf/") ? target : `${protoDir}${target.split("/").at(-1)}`;
  root.loadSync(["fgs.proto"], { keepCase: true });
  root.resolveAll();
  return root;
}
