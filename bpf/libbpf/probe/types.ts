import { MapType, mapTypeName } from "../maps/types.js";
import { libbpf } from "../native/libbpf.js";
import { withMessages } from "../native/messages.js";
import { ProgramType } from "../object/programTypes.js";

/** Whether the kernel loads programs of the type; false, too, if we may not load any. */
export function hasProgramType(type: ProgramType): boolean {
  return withMessages(() => libbpf.libbpf_probe_bpf_prog_type(type, null)).value > 0;
}

/** Whether the kernel creates maps of the type. */
export function hasMapType(type: MapType): boolean {
  return withMessages(() => libbpf.libbpf_probe_bpf_map_type(type, null)).value > 0;
}

/** By name: `ringbuf`, `percpu_hash`, ... */
export function probeMapTypes(): Readonly<Record<string, boolean>> {
  const types = Object.values(MapType).filter((type) => type !== MapType.UNSPEC);
  return Object.fromEntries(types.map((type) => [mapTypeName(type), hasMapType(type)]));
}

/** By name: `kprobe`, `raw_tracepoint`, ... */
export function probeProgramTypes(): Readonly<Record<string, boolean>> {
  const types = Object.entries(ProgramType).filter(([name]) => name !== "UNSPEC");
  return Object.fromEntries(
    types.map(([name, type]) => [name.toLowerCase(), hasProgramType(type)]),
  );
}
