/** What a hook can be asked for: its arguments by index, and what it returns. */
import type { Btf } from "../../../bpf/libbpf/index.js";
import type { ArgumentSource, HookTarget } from "../hookSpec.js";
import type { CType } from "./cType.js";

export interface Parameter {
  /** As messages call it: `argument 1 (struct file *file)`. */
  readonly name: string;
  readonly source: ArgumentSource;
  /** Absent: nothing is known of it. */
  readonly c?: CType;
  /** In `Signature.btf`. */
  readonly typeId?: number;
}

export interface Signature {
  readonly target: HookTarget;
  readonly functionName: string;
  /** Pointers among the arguments are to user memory. */
  readonly user: boolean;
  /** The argument of this index, or why there is none. */
  parameter(index: number): Parameter | string;
  /** What `sizeArgIndex` counts from 1; of tracepoints the fields. */
  readonly returned?: Parameter;
  /** Why there is nothing to be reported at return. */
  readonly noReturn?: string;
  /** Where types by name are looked up; absent: nowhere. */
  readonly btf?: Btf;
  /** Why not, if so. */
  readonly noTypes?: string;
  /** Whether the hook itself exists is not known; that has been said. */
  readonly unchecked?: true;
  /** Absent: Override can work. */
  readonly noOverride?: string;
}
