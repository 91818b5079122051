/** Signal names by number, as the API prints them. */
import { constants } from "node:os";

const names = new Map<number, string>();
for (const [name, number] of Object.entries(constants.signals)) {
  // Aliases share a number (SIGIOT, SIGPOLL, SIGUNUSED); the names of signal(7)'s first column win.
  if (!["SIGIOT", "SIGPOLL", "SIGUNUSED", "SIGINFO", "SIGLOST"].includes(name))
    names.set(number, name);
}

const firstRealTime = 32;
const lastSignal = 64;

/** `SIGKILL` for 9; `SIGRTMIN+n` counted from the kernel's 32; "" for 0. */
export function signalName(number: number): string {
  if (number === 0) return "";
  const name = names.get(number);
  if (name) return name;
  if (number >= firstRealTime && number <= lastSignal) return `SIGRTMIN+${number - firstRealTime}`;
  return `SIG${number}`;
}
