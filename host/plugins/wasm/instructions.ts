import type { Range, WasmModule } from "./module.js";
import {
  EMPTY_BLOCK,
  foreignInstruction,
  Immediate,
  immediates,
  Op,
  PrefixedOp,
} from "./opcodes.js";
import type { Reader } from "./reader.js";
import { readValueType } from "./sections.js";
import { WasmError } from "./wasmError.js";

/** An instruction that is replaced by a call, because what it costs is known only when it runs. */
export interface BulkInstruction extends Range {
  readonly operation: "copy" | "fill" | "init";
  /** Data segment of `init`. */
  readonly segment: number;
}

const IMPORT_CALL_COST = 200;
const INDIRECT_CALL_COST = 2;
const MEMORY_GROW_COST = 2_000;

/** Reads the instructions of one function, one at a time; refuses those that plugins may not use. */
export class InstructionReader {
  /** Where the current instruction is. */
  at = 0;
  opcode = 0;
  /** Fuel for running it once. */
  cost = 0;
  /** Whether it may burn fuel elsewhere. */
  calls = false;
  bulk: BulkInstruction | undefined;

  /** `reader`: at the first instruction. `index`: of the function, for errors. */
  constructor(
    private readonly reader: Reader,
    private readonly module: WasmModule,
    private readonly index: number,
  ) {}

  /** Behind the current instruction. */
  get end(): number {
    return this.reader.at;
  }

  next(): void {
    const reader = this.reader;
    this.at = reader.at;
    this.opcode = reader.byte(`the end of function ${this.index}`);
    this.cost = 1;
    this.calls = false;
    this.bulk = undefined;
    switch (immediates[this.opcode]) {
      case Immediate.none:
        if (this.opcode === Op.else || this.opcode === Op.end) this.cost = 0;
        break;
      case Immediate.blockType:
        if (this.opcode !== Op.if) this.cost = 0;
        this.blockType();
        break;
      case Immediate.label:
        reader.u32("a label");
        break;
      case Immediate.labels:
        this.labels();
        break;
      case Immediate.func:
        this.call();
        break;
      case Immediate.typeAndTable:
        this.indirectCall();
        break;
      case Immediate.local:
        reader.u32("a local index");
        break;
      case Immediate.global:
        this.check("global", reader.u32("a global index"), this.module.globals.length);
        break;
      case Immediate.memory:
        if (reader.u32("an alignment") >= 32) this.fail("has an alignment that is not known");
        reader.u32("a memory offset");
        break;
      case Immediate.zero:
        this.zero("memory");
        if (this.opcode === Op.memoryGrow) this.cost = MEMORY_GROW_COST;
        break;
      case Immediate.s32:
        reader.skipLeb("a constant", 32);
        break;
      case Immediate.s64:
        reader.skipLeb("a constant", 64);
        break;
      case Immediate.f32:
        reader.skip(4, "a constant");
        break;
      case Immediate.f64:
        reader.skip(8, "a constant");
        break;
      case Immediate.prefixed:
        this.prefixed();
        break;
      default:
        this.fail(
          `has ${foreignInstruction(this.opcode)} (0x${this.opcode.toString(16)}), which plugins may not use`,
        );
    }
  }

  private blockType(): void {
    const reader = this.reader;
    const first = reader.bytes[reader.at] as number;
    if (first === EMPTY_BLOCK) reader.byte("a block type");
    else if (first > EMPTY_BLOCK && first < 0x80) readValueType(reader);
    else this.check("type", reader.u32("a block type"), this.module.types.length);
  }

  private labels(): void {
    const labels = this.reader.count("labels", this.reader.end - this.reader.at);
    for (let n = 0; n <= labels; n++) this.reader.u32("a label");
  }

  private call(): void {
    const callee = this.reader.u32("a function index");
    this.check("function", callee, this.module.functions.length);
    this.calls = true;
    if (callee < this.module.importedFunctions) this.cost = IMPORT_CALL_COST;
  }

  private indirectCall(): void {
    this.check("type", this.reader.u32("a type index"), this.module.types.length);
    if (this.reader.u32("a table index") !== 0) this.fail("names a table other than 0");
    this.calls = true;
    this.cost = INDIRECT_CALL_COST;
  }

  private prefixed(): void {
    const reader = this.reader;
    const code = reader.u32("an instruction");
    if (code <= PrefixedOp.lastTruncate) return;
    let operation: BulkInstruction["operation"];
    let segment = 0;
    switch (code) {
      case PrefixedOp.dataDrop:
        reader.u32("a data segment");
        return;
      case PrefixedOp.memoryCopy:
        operation = "copy";
        this.zero("memory");
        break;
      case PrefixedOp.memoryFill:
        operation = "fill";
        break;
      case PrefixedOp.memoryInit:
        operation = "init";
        segment = reader.u32("a data segment");
        break;
      default:
        throw this.error(`has a table instruction (0xfc ${code}), which plugins may not use`);
    }
    this.zero("memory");
    this.calls = true;
    this.bulk = { operation, segment, start: this.at, end: reader.at };
  }

  private zero(what: string): void {
    if (this.reader.byte(`a ${what} index`) !== 0) this.fail(`names a ${what} other than 0`);
  }

  private check(what: string, index: number, count: number): void {
    if (index >= count) this.fail(`names ${what} ${index}, which is not there`);
  }

  private fail(what: string): never {
    throw this.error(what);
  }

  private error(what: string): WasmError {
    return new WasmError(`function ${this.index} ${what}`, this.at);
  }
}
