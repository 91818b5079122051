/**
 * Version 1 of the native plugin ABI: how a batch of events lies in a plugin's memory.
 *
 * This file is the only definition. It holds constants alone, in the subset that AssemblyScript and
 * TypeScript both compile, so that the SDK and the host share it word for word.
 *
 * A batch is one block of memory, 8-aligned, little endian. All positions are bytes from its start,
 * except in text references, which count from themselves:
 *
 *     header | records and texts | process table | event table | verdicts | output area
 *
 * The host writes everything but two parts: the plugin sets one verdict byte for each event, and
 * appends records to the output area (`BATCH_OUTPUT_USED` says how many bytes).
 *
 * Growing: a newer host may make the header, the event records and the fixed part of the process
 * records longer, and says so in the header. So a plugin finds records through the tables alone, and
 * reads no field beyond the lengths it is told. Fields never move. There may be records that no table
 * names: they belong to events that an earlier plugin dropped.
 */

/** What `gs_abi` of a plugin returns. */
export const ABI_VERSION = 1;

/** Alignment of the batch, and of every part of it. */
export const ALIGNMENT = 8;

/** Stands for a process that is not there. */
export const NO_PROCESS = 0xffffffff;

// The header: 32-bit fields at these positions.

/** ABI version of the batch. */
export const BATCH_ABI = 0;
/** Bytes of this header. */
export const BATCH_HEADER_SIZE = 4;
/** Bytes of the whole batch, output area included. */
export const BATCH_SIZE = 8;
/** Number of events. */
export const BATCH_EVENT_COUNT = 12;
/** Where the event table is: one 32-bit position of an event record for each event. */
export const BATCH_EVENTS = 16;
/** Bytes of an event record. */
export const BATCH_EVENT_SIZE = 20;
/** Number of processes. Each is there once, however many events name it. */
export const BATCH_PROCESS_COUNT = 24;
/** Where the process table is: one 32-bit position of a process record for each process. */
export const BATCH_PROCESSES = 28;
/** Bytes of the fixed part of a process record. */
export const BATCH_PROCESS_SIZE = 32;
/** Where the verdicts are: a byte for each event, in the order of the event table. */
export const BATCH_VERDICTS = 36;
/** Where the output area is. */
export const BATCH_OUTPUT = 40;
/** Bytes that the output area has room for. */
export const BATCH_OUTPUT_CAPACITY = 44;
/** Bytes of the output area in use. The host writes 0, the plugin what it appended. */
export const BATCH_OUTPUT_USED = 48;
/** 0 in version 1. */
export const BATCH_RESERVED = 52;

/** 64 bits: wall clock when the call began, ns since 1970. It stands still while the plugin works. */
export const BATCH_NOW_NS = 56;
/** `BATCH_FLAG_*`. */
export const BATCH_FLAGS = 64;
/** 0 in version 1. */
export const BATCH_SPARE = 68;

/** Bytes of the header. Hosts that only had exec and exit events to show ended it at 56. */
export const HEADER_BYTES = 72;

/** In `BATCH_FLAGS` of a tick: the instance goes away after this call, what it aggregated goes now. */
export const BATCH_FLAG_LAST = 1;

// A text reference, 8 bytes. The text is UTF-8 with no terminator.

/** 32 bits: where the text starts, in bytes from the reference itself, modulo 2^32. */
export const TEXT_OFFSET = 0;
/** 32 bits: bytes of the text. */
export const TEXT_LENGTH = 4;
export const TEXT_BYTES = 8;

// An event record. The first 32 bytes are the same for all types, the others belong to the type.

/** 64 bits: number of the event on its node since the daemon started, from 1. */
export const EVENT_SEQUENCE = 0;
/** 64 bits: wall clock, ns since 1970. */
export const EVENT_TIME_NS = 8;
/** 32 bits: one of `EVENT_TYPE_*`. */
export const EVENT_TYPE = 16;
/** 32 bits, 0 in version 1. */
export const EVENT_FLAGS = 20;
/** 32 bits: index in the process table. */
export const EVENT_PROCESS = 24;
/** 32 bits: index in the process table, or `NO_PROCESS`. */
export const EVENT_PARENT = 28;
/** Where the part begins that belongs to the type. */
export const EVENT_DETAIL = 32;

