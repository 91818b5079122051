/** Settings of the sensor `test`; they can be changed while it runs. */
import { GuidestarError } from "../../errors.js";
import { syscallTable } from "../../policy/kernel/syscalls/table.js";
import { closest } from "../../suggest.js";

export interface TestSettings {
  /** Name of the system call, as its manual has it. */
  readonly syscall: string;
  /** Only calls with that value in that argument, 0 to 3; undefined: all. */
  readonly match: { readonly argument: number; readonly value: bigint } | undefined;
}

export const defaultTestSettings: TestSettings = { syscall: "lseek", match: undefined };

interface Setting {
  get(settings: TestSettings): string;
  /** Throws a `GuidestarError` that says what it takes. */
  set(settings: TestSettings, value: string): TestSettings;
}

export const testSettings: Readonly<Record<string, Setting>> = {
  syscall: {
    get: ({ syscall }) => syscall,
    set: (settings, value) => {
      syscallNumber(value);
      return { ...settings, syscall: value };
    },
  },
  match: {
    get: ({ match }) => (match ? `${match.argument}=${match.value}` : "off"),
    set: (settings, value) => ({
      ...settings,
      match: value === "off" ? undefined : matchOf(value),
    }),
  },
};

/** @param what SetConfig or GetConfig, as clients know the message */
export function testSettingNamed(key: string, what: string): Setting {
  const found = Object.hasOwn(testSettings, key) ? testSettings[key] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(testSettings);
  throw refusal(
    what,
    `there is no setting ${shown(key)}; known: ${known.join(", ")}${closest(key, known)}`,
  );
}

/** Of this machine. Throws a `GuidestarError` if there is no such call. */
export function syscallNumber(name: string): number {
  const { numbers } = syscallTable(process.arch === "arm64" ? "arm64" : "x64");
  const number = numbers.get(name);
  if (number !== undefined) return number;
  throw refusal(
    "SetConfig",
    `syscall takes the name of a system call such as lseek, not ${shown(name)}${closest(name, [...numbers.keys()])}`,
  );
}

const most = 2n ** 64n;

function matchOf(text: string): TestSettings["match"] {
  const parts = /^([0-3])=(-?)(\d{1,20}|0x[0-9a-f]{1,16})$/.exec(text);
  const size = BigInt(parts?.[3] ?? -1);
  const value = parts?.[2] ? -size : size;
  if (parts && value < most && value >= -most / 2n)
    return { argument: Number(parts[1]), value: BigInt.asUintN(64, value) };
  throw refusal(
    "SetConfig",
    `match takes off, or an argument from 0 to 3 and its value such as 2=4729, not ${shown(text)}`,
  );
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}

function refusal(what: string, message: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", `sensor test ${what} failed: ${message}`);
}
