import { CALL_ARG_COUNT, CALL_ARGS, TEXT_BYTES } from "./abi";
import { Argument } from "./argument";
import { follow } from "./reference";
import { Text } from "./text";

/** The arguments of a call: `args[0]`, `args.length`. Only good until `onEvent` returns. */
@unmanaged
export class Arguments {
  [key: number]: Argument; // for TypeScript, which does not know the operator

  get length(): i32 {
    return load<i32>(changetype<usize>(this), CALL_ARG_COUNT);
  }

  /** Asking for one that is not there is a mistake and aborts. */
  @operator("[]")
  at(index: i32): Argument {
    if (<u32>index >= <u32>this.length) throw new Error("args: there is no such argument");
    const table = follow(changetype<usize>(this) + CALL_ARGS);
    return changetype<Argument>(follow(table + ((<usize>index) << 2)));
  }

  /** The argument that the policy calls so; null if there is none. */
  labelled(label: string): Argument | null {
    const count = this.length;
    for (let n = 0; n < count; ++n) if (this[n].label.equals(label)) return this[n];
    return null;
  }
}

/** A reference to texts, and behind it how many there are. */
@unmanaged
export class Texts {
  [key: number]: Text; // for TypeScript, which does not know the operator

  get length(): i32 {
    return load<i32>(changetype<usize>(this), 4);
  }

  @operator("[]")
  at(index: i32): Text {
    if (<u32>index >= <u32>this.length) throw new Error("there is no such text");
    return changetype<Text>(follow(changetype<usize>(this)) + <usize>index * TEXT_BYTES);
  }
}

/** Addresses, innermost first. A reference, and behind it how many there are. */
@unmanaged
export class Stack {
  [key: number]: u64; // for TypeScript, which does not know the operator

  get length(): i32 {
    return load<i32>(changetype<usize>(this), 4);
  }

  @operator("[]")
  at(index: i32): u64 {
    if (<u32>index >= <u32>this.length) throw new Error("the stack is not so deep");
    return load<u64>(follow(changetype<usize>(this)) + ((<usize>index) << 3));
  }
}
