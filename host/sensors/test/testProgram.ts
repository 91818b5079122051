/** The program of the sensor `test` in the kernel: `bpf/core/test.bpf.c`. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BpfObject } from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";
import type { BaseSensor } from "../base.js";
import { asStartupError } from "../requirements.js";
import { syscallNumber, type TestSettings } from "./settings.js";

const objectFile = fileURLToPath(new URL("../../../bpf/core/test.bpf.o", import.meta.url));

/** Maps of the base programs that it uses; the others come along with their headers. */
const shared = ["ring", "reader", "processes", "scope_cgroup", "counters"];

/** GS_TEST_ARGS */
const noArgument = 4;

/** Loaded; it waits for `attach()`. */
export interface TestProgram {
  attach(): void;
  detach(): void;
  /** Detaches and frees it. Twice does no harm. */
  close(): void;
}

/** Throws a `GuidestarError`, with everything undone. */
export function loadTestProgram(
  { forHooks }: Pick<BaseSensor, "forHooks">,
  { syscall, match }: TestSettings,
): TestProgram {
  if (!existsSync(objectFile)) {
    throw new GuidestarError(
      "FAILED_PRECONDITION",
      `The test program is not built (there is no ${objectFile}): run npm run build.`,
    );
  }
  const object = BpfObject.open(objectFile);
  try {
    for (const map of object.maps) {
      if (map.isData) continue;
      const fd = shared.includes(map.name) ? forHooks.maps[map.name] : undefined;
      if (fd === undefined) map.autocreate = false;
      else map.reuse(fd);
    }
    object.variables.setAll({
      ...forHooks.settings,
      test_syscall: BigInt(syscallNumber(syscall)),
      test_match_arg: match?.argument ?? noArgument,
      test_match_value: match?.value ?? 0n,
    });
    object.load();
  } catch (error) {
    object.close();
    throw asStartupError(error);
  }
  let link: { close(): void } | undefined;
  const detach = () => {
    link?.close();
    link = undefined;
  };
  return {
    attach: () => {
      try {
        link ??= object.program("test_call").attach();
      } catch (error) {
        throw asStartupError(error);
      }
    },
    detach,
    close: () => {
      detach();
      object.close();
    },
  };
}
