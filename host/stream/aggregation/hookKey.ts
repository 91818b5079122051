import { ArgumentCursor } from "../../events/hook/argumentCursor.js";
import { ArgumentKind, Position } from "../../events/hook/constants.js";
import { type HookArgument, IntegerForm } from "../../events/hook/hook.js";
import type { HookEvent } from "../../events/model.js";

/**
 * Calls are alike if the same process made them, the same hook saw them and did the same, and what
 * they were about is the same: the files, texts, far ends, capabilities and kernel objects among the
 * arguments. Descriptors, sizes, flags, contents and stacks may differ. A call that failed is not
 * like one that did not, where the policy asks for the return value.
 */
export function hookKey(event: HookEvent): string {
  const { process, hook, selector, actions, flags, signal, overrideError } = event;
  const did = `${actions} ${flags} ${signal} ${overrideError} ${selector ?? ""}`;
  let key = `${event.type} ${process.execId} ${hook.description.hook} ${did}`;
  cursor.open(event.data);
  while (cursor.next()) {
    const part = partOf(event);
    // With its length: a text may hold anything.
    if (part !== "") key += ` ${cursor.position}:${part.length}:${part}`;
  }
  return key;
}

const cursor = new ArgumentCursor();

/** What of the argument at hand must be equal; "": nothing. */
function partOf(event: HookEvent): string {
  if (cursor.error !== 0) return `error ${cursor.error}`;
  if (!cursor.hasValue) return "";
  const { fields } = event.data;
  switch (cursor.kind) {
    case ArgumentKind.STRING:
      return cursor.rest(fields.bytes.end).toString("latin1");
    case ArgumentKind.PATH:
      return cursor.rest(fields.path.end).toString("latin1");
    case ArgumentKind.SOCK:
      return farEnd(event, fields.sock);
    case ArgumentKind.SKB:
      return farEnd(event, fields.skb);
    case ArgumentKind.INT:
      return integer(event);
    case ArgumentKind.SOCKADDR:
    case ArgumentKind.BPF_ATTR:
    case ArgumentKind.BPF_PROG:
    case ArgumentKind.BPF_MAP:
    case ArgumentKind.PERF_EVENT:
    case ArgumentKind.MODULE:
      return cursor.rest(0).toString("latin1");
    default:
      return "";
  }
}

interface EndpointFields {
  readonly family: number;
  readonly protocol: number;
  readonly source_port: number;
  readonly destination_port: number;
  readonly destination: number;
}

const addressBytes = 16;

/**
 * The address and port of the other side. Of a connection that came in, that port is another each
 * time, and what matters is the port here.
 */
function farEnd({ hook }: HookEvent, of: EndpointFields): string {
  const port = hook.name.includes("accept") ? of.source_port : of.destination_port;
  const address = cursor.rest(of.destination).subarray(0, addressBytes).toString("latin1");
  return `${cursor.u16(of.family)} ${cursor.u16(of.protocol)} ${cursor.u16(port)} ${address}`;
}

function integer({ hook }: HookEvent): string {
  if (cursor.position === Position.RETURN) return failure(hook.returned);
  const form = hook.args[cursor.position]?.form;
  return form === IntegerForm.CAPABILITY ? String(cursor.u64(0)) : "";
}

const mostErrno = 4095n;

/** The error number of a call that failed; "" if it did not. */
function failure(returned: HookArgument | undefined): string {
  const bits = returned?.form === IntegerForm.INT32 ? 32 : 64;
  const value = BigInt.asIntN(bits, cursor.u64(0));
  return value < 0n && value >= -mostErrno ? String(value) : "";
}
