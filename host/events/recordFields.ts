import { enumerator, offsetOf, optionalOffsetOf, sizeOf } from "../source/recordLayout.js";
import type { RecordLayout } from "../source/source.js";
import { namespaceNames } from "./model.js";

/** Every offset and enumerator the decoder needs, looked up once. */
export function recordFields(layout: RecordLayout) {
  const of = (struct: string, field: string) => offsetOf(layout, struct, field);
  /** Undefined in a recording that is older than the field. */
  const newer = (struct: string, field: string) => optionalOffsetOf(layout, struct, field);
  const type = (name: string) => enumerator(layout, "gs_record_type", name);
  const flag = (name: string) => enumerator(layout, "gs_process_flag", name);
  return {
    types: {
      fork: type("GS_RECORD_FORK"),
      exec: type("GS_RECORD_EXEC"),
      exit: type("GS_RECORD_EXIT"),
      args: type("GS_RECORD_ARGS"),
      process: type("GS_RECORD_PROCESS"),
    },
    flags: {
      clone: flag("GS_FLAG_CLONE"),
      procfs: flag("GS_FLAG_PROCFS"),
      miss: flag("GS_FLAG_MISS"),
      truncArgs: flag("GS_FLAG_TRUNC_ARGS"),
    },
    namespaces: namespaceNames.map((name) =>
      enumerator(layout, "gs_namespace", `GS_NS_${name.toUpperCase()}`),
    ),
    header: {
      size: of("gs_header", "size"),
      type: of("gs_header", "type"),
      cpu: of("gs_header", "cpu"),
      time: of("gs_header", "time_ns"),
      key: of("gs_header", "key_ns"),
      pid: of("gs_header", "pid"),
      tid: of("gs_header", "tid"),
      end: sizeOf(layout, "gs_header"),
    },
    fork: {
      parentKey: of("gs_fork", "parent.key_ns"),
      parentPid: of("gs_fork", "parent.pid"),
      nsPid: of("gs_fork", "ns_pid"),
      end: sizeOf(layout, "gs_fork"),
    },
    exec: {
      parentKey: of("gs_exec", "parent.key_ns"),
      parentPid: of("gs_exec", "parent.pid"),
      previousKey: of("gs_exec", "previous_key_ns"),
      cgroupId: of("gs_exec", "cgroup_id"),
      permitted: of("gs_exec", "cap_permitted"),
      effective: of("gs_exec", "cap_effective"),
      inheritable: of("gs_exec", "cap_inheritable"),
      flags: of("gs_exec", "flags"),
      uid: of("gs_exec", "uid"),
      auid: of("gs_exec", "auid"),
      nsPid: of("gs_exec", "ns_pid"),
      namespaces: of("gs_exec", "ns"),
      binarySize: of("gs_exec", "binary_size"),
      interpreterSize: of("gs_exec", "interpreter_size"),
      cwdSize: of("gs_exec", "cwd_size"),
      cgroupNameSize: of("gs_exec", "cgroup_name_size"),
      argsSize: of("gs_exec", "args_size"),
      argsSpilled: of("gs_exec", "args_spilled"),
      euid: newer("gs_exec", "euid"),
      gid: newer("gs_exec", "gid"),
      egid: newer("gs_exec", "egid"),
      file: fileFields(layout),
      end: sizeOf(layout, "gs_exec"),
    },
    exit: {
      parentKey: of("gs_exit", "parent.key_ns"),
      parentPid: of("gs_exit", "parent.pid"),
      code: of("gs_exit", "code"),
      end: sizeOf(layout, "gs_exit"),
    },
    test: testFields(layout),
    args: {
      offset: of("gs_args", "offset"),
      size: of("gs_args", "size"),
      end: sizeOf(layout, "gs_args"),
    },
  };
}

/** Undefined in recordings from before there was a sensor "test". */
function testFields(layout: RecordLayout) {
  if (layout.structs.gs_test_call === undefined) return undefined;
  return {
    type: enumerator(layout, "gs_record_type", "GS_RECORD_TEST"),
    parentKey: offsetOf(layout, "gs_test_call", "parent.key_ns"),
    parentPid: offsetOf(layout, "gs_test_call", "parent.pid"),
    args: offsetOf(layout, "gs_test_call", "args"),
    end: sizeOf(layout, "gs_test_call"),
  };
}

/** Undefined in recordings from before files were told of. */
function fileFields(layout: RecordLayout) {
  if (optionalOffsetOf(layout, "gs_exec", "file_path_size") === undefined) return undefined;
  const of = (field: string) => offsetOf(layout, "gs_exec", field);
  const flag = (name: string) => enumerator(layout, "gs_file_flag", name);
  return {
    inode: of("inode"),
    links: of("links"),
    mode: of("mode"),
    uid: of("file_uid"),
    gid: of("file_gid"),
    flags: of("file_flags"),
    pathSize: of("file_path_size"),
    parentless: flag("GS_FILE_PARENTLESS"),
    unlinked: flag("GS_FILE_UNLINKED"),
    pathCut: flag("GS_FILE_PATH_CUT"),
    script: flag("GS_FILE_SCRIPT"),
    privileged: flag("GS_FILE_PRIVILEGED"),
  };
}

export type RecordFields = ReturnType<typeof recordFields>;
