import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Server } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { protoPath as healthProto } from "grpc-health-check";

/** Tells clients like grpcurl which services there are, in versions v1 and v1alpha of the protocol. */
export function addReflection(server: Server): void {
  const protoDir = fileURLToPath(new URL("../../proto", import.meta.url));
  const files = loadSync(["fgs.proto", "guidestar.proto", healthProto], {
    includeDirs: [protoDir, dirname(healthProto)],
    keepCase: true,
  });
  new ReflectionService(files).addToServer(server);
}
