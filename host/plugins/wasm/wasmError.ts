/** A module that the decoder does not accept. `offset` is the byte of the module where it stopped. */
export class WasmError extends Error {
  override readonly name = "WasmError";

  constructor(
    readonly reason: string,
    readonly offset: number,
  ) {
    super(`${reason} (at byte ${offset})`);
  }
}