/** Exit, 32 bits: exit status 0 to 255; 0 if a signal ended the process. */
export const EXIT_STATUS = 32;
/** Exit, text: name of the signal that ended the process, or empty. */
export const EXIT_SIGNAL = 40;

/** Test, four times 64 bits: the first arguments of the system call. */
export const TEST_ARGS = 32;

/** Bytes that every event record has at least. Those of calls and DNS are longer, and say how long. */
export const EVENT_BYTES = 64;

// A call that a policy watches: the record of a kprobe or tracepoint event. References to other records
// are 32 bits and count, as texts do, from themselves; 0: there is none.

/** Reference: the hook record, which all events of a hook in the batch share. */
export const CALL_HOOK = 32;
/** 32 bits: bytes of this event record. */
export const CALL_SIZE = 36;
/** Reference: as many references to argument records as `CALL_ARG_COUNT` says. */
export const CALL_ARGS = 40;
export const CALL_ARG_COUNT = 44;
/** Reference: the argument record of what the call returned. */
export const CALL_RETURN = 48;
/** 32 bits: the thread that made the call. */
export const CALL_TID = 52;
/** 32 bits: `ACTION_*`, what was done. */
export const CALL_ACTIONS = 56;
/** 32 bits: `CALL_FLAG_*`. */
export const CALL_FLAGS = 60;
/** 32 bits: number of the signal that was sent; 0: none. */
export const CALL_SIGNAL = 64;
/** 32 bits, signed: what the call was made to return, if that was done. */
export const CALL_OVERRIDE_ERROR = 68;
/** 32 bits: index of the selector that matched, or `NO_SELECTOR`. */
export const CALL_SELECTOR = 72;
/** 32 bits, 0 in version 1. */
export const CALL_RESERVED = 76;
/** Reference: 64-bit addresses, innermost first; then how many. */
export const CALL_KERNEL_STACK = 80;
export const CALL_KERNEL_FRAMES = 84;
export const CALL_USER_STACK = 88;
export const CALL_USER_FRAMES = 92;

/** Bytes of the event record of a call in version 1. */
export const CALL_BYTES = 96;

export const NO_SELECTOR = 0xffffffff;

export const CALL_FLAG_RETURNED = 1;
/** The policy only watches: what else its selector asks for was not done. */
export const CALL_FLAG_MONITORED = 2;
/** An action was tried and the kernel refused it. */
export const CALL_FLAG_ACTION_FAILED = 4;

export const ACTION_POST = 1;
export const ACTION_FOLLOW_FD = 2;
export const ACTION_UNFOLLOW_FD = 4;
export const ACTION_COPY_FD = 8;
export const ACTION_SIGNAL = 16;
export const ACTION_OVERRIDE = 32;

// A DNS message: the record of a DNS event, which is longer than others too.

/** Text: the name asked for, with a dot at its end; the first, if there are several. */
export const DNS_QUERY = 32;
/** Reference: as many text references as the field behind says: names asked for and led to. */
export const DNS_NAMES = 40;
export const DNS_NAME_COUNT = 44;
/** The same of the addresses in the answer. */
export const DNS_IPS = 48;
export const DNS_IP_COUNT = 52;
/** 32 bits: `DNS_FLAG_*`. */
export const DNS_FLAGS = 56;
/** 32 bits: bytes of this event record. */
export const DNS_SIZE = 60;
/** 32 bits: response code; 0: no error. */
export const DNS_RCODE = 64;
/** 32 bits: number of the message. */
export const DNS_ID = 68;
/** Reference: as many 32-bit numbers as the field behind says: types of the questions. */
export const DNS_QUESTION_TYPES = 72;
export const DNS_QUESTION_COUNT = 76;
/** The same of the answers. */
export const DNS_ANSWER_TYPES = 80;
export const DNS_ANSWER_COUNT = 84;
/** Text: address of the name server. */
export const DNS_SERVER = 88;
/** Text: what is wrong with the message; empty: nothing. */
export const DNS_PROBLEM = 96;
/** 32 bits each. */
export const DNS_SERVER_PORT = 104;
export const DNS_CLIENT_PORT = 108;
/** 32 bits: the thread that asked. */
export const DNS_TID = 112;
/** 32 bits: bytes of the message. */
export const DNS_MESSAGE_BYTES = 116;

