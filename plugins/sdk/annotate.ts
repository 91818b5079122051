import {
  ANNOTATION_KEY_LENGTH,
  ANNOTATION_TEXT,
  ANNOTATION_VALUE_LENGTH,
  OUTPUT_EVENT,
  OUTPUT_KIND,
  OUTPUT_KIND_ANNOTATION,
  OUTPUT_SIZE,
} from "./abi";
import { currentEvent, takeOutput } from "./batch";
import { writeUtf8 } from "./output";
import { Text } from "./text";

/**
 * Adds an annotation to the event that `onEvent` is looking at. `value` is a string, a Text, a number
 * or a boolean. In the event the key stands behind the plugin's name: `annotate("server", "nginx")`
 * in the plugin `server-shell` gives `server-shell.server=nginx`. The same key again replaces the
 * value. An event that is dropped takes its annotations along.
 */
export function annotate<T>(key: string, value: T): void {
  const event = currentEvent();
  if (event < 0) throw new Error("annotate works inside onEvent only");
  annotateSubject(event, key, value);
}

/** Annotates what stands under a number: an event of the batch, or what was emitted or found. */
export function annotateSubject<T>(event: u32, key: string, value: T): void {
  if (value instanceof Text) {
    const text = changetype<Text>(value);
    write(event, key, text.address, text.length);
  } else if (isString<T>()) {
    writeString(event, key, changetype<string>(value));
  } else {
    // @ts-expect-error: numbers and booleans have toString
    writeString(event, key, value.toString());
  }
}

function writeString(event: u32, key: string, value: string): void {
  const length = String.UTF8.byteLength(value);
  const at = begin(event, key, length);
  writeUtf8(value, at);
}

function write(event: u32, key: string, address: usize, length: i32): void {
  memory.copy(begin(event, key, length), address, <usize>length);
}

/** Writes all but the value, and returns where that goes. */
function begin(event: u32, key: string, valueLength: i32): usize {
  const keyLength = String.UTF8.byteLength(key);
  const size = (ANNOTATION_TEXT + keyLength + valueLength + 7) & ~7;
  const at = takeOutput(<usize>size);
  store<u32>(at, size, OUTPUT_SIZE);
  store<u32>(at, OUTPUT_KIND_ANNOTATION, OUTPUT_KIND);
  store<u32>(at, event, OUTPUT_EVENT);
  store<u32>(at, keyLength, ANNOTATION_KEY_LENGTH);
  store<u32>(at, valueLength, ANNOTATION_VALUE_LENGTH);
  writeUtf8(key, at + ANNOTATION_TEXT);
  return at + ANNOTATION_TEXT + <usize>keyLength;
}
