import type { BulkInstruction } from "./instructions.js";
import type { WasmModule } from "./module.js";
import { EMPTY_BLOCK, Op, ValueType } from "./opcodes.js";
import { type FunctionShape, isInLoop, readShape } from "./regions.js";
import { Writer } from "./writer.js";

/**
 * Writes functions that count their fuel.
 *
 * Each region is charged as it is entered: the private global goes down by the region's cost, and
 * below zero the module traps. A local remembers the global, so that loops work in a register and only
 * store: reading back what was just stored is what takes time. Behind a call in a loop the local is read
 * anew. The global is right at every moment, wherever the code goes next.
 */
export class Meter {
  private readonly helperIndex = new Map<string, number>();
  /** Bulk instructions for which a helper function was asked, in the order of their indices. */
  readonly helpers: BulkInstruction[] = [];

  constructor(
    private readonly module: WasmModule,
    /** Index of the fuel global. */
    private readonly fuel: number,
    /** False: every charge goes through the global. Slower, the same sums: tests compare the two. */
    private readonly registers = true,
  ) {}

  /** The code of function number `position` (imports not counted), without its size. */
  rewrite(position: number): Uint8Array {
    const { bytes } = this.module;
    const shape = readShape(this.module, position);
    const end = this.module.bodies[position]?.end as number;
    const out = new Writer((end - shape.localsAt) * 2 + 64);
    out.u32(shape.localDeclarations + 1);
    out.raw(bytes.subarray(shape.declarationsAt, shape.codeAt));
    out.u32(1).byte(ValueType.i64);

    let copied = shape.codeAt;
    for (const edit of this.edits(shape)) {
      out.raw(bytes.subarray(copied, edit.at));
      edit.write(out);
      copied = edit.resumeAt;
    }
    return out.raw(bytes.subarray(copied, end)).bytes;
  }

  /** Code of a helper: takes the operands of a bulk instruction, charges by length, and does it. */
  helper(instruction: BulkInstruction): Uint8Array {
    const out = new Writer(64);
    out.byte(0); // no locals
    out.byte(Op.globalGet).u32(this.fuel);
    out.byte(Op.localGet).byte(2).byte(Op.i64ExtendI32U);
    out.byte(Op.i64Const).byte(3).byte(Op.i64ShrU).byte(Op.i64Sub);
    out.byte(Op.globalSet).u32(this.fuel);
    out.byte(Op.globalGet).u32(this.fuel);
    trapBelowZero(out);
    for (const operand of [0, 1, 2]) out.byte(Op.localGet).byte(operand);
    out.raw(this.module.bytes.subarray(instruction.start, instruction.end));
    return out.byte(Op.end).bytes;
  }

  private edits(shape: FunctionShape): Edit[] {
    const edits: Edit[] = [];
    for (const bulk of shape.bulk) {
      const helper = this.helperFor(bulk);
      edits.push({
        at: bulk.start,
        resumeAt: bulk.end,
        write: (out) => out.byte(Op.call).u32(helper),
      });
    }
    const load = (out: Writer) => this.load(out, shape.freeLocal);
    // Loads come in front of a charge at the same place: sorting keeps the order.
    for (const call of this.registers ? shape.calls : []) {
      if (call.isInLoop) edits.push(insert(call.end, load));
    }
    for (const region of shape.regions) {
      const { kind, at } = region;
      const cost = kind === "function" ? Math.max(region.cost, 1) : region.cost;
      const inRegister = this.registers && isInLoop(region);
      const isOutermost = kind === "loop" && !(region.parent && isInLoop(region.parent));
      if (inRegister && isOutermost) edits.push(insert(region.opcodeAt, load));
      if (cost === 0) continue;
      edits.push(insert(at, (out) => this.charge(out, cost, shape.freeLocal, inRegister)));
    }
    return edits.sort((a, b) => a.at - b.at);
  }

  private load(out: Writer, local: number): void {
    out.byte(Op.globalGet).u32(this.fuel);
    out.byte(Op.localSet).u32(local);
  }

  private charge(out: Writer, cost: number, local: number, inRegister: boolean): void {
    if (inRegister) out.byte(Op.localGet).u32(local);
    else out.byte(Op.globalGet).u32(this.fuel);
    out.byte(Op.i64Const).s64(BigInt(cost)).byte(Op.i64Sub);
    out.byte(Op.localTee).u32(local);
    out.byte(Op.globalSet).u32(this.fuel);
    out.byte(Op.localGet).u32(local);
    trapBelowZero(out);
  }

  private helperFor(instruction: BulkInstruction): number {
    const key = `${instruction.operation} ${instruction.segment}`;
    let index = this.helperIndex.get(key);
    if (index === undefined) {
      index = this.module.functions.length + this.helpers.length;
      this.helperIndex.set(key, index);
      this.helpers.push(instruction);
    }
    return index;
  }
}

interface Edit {
  readonly at: number;
  /** Where copying goes on; what lies between is left out. */
  readonly resumeAt: number;
  readonly write: (out: Writer) => void;
}

function insert(at: number, write: (out: Writer) => void): Edit {
  return { at, resumeAt: at, write };
}

/** With the counter on the stack. */
function trapBelowZero(out: Writer): void {
  out.raw([Op.i64Const, 0, Op.i64LtS, Op.if, EMPTY_BLOCK, Op.unreachable, Op.end]);
}
