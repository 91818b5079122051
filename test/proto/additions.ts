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
      capabilities: "2011 CapFilter",
      parent_binary_regex: "2012 repeated string",
      parent_arguments_regex: "2014 repeated string",
      container_id: "2015 repeated string",
      in_init_tree: "2016 google.protobuf.BoolValue",
      ancestor_binary_regex: "2017 repeated string",
      namespace_regex: "2019 repeated string",
    },
    GetEventsRequest: {
      field_filters: "2000 repeated FieldFilter",
    },
    GetEventsResponse: {
      annotations: "2000 map<string, string>",
      sequence: "2001 uint64",
      lost: "2002 guidestar.Loss",
      finding: "2003 Finding",
      destination_names: "2004 repeated string",
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
    ProcessExit: {
      ancestors: "2000 repeated Process",
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
