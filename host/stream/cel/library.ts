/** The CEL library and the types of events, loaded when the first expression is compiled. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type * as Cel from "@bufbuild/cel";
import type * as Protobuf from "@bufbuild/protobuf";
import type * as WellKnown from "@bufbuild/protobuf/wkt";
import { RE2JS } from "re2js";
import { addressFunctions } from "./addresses.js";

/** What an event may hold, by the name of its field in `fgs.GetEventsResponse`. */
export interface CelLibrary {
  readonly cel: typeof Cel;
  readonly protobuf: typeof Protobuf;
  readonly response: Protobuf.DescMessage;
  readonly bodies: ReadonlyMap<string, Protobuf.DescMessage>;
  readonly enums: ReadonlyMap<string, Protobuf.DescEnum>;
  readonly env: Cel.CelEnv;
}

let loaded: CelLibrary | undefined;

/** Few streams need it, and it takes some megabytes: hence at the first use, and at once. */
export function celLibrary(): CelLibrary {
  loaded ??= load();
  return loaded;
}

function load(): CelLibrary {
  const require = createRequire(import.meta.url);
  const cel: typeof Cel = require("@bufbuild/cel");
  const protobuf: typeof Protobuf = require("@bufbuild/protobuf");
  const { FileDescriptorSetSchema }: typeof WellKnown = require("@bufbuild/protobuf/wkt");
  const types = readFileSync(new URL("../../../proto/generated/api.binpb", import.meta.url));
  const registry = protobuf.createFileRegistry(
    protobuf.fromBinary(FileDescriptorSetSchema, Uint8Array.from(types)),
  );
  const response = registry.getMessage("fgs.GetEventsResponse");
  const event = response?.oneofs.find(({ name }) => name === "event");
  if (!response || !event) throw new Error("api.binpb has no fgs.GetEventsResponse.event");
  const bodies = new Map<string, Protobuf.DescMessage>();
  for (const { name, message } of event.fields) if (message) bodies.set(name, message);
  const enums = new Map<string, Protobuf.DescEnum>();
  for (const type of registry) if (type.kind === "enum") enums.set(type.typeName, type);
  const env: Cel.CelEnv = cel.celEnv({
    registry,
    funcs: addressFunctions(cel),
    // Linear time, whatever the pattern, as in all other filters.
    re2: { compile: (pattern) => RE2JS.compile(pattern) },
  });
  return { cel, protobuf, response, bodies, enums, env };
}
