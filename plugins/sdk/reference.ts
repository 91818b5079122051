/** Where the 32-bit reference at `address` points to: it counts from itself. 0 if it is 0. */
export function follow(address: usize): usize {
  const offset = load<i32>(address);
  return offset == 0 ? 0 : address + <usize>offset;
}
