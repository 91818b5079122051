/** The SDK for plugins of guidestar, version 1 of the ABI. */
export { annotate } from "./annotate";
export { Capabilities, Capability } from "./capabilities";
export { Event, EventType, Exit, Verdict } from "./event";
export { log } from "./log";
export { Namespaces } from "./namespaces";
export { Process } from "./process";
export { Text } from "./text";
export { TextSet } from "./textSet";
