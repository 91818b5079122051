/** Arguments that tell of objects in the kernel. All are only good until `onEvent` returns. */
import {
  ARG_TEXT,
  BPF_INSTRUCTIONS,
  BPF_KEY_SIZE,
  BPF_MAX_ENTRIES,
  BPF_TYPE,
  BPF_VALUE_SIZE,
  CRED_EGID,
  CRED_EUID,
  CRED_FSGID,
  CRED_FSUID,
  CRED_GID,
  CRED_PERMITTED,
  CRED_SECURE_BITS,
  CRED_SGID,
  CRED_SUID,
  CRED_UID,
  CRED_USER_NS,
  MODULE_SIGNATURE_OK,
  MODULE_TAINTS,
  PERF_CONFIG,
  PERF_PROBE_OFFSET,
  PERF_TYPE,
  USER_NS_GID,
  USER_NS_INODE,
  USER_NS_LEVEL,
  USER_NS_UID,
} from "./abi";
import { Capabilities } from "./capabilities";
import { Text } from "./text";

/** Credentials; ids as the initial user namespace has them. */
@unmanaged
export class Credentials {
  get capabilities(): Capabilities {
    return changetype<Capabilities>(changetype<usize>(this) + CRED_PERMITTED);
  }

  get uid(): u32 {
    return load<u32>(changetype<usize>(this), CRED_UID);
  }

  get gid(): u32 {
    return load<u32>(changetype<usize>(this), CRED_GID);
  }

  get euid(): u32 {
    return load<u32>(changetype<usize>(this), CRED_EUID);
  }

  get egid(): u32 {
    return load<u32>(changetype<usize>(this), CRED_EGID);
  }

  get suid(): u32 {
    return load<u32>(changetype<usize>(this), CRED_SUID);
  }

  get sgid(): u32 {
    return load<u32>(changetype<usize>(this), CRED_SGID);
  }

  get fsuid(): u32 {
    return load<u32>(changetype<usize>(this), CRED_FSUID);
  }

  get fsgid(): u32 {
    return load<u32>(changetype<usize>(this), CRED_FSGID);
  }

  /** Inode number of the user namespace. */
  get userNamespace(): u32 {
    return load<u32>(changetype<usize>(this), CRED_USER_NS);
  }

  get secureBits(): u32 {
    return load<u32>(changetype<usize>(this), CRED_SECURE_BITS);
  }
}

@unmanaged
export class UserNamespace {
  /** 0: the initial one. */
  get level(): i32 {
    return load<i32>(changetype<usize>(this), USER_NS_LEVEL);
  }

  /** Who made it. */
  get uid(): u32 {
    return load<u32>(changetype<usize>(this), USER_NS_UID);
  }

  get gid(): u32 {
    return load<u32>(changetype<usize>(this), USER_NS_GID);
  }

  get inode(): u32 {
    return load<u32>(changetype<usize>(this), USER_NS_INODE);
  }
}

/** A BPF program or map. */
@unmanaged
export class BpfObject {
  /** BPF_PROG_TYPE_* or BPF_MAP_TYPE_*. */
  get type(): u32 {
    return load<u32>(changetype<usize>(this), BPF_TYPE);
  }

  get name(): Text {
    return changetype<Text>(changetype<usize>(this) + ARG_TEXT);
  }

  get instructions(): u32 {
    return load<u32>(changetype<usize>(this), BPF_INSTRUCTIONS);
  }

  get keySize(): u32 {
    return load<u32>(changetype<usize>(this), BPF_KEY_SIZE);
  }

  get valueSize(): u32 {
    return load<u32>(changetype<usize>(this), BPF_VALUE_SIZE);
  }

  get maxEntries(): u32 {
    return load<u32>(changetype<usize>(this), BPF_MAX_ENTRIES);
  }
}

@unmanaged
export class PerfEvent {
  /** PERF_TYPE_* */
  get type(): u32 {
    return load<u32>(changetype<usize>(this), PERF_TYPE);
  }

  /** The function of a kprobe or uprobe. */
  get name(): Text {
    return changetype<Text>(changetype<usize>(this) + ARG_TEXT);
  }

  get config(): u64 {
    return load<u64>(changetype<usize>(this), PERF_CONFIG);
  }

  get probeOffset(): u64 {
    return load<u64>(changetype<usize>(this), PERF_PROBE_OFFSET);
  }
}

@unmanaged
export class KernelModule {
  get name(): Text {
    return changetype<Text>(changetype<usize>(this) + ARG_TEXT);
  }

  get signatureOk(): bool {
    return load<u32>(changetype<usize>(this), MODULE_SIGNATURE_OK) != 0;
  }

  /** TAINT_*, a bit each. */
  get taints(): u64 {
    return load<u64>(changetype<usize>(this), MODULE_TAINTS);
  }
}
