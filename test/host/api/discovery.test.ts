import assert from "node:assert/strict";
import { test } from "node:test";
import { credentials, Client as GrpcClient, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { protoPath as healthProto } from "grpc-health-check";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor.js";
import { start } from "./harness.js";

const ours = ["fgs.FineGuidanceSensors", "guidestar.Node", "guidestar.Plugins"];

/** What a reflection client has of the protocol: the same in both of its versions. */
const reflectionProto = (version: string) => `
  syntax = "proto3";
  package grpc.reflection.${version};
  service ServerReflection { rpc ServerReflectionInfo(stream Request) returns (stream Response); }
  message Request { oneof message_request {
    string file_by_filename = 3; string file_containing_symbol = 4; string list_services = 7; } }
  message Response {
    FileDescriptorResponse file_descriptor_response = 4;
    ListServiceResponse list_services_response = 6;
    ErrorResponse error_response = 7; }
  message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
  message ListServiceResponse { repeated ServiceResponse service = 1; }
  message ServiceResponse { string name = 1; }
  message ErrorResponse { int32 error_code = 1; string error_message = 2; }`;

for (const version of ["v1", "v1alpha"]) {
  test(`a reflection client of ${version} finds every service, and can call it from what it found`, async (t) => {
    const { address } = await start(t);
    const ask = reflection(t, address, version);
    const { list_services_response: list } = await ask({ list_services: "" });
    const names = list.service.map(({ name }: { name: string }) => name);
    for (const name of [...ours, "grpc.health.v1.Health"]) assert.ok(names.includes(name), name);

    const { file_descriptor_response: files } = await ask({
      file_containing_symbol: "fgs.FineGuidanceSensors",
    });
    const file = files.file_descriptor_proto
      .map((bytes: Buffer) => descriptor.FileDescriptorProto.decode(bytes))
      .find(({ package: name }: { package: string }) => name === "fgs");
    assert.equal(file.service[0].method.length, 11);
    const response = file.messageType.find(
      ({ name }: { name: string }) => name === "GetEventsResponse",
    );
    const numbers = Object.fromEntries(
      response.field.map(({ name, number }: { name: string; number: number }) => [name, number]),
    );
    assert.equal(numbers.test, 40000);
    assert.equal(numbers.node_name, 1000);
    assert.equal(numbers.annotations, 2000);
    const missing = await ask({ file_containing_symbol: "fgs.Nothing" });
    assert.equal(missing.error_response.error_code, 5);
  });
}

test("the health service knows the daemon and each service, and nothing else", async (t) => {
  const { address, server } = await start(t);
  const definition = loadSync(healthProto, { keepCase: true, enums: String });
  // biome-ignore lint/suspicious/noExplicitAny: what is in a loaded package is known to its file only
  const { grpc } = loadPackageDefinition(definition) as any;
  const client = new grpc.health.v1.Health(address, credentials.createInsecure());
  t.after(() => client.close());
  const check = (service: string) =>
    new Promise((resolve, reject) => {
      client.Check({ service }, (error: Error | null, response: { status: string }) =>
        error === null ? resolve(response.status) : reject(error),
      );
    });
  for (const service of ["", ...ours]) assert.equal(await check(service), "SERVING");
  await assert.rejects(check("fgs.Nothing"), { code: 5 });

  const watch = client.Watch({ service: "" });
  watch.on("error", () => {});
  const states: string[] = [];
  watch.on("data", ({ status }: { status: string }) => states.push(status));
  await new Promise((resolve) => watch.once("data", resolve));
  await server.close();
  assert.deepEqual(states, ["SERVING", "NOT_SERVING"]);
});

function reflection(t: { after(callback: () => void): void }, address: string, version: string) {
  const { root } = protobuf.parse(reflectionProto(version), { keepCase: true });
  const service = `grpc.reflection.${version}`;
  const [request, response] = [
    root.lookupType(`${service}.Request`),
    root.lookupType(`${service}.Response`),
  ];
  const client = new GrpcClient(address, credentials.createInsecure());
  t.after(() => client.close());
  return (message: object) =>
    // biome-ignore lint/suspicious/noExplicitAny: the shape is in the text above
    new Promise<any>((resolve, reject) => {
      const call = client.makeBidiStreamRequest(
        `/${service}.ServerReflection/ServerReflectionInfo`,
        (value: object) => Buffer.from(request.encode(request.create(value)).finish()),
        (bytes: Buffer) => response.toObject(response.decode(bytes), { arrays: true }),
      );
      call.once("data", resolve).once("error", reject);
      call.write(message);
      call.end();
    });
}