/** Bytes of the event record of a DNS message in version 1. */
export const DNS_BYTES = 120;

/** An answer; else a question. */
export const DNS_FLAG_RESPONSE = 1;
/** It came over TCP; else over UDP. */
export const DNS_FLAG_TCP = 2;
/** Not all names, addresses or types of the message are in the record. */
export const DNS_FLAG_CUT = 4;

// A hook record.

/** Text: the function; of a tracepoint the event's name. */
export const HOOK_FUNCTION = 0;
/** Text: of a tracepoint. */
export const HOOK_SUBSYSTEM = 8;
export const HOOK_POLICY = 16;
/** Text: what the policy says of it. */
export const HOOK_MESSAGE = 24;
/** Text: kernel module of a function, file of a uprobe. */
export const HOOK_WHERE = 32;
/** Reference: as many texts as `HOOK_TAG_COUNT` says. */
export const HOOK_TAGS = 40;
export const HOOK_TAG_COUNT = 44;
/** 32 bits: one of `HOOK_KIND_*`. */
export const HOOK_KIND = 48;
/** 32 bits, 0 in version 1. */
export const HOOK_RESERVED = 52;
export const HOOK_BYTES = 56;

export const HOOK_KIND_FUNCTION = 1;
export const HOOK_KIND_SYSCALL = 2;
export const HOOK_KIND_TRACEPOINT = 3;
export const HOOK_KIND_RAW_TRACEPOINT = 4;
export const HOOK_KIND_LSM = 5;
export const HOOK_KIND_UPROBE = 6;

// An argument record. What lies behind the first 40 bytes belongs to its kind.

/** 32 bits: bytes of this record without its text. */
export const ARG_SIZE = 0;
/** 32 bits: one of `ARG_KIND_*`. */
export const ARG_KIND = 4;
/** 32 bits: one of `ARG_ERROR_*`; other than 0, there may be no value. */
export const ARG_ERROR = 8;
/** 32 bits: `ARG_FLAG_*`. */
export const ARG_FLAGS = 12;
/** Reference: what the policy says of the argument; 0: nothing. */
export const ARG_DESCRIPTION = 16;
/** 32 bits, 0 in version 1. */
export const ARG_RESERVED = 20;
/**
 * 64 bits: an integer, sign-extended if its type is signed; of a string or buffer its length before it
 * was cut; of a socket its cookie; of a packet its length.
 */
export const ARG_VALUE = 24;
/** Text: a string, a path, the name of an object, each UTF-8; a buffer's bytes as they are. */
export const ARG_TEXT = 32;
export const ARG_STRUCT = 40;

/** The end of the text is missing: it was too long for a batch. */
export const ARG_FLAG_CUT = 1;
/** There is a value. */
export const ARG_FLAG_VALUE = 2;

export const ARG_KIND_INT = 1;
export const ARG_KIND_STRING = 2;
export const ARG_KIND_BYTES = 3;
export const ARG_KIND_PATH = 4;
export const ARG_KIND_SOCK = 5;
export const ARG_KIND_SKB = 6;
export const ARG_KIND_SOCKADDR = 7;
export const ARG_KIND_CRED = 8;
export const ARG_KIND_USER_NS = 9;
export const ARG_KIND_BPF_ATTR = 10;
export const ARG_KIND_BPF_PROG = 11;
export const ARG_KIND_BPF_MAP = 12;
export const ARG_KIND_PERF_EVENT = 13;
export const ARG_KIND_MODULE = 14;

export const ARG_ERROR_FAULT = 1;
export const ARG_ERROR_NO_MEMORY = 2;
export const ARG_ERROR_TOO_LARGE = 3;
export const ARG_ERROR_NULL = 4;
export const ARG_ERROR_NO_SUCH_FD = 5;

/** What the policy says of an argument: texts of its type and label, 32 bits of its index, 32 reserved. */
export const DESCRIPTION_TYPE = 0;
export const DESCRIPTION_LABEL = 8;
export const DESCRIPTION_INDEX = 16;
export const DESCRIPTION_BYTES = 24;

