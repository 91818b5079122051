/** Where arguments are passed in registers: offsets in `struct pt_regs`, which are part of the kernel's ABI. */

interface Registers {
  /** Of a function, from the first argument on. */
  readonly functionArguments: readonly number[];
  /** Of a system call, as user space made it. */
  readonly syscallArguments: readonly number[];
  readonly result: number;
  readonly syscallNumber: { readonly offset: number; readonly size: number };
  /** What syscall functions are called: `__x64_sys_write`. */
  readonly syscallPrefix: string;
}

const x64: Registers = {
  functionArguments: [112, 104, 96, 88, 72, 64],
  syscallArguments: [112, 104, 96, 56, 72, 64],
  result: 80,
  syscallNumber: { offset: 120, size: 8 },
  syscallPrefix: "__x64_sys_",
};

const arm64: Registers = {
  functionArguments: [0, 8, 16, 24, 32, 40, 48, 56],
  syscallArguments: [0, 8, 16, 24, 32, 40],
  result: 0,
  syscallNumber: { offset: 280, size: 4 },
  syscallPrefix: "__arm64_sys_",
};

export const registers: Registers = process.arch === "arm64" ? arm64 : x64;
