export { Btf } from "./btf/btf.js";
export { type Codec, codecOf } from "./btf/codec.js";
export { bytesCodec } from "./btf/codecArray.js";
export type { BtfFunction, BtfParameter } from "./btf/functions.js";
export { type BtfEnumerator, type BtfMember, type BtfType, Kind } from "./btf/kinds.js";
export type { MemberLayout, StructLayout } from "./btf/layout.js";
export { relocatableNames, subsetOf } from "./btf/subset.js";
export { BpfError, type BpfErrorDetails, ClosedError, VerifierError } from "./errors.js";
export type {
  CookieOptions,
  IterOptions,
  KprobeMultiOptions,
  KprobeOptions,
  ProbeOptions,
  UprobeOptions,
} from "./links/attach.js";
export { type AttachKind, attachKinds } from "./links/kinds.js";
export { Link, type LinkInfo } from "./links/link.js";
export { PerfEvent, type PerfEventOptions } from "./links/perfEvent.js";
export { BpfMap, type MapCodecs, type UpdateMode } from "./maps/bpfMap.js";
export type { MapInfo } from "./maps/info.js";
export { type CreateMapOptions, KernelMap } from "./maps/kernelMap.js";
export { possibleCpus } from "./maps/perCpu.js";
export type { RawEntry } from "./maps/rawMap.js";
export { MapType } from "./maps/types.js";
export { type Capability, effectiveCapabilities } from "./native/capabilities.js";
export { libbpfVersion } from "./native/libbpf.js";
export { trimMemory } from "./native/trimMemory.js";
export { kernelMemory } from "./object/kernelMemory.js";
export { KernelProgram } from "./object/kernelProgram.js";
export { BpfObject, type OpenOptions } from "./object/object.js";
export type { ObjectMap } from "./object/objectMap.js";
export type { Program } from "./object/program.js";
export { enableStats, type ProgramInfo, programInfo } from "./object/programInfo.js";
export { ProgramType } from "./object/programTypes.js";
export { type TestRunOptions, type TestRunResult, testRun } from "./object/testRun.js";
export type { Variable, Variables } from "./object/variables.js";
export { type ProbedKind, probeAttach, probedKinds, type Verdict } from "./probe/attach.js";
export { type Features, probeFeatures } from "./probe/features.js";
export { hasHelper } from "./probe/helpers.js";
export { activeLsms, btfInfo, type KernelInfo, kernelInfo } from "./probe/kernel.js";
export { hasMapType, hasProgramType } from "./probe/types.js";
export type { RingRecord } from "./ring/batch.js";
export { type MapSource, RingBuffer } from "./ring/ringBuffer.js";
export type { Wakeup } from "./ring/waiter.js";