/** File, 32 bits each: `PATH_FLAG_*`; st_mode, 0 if it is not known. */
export const PATH_FLAGS = 40;
export const PATH_MODE = 44;
export const PATH_BYTES = 48;
export const PATH_FLAG_UNRESOLVED_MOUNTS = 1;
export const PATH_FLAG_UNRESOLVED_COMPONENTS = 2;
/** The path is the one that FollowFD stored. */
export const PATH_FLAG_FOLLOWED = 4;

/** Socket, packet and address, 32 bits each; an address has family and destination alone. */
export const SOCK_FAMILY = 40;
/** Of a packet its hash. */
export const SOCK_TYPE = 44;
export const SOCK_PROTOCOL = 48;
/** TCP state; of a packet its sec_path_len. */
export const SOCK_STATE = 52;
export const SOCK_SOURCE_PORT = 56;
export const SOCK_DESTINATION_PORT = 60;
export const SOCK_MARK = 64;
export const SOCK_PRIORITY = 68;
/** 16 bytes each in network order, IPv4 in the first four. */
export const SOCK_SOURCE = 72;
export const SOCK_DESTINATION = 88;
/** Packet, 32 bits: sec_path_olen. */
export const SKB_SEC_PATH_OLEN = 104;
export const SOCK_BYTES = 112;

/** Credentials: three sets of 64 bits, then ids of 32 bits each. */
export const CRED_PERMITTED = 40;
export const CRED_EFFECTIVE = 48;
export const CRED_INHERITABLE = 56;
export const CRED_UID = 64;
export const CRED_GID = 68;
export const CRED_EUID = 72;
export const CRED_EGID = 76;
export const CRED_SUID = 80;
export const CRED_SGID = 84;
export const CRED_FSUID = 88;
export const CRED_FSGID = 92;
export const CRED_USER_NS = 96;
export const CRED_SECURE_BITS = 100;
export const CRED_BYTES = 104;

/** User namespace, 32 bits each: level, owner, inode number. */
export const USER_NS_LEVEL = 40;
export const USER_NS_UID = 44;
export const USER_NS_GID = 48;
export const USER_NS_INODE = 52;
export const USER_NS_BYTES = 56;

/** BPF program or map, 32 bits each. */
export const BPF_TYPE = 40;
export const BPF_INSTRUCTIONS = 44;
export const BPF_KEY_SIZE = 48;
export const BPF_VALUE_SIZE = 52;
export const BPF_MAX_ENTRIES = 56;
export const BPF_BYTES = 64;

/** Perf event: its type in 32 bits, then 64 bits each. */
export const PERF_TYPE = 40;
export const PERF_CONFIG = 48;
export const PERF_PROBE_OFFSET = 56;
export const PERF_BYTES = 64;

/** Kernel module: whether its signature is good in 32 bits, its taints in 64. */
export const MODULE_SIGNATURE_OK = 40;
export const MODULE_TAINTS = 48;
export const MODULE_BYTES = 56;

/** Event types, with their numbers on the wire (`fgs.EventType`). */
export const EVENT_TYPE_EXEC = 5;
export const EVENT_TYPE_EXIT = 7;
export const EVENT_TYPE_KPROBE = 13;
export const EVENT_TYPE_TRACEPOINT = 14;
export const EVENT_TYPE_DNS = 18;
export const EVENT_TYPE_TEST = 254;

// A process record. Its texts lie right behind it.

