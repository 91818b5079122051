/** The SDK for plugins of guidestar, version 1 of the ABI. */

export { Address } from "./address";
export { annotate } from "./annotate";
export { Argument, ArgumentKind } from "./argument";
export { Bytes } from "./bytes";
export { Call, HookKind } from "./call";
export { Capabilities, Capability } from "./capabilities";
export { Event, EventType, Exit, Verdict } from "./event";
export { BpfObject, Credentials, KernelModule, PerfEvent, UserNamespace } from "./kernelObjects";
export { Arguments, Stack, Texts } from "./lists";
export { log } from "./log";
export { Namespaces } from "./namespaces";
export { Pod } from "./pod";
export { Process } from "./process";
export { Family, Protocol, Socket } from "./socket";
export { Text } from "./text";
export { TextSet } from "./textSet";
