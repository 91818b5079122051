import { existsSync, readFileSync } from "node:fs";
import koffi from "koffi";
import { libc, MapFlag, Protection, pageSize } from "./libc.js";

/**
 * Runs `section` while no other thread of the process is in one.
 *
 * libbpf has one print function for the whole process. A JavaScript callback that another thread
 * calls is relayed to its own thread, which may be busy or gone; so only one thread at a time may
 * have its callback set, and every call that can print goes through here.
 *
 * Threads share no JavaScript state, unless their creator arranges it. They do share the address
 * space, so the lock is a word in a page at a fixed address, made by whoever comes first. It holds
 * the thread id of its owner: a terminated worker runs no `finally`, so the next in line takes the
 * lock over when that thread is gone.
 */
export function exclusively<T>(section: () => T): T {
  if (inside) return section();
  const word = lockWord();
  const self = libc.gettid();
  acquire(word, self);
  inside = true;
  try {
    return section();
  } finally {
    inside = false;
    Atomics.compareExchange(word, 0, self, 0);
  }
}

let inside = false;

function acquire(word: Int32Array, self: number): void {
  for (let attempt = 0; ; attempt++) {
    const owner = Atomics.compareExchange(word, 0, 0, self);
    // Our own id, though we are not in a section: left by a dead thread that had it before.
    if (owner === 0 || owner === self) return;
    if (attempt % 64 === 63 && !existsSync(`/proc/self/task/${owner}`)) {
      if (Atomics.compareExchange(word, 0, owner, self) === owner) return;
    }
    libc.usleep(attempt < 64 ? 50 : 500);
  }
}

let shared: Int32Array | undefined;

function lockWord(): Int32Array {
  shared ??= meetingPlace();
  return shared;
}

// Below 2^38, so that it exists on machines with 39-bit addresses, and far from where the kernel
// puts anything by itself.
const ADDRESS = 0x2b_7066_0000n;

function meetingPlace(): Int32Array {
  const size = pageSize();
  libc.mmap(
    ADDRESS,
    size,
    Protection.READ | Protection.WRITE,
    MapFlag.SHARED | MapFlag.ANONYMOUS | MapFlag.FIXED_NOREPLACE,
    -1,
    0,
  );
  // Either we have just made the page, or another thread had before; or it is somebody else's, and
  // then this thread is on its own, which is right as long as it is the only one.
  return pageIsOurs(size) ? new Int32Array(koffi.view(ADDRESS, size)) : new Int32Array(1);
}

function pageIsOurs(size: number): boolean {
  const range = `${ADDRESS.toString(16)}-${(ADDRESS + BigInt(size)).toString(16)} rw-s`;
  const line = readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .find((each) => each.startsWith(range));
  return line?.includes("/dev/zero") ?? false;
}