export const PROCESS_EXEC_ID = 0;
export const PROCESS_BINARY = 8;
export const PROCESS_ARGUMENTS = 16;
export const PROCESS_CWD = 24;
/** Text: the flags, separated by spaces, as the API prints them. */
export const PROCESS_FLAGS = 32;
export const PROCESS_DOCKER = 40;
export const PROCESS_CGROUP_NAME = 48;
/** How many text references a process record begins with. */
export const PROCESS_TEXTS = 7;
/** 32 bits: thread group id in the initial pid namespace. */
export const PROCESS_PID = 56;
/** 32 bits: index in the process table, or `NO_PROCESS`. */
export const PROCESS_PARENT = 60;
/** 64 bits: CLOCK_BOOTTIME of the exec, or of the fork if there was none; ns. */
export const PROCESS_KEY_NS = 64;
/** 64 bits: start on the wall clock, ns since 1970. */
export const PROCESS_START_TIME_NS = 72;
/** 64 bits: cgroup v2 id; 0: none. */
export const PROCESS_CGROUP_ID = 80;
/** 64 bits each: bit n stands for capability n. */
export const PROCESS_CAP_PERMITTED = 88;
export const PROCESS_CAP_EFFECTIVE = 96;
export const PROCESS_CAP_INHERITABLE = 104;
/** 32 bits: real uid; 4294967295 if not known. */
export const PROCESS_UID = 112;
/** 32 bits: login uid; 4294967295 if there is none, or it is not known. */
export const PROCESS_AUID = 116;
/** Ten times 32 bits: inode numbers of the namespaces, in the order of `NAMESPACE_*`; 0: not known. */
export const PROCESS_NAMESPACES = 120;
/** 32 bits: `KNOWN_*`, `CUT_*` and `ANCESTORS_CUT`. */
export const PROCESS_STATE = 160;
/** 32 bits, 0 in version 1. */
export const PROCESS_RESERVED = 164;

/** Bytes of the fixed part of a process record as hosts had it that knew of no pods. */
export const PROCESS_BYTES_WITHOUT_POD = 168;
/** Text: the whole container id, 64 hexadecimal digits, or empty. */
export const PROCESS_CONTAINER_ID = 168;
export const PROCESS_POD_NAMESPACE = 176;
export const PROCESS_POD_NAME = 184;
/** Text: `key=value`, sorted, a newline between two. */
export const PROCESS_POD_LABELS = 192;
export const PROCESS_CONTAINER_NAME = 200;
export const PROCESS_IMAGE_NAME = 208;
/** Text: what runs the binary, if that is a script. */
export const PROCESS_INTERPRETER = 216;
/** How many text references there are from `PROCESS_CONTAINER_ID` on. */
export const PROCESS_MORE_TEXTS = 7;
/** 32 bits: pid in the process' own pid namespace; 0: not known. */
export const PROCESS_NS_PID = 224;
/** 32 bits each; 4294967295 if not known. */
export const PROCESS_EUID = 228;
export const PROCESS_GID = 232;
export const PROCESS_EGID = 236;

/** Bytes of the fixed part of a process record. */
export const PROCESS_BYTES = 240;

export const NAMESPACE_UTS = 0;
export const NAMESPACE_IPC = 1;
export const NAMESPACE_MNT = 2;
export const NAMESPACE_PID = 3;
export const NAMESPACE_PID_FOR_CHILDREN = 4;
export const NAMESPACE_NET = 5;
export const NAMESPACE_TIME = 6;
export const NAMESPACE_TIME_FOR_CHILDREN = 7;
export const NAMESPACE_CGROUP = 8;
export const NAMESPACE_USER = 9;
export const NAMESPACES = 10;

// Bits of PROCESS_STATE.

export const KNOWN_UID = 1;
export const KNOWN_AUID = 2;
export const KNOWN_CAPABILITIES = 4;
export const KNOWN_NAMESPACES = 8;
/** Pod and container are known; for a container in no pod the pod's texts are empty. */
export const KNOWN_POD = 32;
/** The process has a parent, which is not in this batch: its line of ancestors is too long. */
export const ANCESTORS_CUT = 16;
/** The text was longer than a batch may hold, and its end is missing. In the order of the texts. */
export const CUT_EXEC_ID = 256;
export const CUT_BINARY = 512;
export const CUT_ARGUMENTS = 1024;
export const CUT_CWD = 2048;
export const CUT_FLAGS = 4096;
export const CUT_DOCKER = 8192;
export const CUT_CGROUP_NAME = 16384;
/** Of the texts from `PROCESS_CONTAINER_ID` on, in their order. */
export const CUT_CONTAINER_ID = 32768;
export const CUT_POD_NAMESPACE = 65536;
export const CUT_POD_NAME = 131072;
export const CUT_POD_LABELS = 262144;
export const CUT_CONTAINER_NAME = 524288;
export const CUT_IMAGE_NAME = 1048576;
export const CUT_INTERPRETER = 2097152;

// Verdicts.

