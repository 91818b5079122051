/** `guidestar probe`: what this machine's kernel offers, and what will be used of it. */
import type { Command } from "commander";

export function register(program: Command): void {
  program.command("probe").description("TODO");
}
