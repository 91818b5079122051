import {
  NAMESPACE_CGROUP,
  NAMESPACE_IPC,
  NAMESPACE_MNT,
  NAMESPACE_NET,
  NAMESPACE_PID,
  NAMESPACE_PID_FOR_CHILDREN,
  NAMESPACE_TIME,
  NAMESPACE_TIME_FOR_CHILDREN,
  NAMESPACE_USER,
  NAMESPACE_UTS,
} from "./abi";

/** Inode numbers of a process' namespaces; 0: not known. Only good until `onEvent` returns. */
@unmanaged
export class Namespaces {
  get uts(): u32 {
    return this.at(NAMESPACE_UTS);
  }

  get ipc(): u32 {
    return this.at(NAMESPACE_IPC);
  }

  get mnt(): u32 {
    return this.at(NAMESPACE_MNT);
  }

  get pid(): u32 {
    return this.at(NAMESPACE_PID);
  }

  get pidForChildren(): u32 {
    return this.at(NAMESPACE_PID_FOR_CHILDREN);
  }

  get net(): u32 {
    return this.at(NAMESPACE_NET);
  }

  get time(): u32 {
    return this.at(NAMESPACE_TIME);
  }

  get timeForChildren(): u32 {
    return this.at(NAMESPACE_TIME_FOR_CHILDREN);
  }

  get cgroup(): u32 {
    return this.at(NAMESPACE_CGROUP);
  }

  get user(): u32 {
    return this.at(NAMESPACE_USER);
  }

  @inline
  private at(index: i32): u32 {
    return load<u32>(changetype<usize>(this) + ((<usize>index) << 2));
  }
}
