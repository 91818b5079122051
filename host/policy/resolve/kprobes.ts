/** Kprobes: functions and system calls, one by one or by list. */

import type { Argument, Kprobe } from "../document/hooks.js";
import type { Place } from "../document/problem.js";
import type { Located } from "../document/schema.js";
import { functionSignature, syscallSignature } from "../kernel/kernelFunction.js";
import type { Signature } from "../kernel/signature.js";
import { listName, membersOf, syscallNumber } from "../kernel/syscallLists.js";
import { withoutPrefix } from "../kernel/syscalls/table.js";
import type { Context } from "./context.js";
import { finishHook, type ResolvedHook, type Returning } from "./hook.js";

/** One hook; of a list, one for each of its members. */
export function resolveKprobe(context: Context, text: Kprobe, place: Place): ResolvedHook[] {
  const { call } = text;
  const list = listName(call.value);
  const here = place.in("call");
  if (list === undefined) {
    const isSyscall = text.syscall?.value ?? looksLikeSyscall(context, call.value);
    return one(context, text, call, isSyscall, here, place);
  }
  const { areSyscalls, names } = membersOf(context, list, call.at, here);
  if (areSyscalls && text.syscall?.value === false) {
    here.refuse(text.syscall.at, `the list has system calls: leave syscall out, or set it to true`);
  }
  const isSyscall = (name: string) =>
    areSyscalls || (text.syscall?.value ?? looksLikeSyscall(context, name));
  return here
    .all(names, (name) => one(context, text, name, isSyscall(name.value), here, place))
    .flat();
}

/** A document that does not say is of old, or means a function, unless the name can only be a call's. */
function looksLikeSyscall({ facts }: Context, name: string): boolean {
  const bare = withoutPrefix(name);
  if (bare === undefined) return false;
  // A name with the prefix that is neither is meant as a call's: so it gets the nearest of these.
  return facts.syscalls.numbers.has(bare) || facts.function(name) === undefined;
}

function one(
  context: Context,
  text: Kprobe,
  call: Located<string>,
  isSyscall: boolean,
  here: Place,
  place: Place,
): ResolvedHook[] {
  const signature = isSyscall
    ? syscall(context, call, text, here)
    : functionSignature(context, call, text.ignore?.callNotFound ?? false, here);
  if (signature === undefined) return [];
  // The task's data come behind the arguments, in the same list.
  const data = text.data as unknown as readonly Argument[];
  return [
    finishHook(
      context,
      signature,
      { ...text, args: [...text.args, ...data] },
      returning(text),
      place,
    ),
  ];
}

function syscall(
  context: Context,
  call: Located<string>,
  text: Kprobe,
  place: Place,
): Signature | undefined {
  const { syscalls } = context.facts;
  const bare = withoutPrefix(call.value) ?? call.value;
  if (!syscalls.numbers.has(bare) && text.ignore?.callNotFound) return undefined;
  const number = syscallNumber(context, call, place);
  return syscallSignature(context, syscalls.functionOf(bare), number);
}

export function returning(text: {
  readonly return: boolean;
  readonly returnArg: Returning["returnArg"];
}): Returning {
  return { wanted: text.return, returnArg: text.returnArg };
}
