import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import { additions } from "./additions.js";
import { golden } from "./golden.js";

const repository = new URL("../../../", import.meta.url);
const ours = load("proto/fgs.proto");
const seed = load("test/proto/seed/fgs.proto");
/** Fields of ours have numbers from here on; `GetEventsResponse.test` (40000) is the API's own. */
const firstAddition = 2000;

test("every field of the fgs API has the number, label and type that existing clients use", () => {
  assert.deepEqual(messagesOf(ours, isKnown), golden.messages);
});

test("every field and message of ours has the number, label and type that our clients use", () => {
  const isAdded = (type: string, field: string) => type in golden.messages && !isKnown(type, field);
  const fields = Object.entries(messagesOf(ours, isAdded));
  const added = fields.filter(([, of]) => Object.keys(of).length > 0);
  assert.deepEqual(Object.fromEntries(added), additions.fields);
  const all = Object.entries(messagesOf(ours, () => true));
  const messages = all.filter(([name]) => !(name in golden.messages));
  assert.deepEqual(Object.fromEntries(messages), additions.messages);
});

test("fields that existing clients do not know are optional for them: numbers from 2000", () => {
  for (const type of typesOf(ours)) {
    if (!(type.name in golden.messages)) continue;
    for (const field of type.fieldsArray) {
      if (isKnown(type.name, field.name)) continue;
      assert.ok(field.id >= firstAddition, `${type.name}.${field.name} = ${field.id}`);
      if (type.name === "GetEventsResponse" && additions.events.includes(field.name)) continue;
      assert.equal(field.partOf, null, `${type.name}.${field.name} is part of a oneof`);
    }
  }
});

test("enums, oneofs and methods are those of the fgs API", () => {
  const enums: Record<string, Record<string, number>> = { ...golden.enums, ...additions.enums };
  for (const [name, values] of Object.entries(additions.enumValues)) {
    for (const number of Object.values(values)) assert.ok(number >= firstAddition);
    enums[name] = { ...enums[name], ...values };
  }
  assert.deepEqual(enumsOf(ours), enums);
  const { GetEventsResponse, ...others } = golden.oneofs;
  const event = [...(GetEventsResponse?.event ?? []), ...additions.events];
  assert.deepEqual(oneofsOf(ours), { ...others, GetEventsResponse: { event } });
  assert.deepEqual(methodsOf(ours), golden.service);
});

test("the copy of the API without additions, which stands for an existing client, is exact", () => {
  assert.deepEqual(
    messagesOf(seed, () => true),
    golden.messages,
  );
  assert.deepEqual(enumsOf(seed), golden.enums);
  assert.deepEqual(oneofsOf(seed), golden.oneofs);
  assert.deepEqual(methodsOf(seed), golden.service);
});

test("field 2 of ProcessDns stays reserved and destination_names stays deprecated", () => {
  const dns = ours.lookupType("fgs.ProcessDns");
  assert.ok(dns.isReservedId(2));
  assert.equal(dns.fields.destination_names?.options?.deprecated, true);
});

function load(path: string): protobuf.Root {
  const root = new protobuf.Root();
  const resolve = root.resolvePath.bind(root);
  root.resolvePath = (origin, target) =>
    target === "guidestar.proto"
      ? fileURLToPath(new URL(`proto/${target}`, repository))
      : (resolve(origin, target) ?? target);
  return root.loadSync(fileURLToPath(new URL(path, repository)), { keepCase: true });
}

function typesOf(root: protobuf.Root): protobuf.Type[] {
  const found = root.lookup("fgs");
  assert.ok(found instanceof protobuf.Namespace);
  return found.nestedArray.filter((one) => one instanceof protobuf.Type);
}

function isKnown(type: string, field: string): boolean {
  return golden.messages[type]?.[field] !== undefined;
}

/** The fields to compare, of messages that have any of them or none at all. */
function messagesOf(root: protobuf.Root, isCompared: (type: string, field: string) => boolean) {
  const messages: Record<string, Record<string, string>> = {};
  for (const type of typesOf(root)) {
    const fields = type.fieldsArray.filter((field) => isCompared(type.name, field.name));
    if (fields.length === 0 && type.fieldsArray.length > 0) continue;
    messages[type.name] = Object.fromEntries(fields.map((field) => [field.name, textOf(field)]));
  }
  return messages;
}

function textOf(field: protobuf.Field): string {
  if (field instanceof protobuf.MapField) return `${field.id} map<${field.keyType}, ${field.type}>`;
  return `${field.id} ${field.repeated ? "repeated " : ""}${field.type}`;
}

function enumsOf(root: protobuf.Root) {
  const found = root.lookup("fgs") as protobuf.Namespace;
  const enums = found.nestedArray.filter((one) => one instanceof protobuf.Enum);
  return Object.fromEntries(enums.map((one) => [one.name, { ...one.values }]));
}

function oneofsOf(root: protobuf.Root) {
  const oneofs: Record<string, Record<string, string[]>> = {};
  for (const type of typesOf(root)) {
    for (const oneof of type.oneofsArray) {
      oneofs[type.name] = { ...oneofs[type.name], [oneof.name]: [...oneof.oneof] };
    }
  }
  return oneofs;
}

function methodsOf(root: protobuf.Root) {
  const { methodsArray } = root.lookupService("fgs.FineGuidanceSensors");
  return Object.fromEntries(
    methodsArray.map((method) => {
      assert.ok(!method.requestStream);
      const response = `${method.responseStream ? "stream " : ""}${method.responseType}`;
      return [method.name, `${method.requestType} -> ${response}`];
    }),
  );
}
