/** The sensor `test`: an event for each call of one system call, to see that events arrive. */
import type { BuiltInSensor } from "../builtIn.js";
import {
  defaultTestSettings,
  type TestSettings,
  testSettingNamed,
  testSettings,
} from "./settings.js";
import { loadTestProgram, type TestProgram } from "./testProgram.js";

export class TestSensor implements BuiltInSensor {
  readonly name = "test";
  readonly #base: Parameters<typeof loadTestProgram>[0];
  #settings: TestSettings = defaultTestSettings;
  #program: TestProgram | undefined;

  /** Disable it before the base programs are closed. */
  constructor(base: Parameters<typeof loadTestProgram>[0]) {
    this.#base = base;
  }

  get enabled(): boolean {
    return this.#program !== undefined;
  }

  async enable(): Promise<void> {
    this.#program ??= this.#attached(this.#settings);
  }

  async disable(): Promise<void> {
    this.#program?.close();
    this.#program = undefined;
  }

  /** A change holds for the next call; none is told of twice. */
  async setConfig(key: string, value: string): Promise<void> {
    const settings = testSettingNamed(key, "SetConfig").set(this.#settings, value.trim());
    const before = this.#program;
    if (before) this.#program = this.#attached(settings, before);
    this.#settings = settings;
  }

  async getConfig(key: string): Promise<string> {
    if (key !== "") return testSettingNamed(key, "GetConfig").get(this.#settings);
    return Object.entries(testSettings)
      .map(([each, setting]) => `${each}=${setting.get(this.#settings)}`)
      .join("\n");
  }

  #attached(settings: TestSettings, before?: TestProgram): TestProgram {
    const program = loadTestProgram(this.#base, settings);
    before?.detach();
    try {
      program.attach();
    } catch (error) {
      program.close();
      before?.attach();
      throw error;
    }
    before?.close();
    return program;
  }
}
