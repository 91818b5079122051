import {
  ACTION_OVERRIDE,
  ACTION_SIGNAL,
  CALL_ACTIONS,
  CALL_ARG_COUNT,
  CALL_FLAG_ACTION_FAILED,
  CALL_FLAG_MONITORED,
  CALL_FLAGS,
  CALL_HOOK,
  CALL_KERNEL_STACK,
  CALL_OVERRIDE_ERROR,
  CALL_RETURN,
  CALL_SELECTOR,
  CALL_SIGNAL,
  CALL_TID,
  CALL_USER_STACK,
  HOOK_FUNCTION,
  HOOK_KIND,
  HOOK_KIND_FUNCTION,
  HOOK_KIND_LSM,
  HOOK_KIND_RAW_TRACEPOINT,
  HOOK_KIND_SYSCALL,
  HOOK_KIND_TRACEPOINT,
  HOOK_KIND_UPROBE,
  HOOK_MESSAGE,
  HOOK_POLICY,
  HOOK_SUBSYSTEM,
  HOOK_TAG_COUNT,
  HOOK_TAGS,
  HOOK_WHERE,
} from "./abi";
import { Argument } from "./argument";
import { Arguments, Stack, Texts } from "./lists";
import { follow } from "./reference";
import { Text } from "./text";

/** What a policy's hook sits on. */
export enum HookKind {
  Function = HOOK_KIND_FUNCTION,
  Syscall = HOOK_KIND_SYSCALL,
  Tracepoint = HOOK_KIND_TRACEPOINT,
  RawTracepoint = HOOK_KIND_RAW_TRACEPOINT,
  Lsm = HOOK_KIND_LSM,
  Uprobe = HOOK_KIND_UPROBE,
}

/**
 * A call that a policy watches: of a function, a system call, an LSM hook, a place in a program, or
 * a tracepoint. Only good until `onEvent` returns.
 */
@unmanaged
export class Call {
  /** What was called, such as `tcp_connect` or `__x64_sys_write`; of a tracepoint its name. */
  get functionName(): Text {
    return this.hookText(HOOK_FUNCTION);
  }

  /** Of a tracepoint, such as `syscalls`; else empty. */
  get subsystem(): Text {
    return this.hookText(HOOK_SUBSYSTEM);
  }

  /** The policy that watches. */
  get policyName(): Text {
    return this.hookText(HOOK_POLICY);
  }

  /** What the policy says of it; empty: nothing. */
  get message(): Text {
    return this.hookText(HOOK_MESSAGE);
  }

  /** The kernel module of a function, the file of a uprobe; else empty. */
  get where(): Text {
    return this.hookText(HOOK_WHERE);
  }

  get tags(): Texts {
    return changetype<Texts>(this.hook + HOOK_TAGS);
  }

  hasTag(tag: string): bool {
    const tags = this.tags;
    const count = load<i32>(this.hook, HOOK_TAG_COUNT);
    for (let n = 0; n < count; ++n) if (tags[n].equals(tag)) return true;
    return false;
  }

  get kind(): HookKind {
    return load<i32>(this.hook, HOOK_KIND);
  }

  /** In the order in which the policy lists them. */
  get args(): Arguments {
    return changetype<Arguments>(changetype<usize>(this));
  }

  /** How many arguments there are. */
  get argCount(): i32 {
    return load<i32>(changetype<usize>(this), CALL_ARG_COUNT);
  }

  /** What the call returned; null if the policy does not ask for it. */
  get returned(): Argument | null {
    return changetype<Argument | null>(follow(changetype<usize>(this) + CALL_RETURN));
  }

  /** The thread that made the call. */
  get tid(): u32 {
    return load<u32>(changetype<usize>(this), CALL_TID);
  }

  /** What was done: bits, `ACTION_*` of the ABI. */
  get actions(): u32 {
    return load<u32>(changetype<usize>(this), CALL_ACTIONS);
  }

  /** Number of the signal that the policy sent; 0: none. */
  get signal(): u32 {
    return this.actions & ACTION_SIGNAL ? load<u32>(changetype<usize>(this), CALL_SIGNAL) : 0;
  }

  /** Whether the call was not let through, but returned `overrideError`. */
  get isOverridden(): bool {
    return (this.actions & ACTION_OVERRIDE) != 0;
  }

  get overrideError(): i32 {
    return load<i32>(changetype<usize>(this), CALL_OVERRIDE_ERROR);
  }

  /** Whether the policy only watches: what else it asks for was not done. */
  get isMonitored(): bool {
    return (load<u32>(changetype<usize>(this), CALL_FLAGS) & CALL_FLAG_MONITORED) != 0;
  }

  /** Whether an action was tried and the kernel refused it. */
  get actionFailed(): bool {
    return (load<u32>(changetype<usize>(this), CALL_FLAGS) & CALL_FLAG_ACTION_FAILED) != 0;
  }

  /** Index of the selector that matched; 4294967295: the hook has none. */
  get selector(): u32 {
    return load<u32>(changetype<usize>(this), CALL_SELECTOR);
  }

  get kernelStack(): Stack {
    return changetype<Stack>(changetype<usize>(this) + CALL_KERNEL_STACK);
  }

  get userStack(): Stack {
    return changetype<Stack>(changetype<usize>(this) + CALL_USER_STACK);
  }

  private get hook(): usize {
    return follow(changetype<usize>(this) + CALL_HOOK);
  }

  private hookText(at: usize): Text {
    return changetype<Text>(this.hook + at);
  }
}
