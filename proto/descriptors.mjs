/** The types of the .proto files as one google.protobuf.FileDescriptorSet: what tells a program of them at run time. */
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);

/** @returns the encoded set of everything that `file` in `folder` needs. Files are packages, services are left out. */
export function descriptorSet(folder, file) {
  const protobuf = require("protobufjs");
  const { FileDescriptorSet } = require("protobufjs/ext/descriptor");
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) =>
    target.startsWith("google/protobuf/") ? target : join(folder, target.split("/").at(-1));
  root.loadSync([file], { keepCase: true });
  root.resolveAll();
  const set = root.toDescriptor("proto3");
  const names = new Set(set.file.flatMap((each) => typeNames(each.package, each)));
  for (const each of set.file) {
    each.service = [];
    for (const message of each.messageType) qualify(each.package, message, names);
  }
  // protobufjs keeps no imports. A package may use those before it.
  set.file.sort((a, b) => imports.indexOf(a.package) - imports.indexOf(b.package));
  set.file.forEach((each, i) => {
    each.dependency = set.file.slice(0, i).map(({ name }) => name);
  });
  return Buffer.from(FileDescriptorSet.encode(set).finish());
}

const imports = ["google.protobuf", "guidestar", "fgs"];

function typeNames(scope, { messageType, nestedType, enumType }) {
  return [
    ...(enumType ?? []).map(({ name }) => `${scope}.${name}`),
    ...(messageType ?? nestedType ?? []).flatMap((message) => {
      const name = `${scope}.${message.name}`;
      return [name, ...typeNames(name, message)];
    }),
  ];
}

/** protobufjs writes names as seen from where they stand; readers of descriptors want them whole. */
function qualify(scope, message, names) {
  const own = `${scope}.${message.name}`;
  for (const field of message.field) {
    if (field.typeName && !field.typeName.startsWith("."))
      field.typeName = `.${wholeName(own, field.typeName, names)}`;
  }
  for (const nested of message.nestedType) qualify(own, nested, names);
}

function wholeName(scope, name, names) {
  const parts = scope.split(".");
  for (let depth = parts.length; depth >= 0; depth--) {
    const candidate = [...parts.slice(0, depth), name].join(".");
    if (names.has(candidate)) return candidate;
  }
  throw new Error(`${scope}: there is no type ${name}`);
}
