/** The machine: qemu's command line, and the process. */
import { type ChildProcess, spawn } from "node:child_process";
import { portName } from "./messages.js";
import { findCommand, type Kernel, needed } from "./paths.js";

export interface Machine {
  readonly kernel: Kernel;
  readonly image: string;
  readonly memoryMiB: number;
  readonly cpus: number;
  /** The user's terminal becomes the console. */
  readonly interactive: boolean;
  /** Kernel messages on the console: all of them, or errors only. */
  readonly verbose: boolean;
}

/** stdout: the console; file descriptor 3: the port's messages. */
export function startQemu(machine: Machine): ChildProcess {
  const qemu = needed(findCommand("qemu-system-x86_64"), "qemu-system-x86_64");
  // If this process dies, however it dies, qemu goes with it.
  const setpriv = findCommand("setpriv");
  const [file, ...before] = setpriv ? [setpriv, "--pdeathsig", "KILL", qemu] : [qemu];
  const console = machine.interactive ? ("inherit" as const) : ("pipe" as const);
  return spawn(file, [...before, ...qemuArguments(machine)], {
    stdio: [machine.interactive ? "inherit" : "ignore", console, "pipe", "pipe"],
  });
}

export function qemuArguments(machine: Machine): string[] {
  const kernelOptions = [
    "console=ttyS0",
    "panic=-1",
    "oops=panic",
    "softlockup_panic=0",
    "lsm=landlock,lockdown,yama,bpf",
    "mitigations=off",
    "random.trust_cpu=on",
    // Emulated, the time stamp counter runs at whatever rate this machine lets qemu run at.
    "clocksource=hpet",
    "rdinit=/init",
    machine.verbose ? "loglevel=7" : "quiet loglevel=3",
    `TERM=${/^[\w.+-]+$/.test(process.env.TERM ?? "") ? process.env.TERM : "linux"}`,
  ];
  return [
    "-no-user-config",
    "-nodefaults",
    "-no-reboot",
    ...["-display", "none"],
    ...["-machine", "q35"],
    // Works everywhere, other than KVM. Five-level page tables would cost time at every miss.
    ...["-accel", "tcg,thread=multi"],
    ...["-cpu", "max,la57=off"],
    ...["-smp", String(machine.cpus)],
    ...["-m", `${machine.memoryMiB}M`],
    ...["-kernel", machine.kernel.image],
    ...["-initrd", machine.image],
    ...["-append", kernelOptions.join(" ")],
    ...["-chardev", "stdio,id=console,signal=off"],
    ...["-serial", "chardev:console"],
    ...["-device", "virtio-serial"],
    ...["-chardev", "socket,id=messages,fd=3"],
    ...["-device", `virtserialport,chardev=messages,name=${portName}`],
  ];
}
