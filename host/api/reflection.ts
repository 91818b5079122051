import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Server } from "@grpc/grpc-js";
import { type Adder, addLazily } from "./lazyService.js";

/** Tells clients like grpcurl which services there are, in versions v1 and v1alpha of the protocol. */
export function addReflection(server: Server): void {
  for (const version of ["v1", "v1alpha"]) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    addLazily(server, [{ path, kind: "duplex" }], load);
  }
}

async function load(): Promise<(adder: Adder) => void> {
  const { loadSync } = await import("@grpc/proto-loader");
  const { ReflectionService } = await import("@grpc/reflection");
  const { protoPath: healthProto } = await import("grpc-health-check");
  const protoDir = fileURLToPath(new URL("../../proto", import.meta.url));
  const files = loadSync(["fgs.proto", "guidestar.proto", healthProto], {
    includeDirs: [protoDir, dirname(healthProto)],
    keepCase: true,
  });
  const service = new ReflectionService(files);
  return (adder) => service.addToServer(adder);
}
