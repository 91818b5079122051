/**
 * What guidestar has added to the fgs API: numbers that clients of ours use, so they never change
 * either. A new addition gets a line here.
 */
export const additions: {
  /** Fields of messages that the API has. Numbers from 2000. */
  readonly fields: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Messages that the API does not have. */
  readonly messages: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Values of enums that the API has. Numbers from 2000. */
  readonly enumValues: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Kinds of events, in `GetEventsResponse.event`: existing clients see a response without an event. */
  readonly events: readonly string[];
} = {
  fields: {
    Filter: {
      pod_regex: "2007 repeated string",
      arguments_regex: "2008 repeated string",
      labels: "2009 repeated string",
      policy_names: "2010 repeated string",
      capabilities: "2011 CapFilter",
      parent_binary_regex: "2012 repeated string",
      cel_expression: "2013 repeated string",
      parent_arguments_regex: "2014 repeated string",
      container_id: "2015 repeated string",
      in_init_tree: "2016 google.protobuf.BoolValue",
      ancestor_binary_regex: "2017 repeated string",
      container_name_regex: "2018 repeated string",
      namespace_regex: "2019 repeated string",
      function_names: "2020 repeated string",
    },
    GetEventsRequest: {
      field_filters: "2000 repeated FieldFilter",
      plugins: "2001 repeated string",
      plugin_accounts: "2002 bool",
    },
    GetEventsResponse: {
      annotations: "2000 map<string, string>",
      sequence: "2001 uint64",
      lost: "2002 guidestar.Loss",
      plugin_accounts: "2005 guidestar.PluginAccounts",
      finding: "2003 Finding",
      destination_names: "2004 repeated string",
    },
    KprobeArgument: {
      long_arg: "2011 google.protobuf.Int64Value",
      bpf_attr_arg: "2012 guidestar.BpfProgram",
      perf_event_arg: "2013 guidestar.PerfEvent",
      bpf_map_arg: "2014 guidestar.BpfMap",
      capability_arg: "2017 guidestar.Capability",
      label: "2018 string",
      user_ns_arg: "2020 guidestar.UserNamespace",
      module_arg: "2021 guidestar.KernelModule",
      capabilities_arg: "2022 KprobeCapabilities",
      sockaddr_arg: "2030 guidestar.SocketAddress",
      bpf_prog_arg: "2031 guidestar.BpfProgram",
      error: "2032 string",
    },
    KprobeCred: {
      uid: "2001 uint32",
      gid: "2002 uint32",
      euid: "2003 uint32",
      egid: "2004 uint32",
      suid: "2005 uint32",
      sgid: "2006 uint32",
      fsuid: "2007 uint32",
      fsgid: "2008 uint32",
      secure_bits: "2009 uint32",
      user_ns: "2011 uint32",
    },
    KprobeFile: {
      permission: "2004 string",
      mode: "2005 uint32",
      followed: "2006 bool",
    },
    KprobePath: {
      permission: "2004 string",
      mode: "2005 uint32",
    },
    KprobeSkb: {
      protocol: "2012 string",
      family: "2013 string",
    },
    KprobeSock: {
      cookie: "2010 uint64",
      state: "2011 string",
    },
    Process: {
      interpreter: "2000 string",
      file: "2001 guidestar.ExecutedFile",
      ns_pid: "2002 google.protobuf.UInt32Value",
      euid: "2003 google.protobuf.UInt32Value",
      gid: "2004 google.protobuf.UInt32Value",
      egid: "2005 google.protobuf.UInt32Value",
      in_init_tree: "2016 google.protobuf.BoolValue",
    },
    DnsInfo: {
      transport: "2000 string",
      server_ip: "2001 string",
      server_port: "2002 uint32",
      client_ip: "2003 string",
      client_port: "2004 uint32",
      id: "2005 uint32",
      header_flags: "2006 uint32",
      answers: "2007 repeated guidestar.DnsRecord",
      edns_udp_size: "2008 google.protobuf.UInt32Value",
      size: "2009 uint32",
      problem: "2010 string",
    },
    ProcessDns: {
      parent: "2000 Process",
      ancestors: "2001 repeated Process",
      tid: "2002 uint32",
    },
    ProcessExit: {
      ancestors: "2000 repeated Process",
    },
    ProcessKprobe: {
      kind: "2000 guidestar.HookKind",
      where: "2001 string",
      actions: "2002 repeated guidestar.HookAction",
      monitored: "2003 bool",
      action_failed: "2004 bool",
      selector: "2005 google.protobuf.UInt32Value",
      tid: "2006 uint32",
      kernel_stack_trace: "2007 repeated guidestar.StackFrame",
      policy_name: "2008 string",
      message: "2010 string",
      tags: "2011 repeated string",
      user_stack_trace: "2012 repeated guidestar.StackFrame",
      ancestors: "2013 repeated Process",
      signal: "2014 string",
      override_error: "2015 int32",
    },
    ProcessTracepoint: {
      kind: "2000 guidestar.HookKind",
      actions: "2002 repeated guidestar.HookAction",
      monitored: "2003 bool",
      action_failed: "2004 bool",
      selector: "2005 google.protobuf.UInt32Value",
      tid: "2006 uint32",
      policy_name: "2007 string",
      action: "2008 KprobeAction",
      message: "2009 string",
      tags: "2010 repeated string",
      ancestors: "2011 repeated Process",
      kernel_stack_trace: "2012 repeated guidestar.StackFrame",
      user_stack_trace: "2013 repeated guidestar.StackFrame",
      signal: "2014 string",
      override_error: "2015 int32",
    },
    StackAddress: {
      module: "2000 string",
    },
  },
  messages: {
    Finding: {
      process: "1 Process",
      parent: "2 Process",
      plugin: "3 string",
      plugin_version: "4 string",
      name: "5 string",
      severity: "6 FindingSeverity",
      message: "7 string",
      attributes: "8 map<string, string>",
      event_type: "9 EventType",
    },
    CapFilter: {
      permitted: "1 CapFilterSet",
      effective: "2 CapFilterSet",
      inheritable: "3 CapFilterSet",
    },
    CapFilterSet: {
      any: "1 repeated CapabilitiesType",
      all: "2 repeated CapabilitiesType",
      exactly: "3 repeated CapabilitiesType",
      none: "4 repeated CapabilitiesType",
    },
    KprobeCapabilities: {
      capabilities: "1 repeated CapabilitiesType",
    },
    FieldFilter: {
      event_set: "1 repeated EventType",
      fields: "2 google.protobuf.FieldMask",
      action: "3 FieldFilterAction",
      invert_event_set: "4 google.protobuf.BoolValue",
    },
  },
  enumValues: { EventType: { FINDING: 2000 } },
  events: ["finding"],
  enums: {
    FieldFilterAction: { INCLUDE: 0, EXCLUDE: 1 },
    FindingSeverity: {
      FINDING_SEVERITY_UNDEF: 0,
      FINDING_SEVERITY_INFO: 1,
      FINDING_SEVERITY_LOW: 2,
      FINDING_SEVERITY_MEDIUM: 3,
      FINDING_SEVERITY_HIGH: 4,
      FINDING_SEVERITY_CRITICAL: 5,
    },
  },
};
