/** The SDK for plugins of guidestar, version 1 of the ABI. */
export { annotate } from "./annotate";
export { Capabilities, Capability } from "./capabilities";
export { Event, EventType, Exit, Verdict } from "./event";
export { Field, fill } from "./fields";
export { kv } from "./kv";
export { log } from "./log";
export { emit, Held, hold, Made, raise, Severity } from "./made";
export { Namespaces } from "./namespaces";
export { Process } from "./process";
export { Settings } from "./settings";
export { StateReader, StateWriter } from "./state";
export { Text } from "./text";
export { TextSet } from "./textSet";
export { DAY, HOUR, hourOf, isoTime, MILLISECOND, MINUTE, now, SECOND, weekdayOf } from "./time";
