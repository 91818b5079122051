import koffi, { type LibraryHandle } from "koffi";
import { BpfError } from "../errors.js";
import { bindLazily, type Memory, native, type Pointer } from "./lazy.js";

let handle: LibraryHandle | undefined;

/** The C library that this process runs on. */
export function libcLibrary(): LibraryHandle {
  handle ??= koffi.load(null);
  return handle;
}

/** Functions of the C library, and those of Node.js and its event loop. */
export const libc = bindLazily(libcLibrary, {
  close: native<[fd: number], number>("int close(int fd)"),
  fcntl: native<[fd: number, command: number, type: "int", value: number], number>(
    "int fcntl(int fd, int command, ...)",
  ),
  gettid: native<[], number>("int gettid()"),
  lsmListModules: native<
    [number: number, ids: Memory, size: Memory, flags: number],
    number | bigint
  >("long syscall(long number, void *ids, void *size, uint32_t flags)"),
  memcpy: native<[to: Memory, from: Memory, size: number], Pointer>(
    "void *memcpy(void *to, const void *from, size_t size)",
  ),
  mmap: native<
    [
      address: Pointer | null,
      size: number,
      protection: number,
      flags: number,
      fd: number,
      offset: number,
    ],
    Pointer
  >("void *mmap(void *address, size_t size, int protection, int flags, int fd, int64_t offset)"),
  munmap: native<[address: Pointer, size: number], number>(
    "int munmap(void *address, size_t size)",
  ),
  napi_add_env_cleanup_hook: native<[env: unknown, release: Pointer, thing: Pointer], number>(
    "int napi_add_env_cleanup_hook(void *env, void *release, void *thing)",
  ),
  napi_get_uv_event_loop: native<[env: unknown, loop: (Pointer | null)[]], number>(
    "int napi_get_uv_event_loop(void *env, _Out_ void **loop)",
  ),
  napi_remove_env_cleanup_hook: native<[env: unknown, release: Pointer, thing: Pointer], number>(
    "int napi_remove_env_cleanup_hook(void *env, void *release, void *thing)",
  ),
  perfEventOpen: native<
    [number: number, attributes: Memory, pid: number, cpu: number, group: number, flags: number],
    number | bigint
  >(
    "long syscall(long number, void *attributes, int pid, int cpu, int group, unsigned long flags)",
  ),
  read: native<[fd: number, to: Memory, size: number], number | bigint>(
    "int64_t read(int fd, void *to, size_t size)",
  ),
  sysconf: native<[name: number], number>("long sysconf(int name)"),
  usleep: native<[microseconds: number], number>("int usleep(unsigned int microseconds)"),
  uv_fileno: native<[handle: Pointer, fd: Int32Array], number>(
    "int uv_fileno(void *handle, _Out_ int *fd)",
  ),
  uv_handle_get_type: native<[handle: Pointer], number>("int uv_handle_get_type(void *handle)"),
  uv_is_active: native<[handle: Pointer], number>("int uv_is_active(void *handle)"),
  uv_poll_start: native<[handle: Pointer, events: number, callback: Pointer], number>(
    "int uv_poll_start(void *handle, int events, void *callback)",
  ),
  uv_poll_stop: native<[handle: Pointer], number>("int uv_poll_stop(void *handle)"),
  uv_walk: native<[loop: Pointer | null, visit: Pointer, argument: null], void>(
    "void uv_walk(void *loop, void *visit, void *argument)",
  ),
  vsnprintf: native<[to: Uint8Array, size: number, format: Pointer, args: Pointer], number>(
    "int vsnprintf(void *to, size_t size, const void *format, void *args)",
  ),
});

export const Protection = { READ: 1, WRITE: 2 } as const;
export const MapFlag = {
  SHARED: 0x1,
  PRIVATE: 0x2,
  FIXED: 0x10,
  ANONYMOUS: 0x20,
  NORESERVE: 0x4000,
  FIXED_NOREPLACE: 0x100000,
} as const;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const F_DUPFD_CLOEXEC = 1030;
const SC_PAGESIZE = 30;

/** mmap that throws. */
export function mapMemory(what: string, ...args: Parameters<typeof libc.mmap>): Pointer {
  const address = libc.mmap(...args);
  if (BigInt.asUintN(64, BigInt(address ?? 0n)) === MAP_FAILED) {
    throw BpfError.fromErrno(`cannot map ${what} into memory`, koffi.errno());
  }
  return address;
}

/** A second descriptor for the same file, closed on exec. */
export function duplicateFd(what: string, fd: number): number {
  if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fff_ffff) {
    throw new BpfError(`${what} needs a file descriptor, got ${String(fd)}`, { code: "BAD_VALUE" });
  }
  const copy = libc.fcntl(fd, F_DUPFD_CLOEXEC, "int", 3);
  if (copy < 0) throw BpfError.fromErrno(`cannot duplicate fd ${fd} for ${what}`, koffi.errno());
  return copy;
}

const SYS_LSM_LIST_MODULES = 461;

/** Ids of the active security modules; undefined before kernel 6.8. */
export function lsmListModules(): number[] | undefined {
  const ids = new BigUint64Array(64);
  const size = new Uint32Array([ids.byteLength]);
  const bytes = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer);
  const count = Number(libc.lsmListModules(SYS_LSM_LIST_MODULES, bytes(ids), bytes(size), 0));
  return count < 0 ? undefined : Array.from(ids.subarray(0, count), Number);
}

let page: number | undefined;

/** Bytes of a memory page. */
export function pageSize(): number {
  page ??= Number(libc.sysconf(SC_PAGESIZE));
  return page;
}