export const VERDICT_KEEP = 0;
export const VERDICT_DROP = 1;
/** What the host writes before the call. Left in place, it makes the batch fail. */
export const VERDICT_MISSING = 255;

// Records of the output area, one behind the other, each 8-aligned.

/** 32 bits: bytes of the record, a multiple of 8, these fields included. */
export const OUTPUT_SIZE = 0;
/** 32 bits: one of `OUTPUT_KIND_*`. */
export const OUTPUT_KIND = 4;
/** 32 bits: index, in the event table, of the event it is about. */
export const OUTPUT_EVENT = 8;
/** Annotation, 32 bits: bytes of the key. */
export const ANNOTATION_KEY_LENGTH = 12;
/** Annotation, 32 bits: bytes of the value. */
export const ANNOTATION_VALUE_LENGTH = 16;
/** Annotation: where the key starts. The value follows it without a gap; both are UTF-8. */
export const ANNOTATION_TEXT = 24;

/** Adds a key and a value to an event, to an event that this call emitted, or to a finding. */
export const OUTPUT_KIND_ANNOTATION = 1;
/** Sends one event for many, with the message and time of the event that it names. */
export const OUTPUT_KIND_EMIT = 2;
/** Something that the plugin found out about the process of the event that it names. */
export const OUTPUT_KIND_FINDING = 3;
/** Fills a field that the host could not fill. */
export const OUTPUT_KIND_PATCH = 4;
/** Remembers an event for later calls, under a number that the plugin chooses. */
export const OUTPUT_KIND_HOLD = 5;
/** Forgets an event that was remembered. */
export const OUTPUT_KIND_RELEASE = 6;

// What `OUTPUT_EVENT` says: below the number of events, an event of the batch. From there on, what the
// call emitted and found so far, in that order. With this bit, a remembered event by its number.

/** Marks the number of a held event. */
export const SUBJECT_HELD = 0x80000000;
/** Held events have numbers below this. */
export const HOLD_SLOTS = 10000;

/** Bytes that every record of the output area has at least. */
export const OUTPUT_RECORD_BYTES = 24;

/** Emit, 32 bits: `EMIT_*` bits. */
export const EMIT_FLAGS = 12;
/** Emit, 64 bits: for how many events it stands, at least 1. */
export const EMIT_COUNT = 16;
/** In `EMIT_FLAGS`: the held event is forgotten once it is sent. */
export const EMIT_RELEASE = 1;

/** Finding, 32 bits: one of `SEVERITY_*`. */
export const FINDING_SEVERITY = 12;
/** Finding, 32 bits each: bytes of the name and of the message. */
export const FINDING_NAME_LENGTH = 16;
export const FINDING_MESSAGE_LENGTH = 20;
/** Finding: where the name starts. The message follows it without a gap; both are UTF-8. */
export const FINDING_TEXT = 24;

export const SEVERITY_INFO = 1;
export const SEVERITY_LOW = 2;
export const SEVERITY_MEDIUM = 3;
export const SEVERITY_HIGH = 4;
export const SEVERITY_CRITICAL = 5;

/** Patch, 32 bits: one of `FIELD_*`. */
export const PATCH_FIELD = 12;
/** Patch, 32 bits: bytes of the value. */
export const PATCH_LENGTH = 16;
/** Patch: where the value starts, UTF-8. */
export const PATCH_TEXT = 24;

/** Fields of the pod of an event's process. They are filled only if the host knows of no pod. */
export const FIELD_POD_NAMESPACE = 1;
export const FIELD_POD_NAME = 2;
export const FIELD_CONTAINER_NAME = 3;
export const FIELD_IMAGE_NAME = 4;
/** `key=value`; any number of times. */
export const FIELD_POD_LABEL = 5;
/** A name of what the event talks to; any number of times. */
export const FIELD_DESTINATION_NAME = 16;
/** The arguments of the event's process. They are replaced: for what must not be told. */
export const FIELD_ARGUMENTS = 32;

/** Hold and release, 32 bits: number of the held event. */
export const HOLD_SLOT = 12;

// Levels of `guidestar.log`.

export const LOG_INFO = 0;
export const LOG_WARNING = 1;
export const LOG_ERROR = 2;
