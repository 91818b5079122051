import { type BulkInstruction, InstructionReader } from "./instructions.js";
import { WASM_LIMITS } from "./limits.js";
import type { Range, WasmModule } from "./module.js";
import { Op } from "./opcodes.js";
import { Reader } from "./reader.js";
import { readValueType } from "./sections.js";
import { WasmError } from "./wasmError.js";

/**
 * A stretch of a function that runs at most once each time it is entered: the function without its
 * loops, a loop without the loops in it, or a branch. Its fuel is charged as it is entered.
 *
 * A branch is an arm of an if, or what follows a conditional jump up to the end of its block.
 */
export interface Region {
  /** Byte of the module where it is entered: the charge goes there. */
  readonly at: number;
  /** Where the opcode is that begins it. */
  readonly opcodeAt: number;
  readonly kind: "function" | "loop" | "branch";
  /** What it lies in. */
  readonly parent: Region | undefined;
  /** Fuel for one run through. */
  cost: number;
  /** Whether it, or a region inside it, may burn fuel elsewhere. */
  calls: boolean;
}

/** What the rewriter needs to know of one function. */
export interface FunctionShape {
  /** Where the count of local declarations is. */
  readonly localsAt: number;
  readonly localDeclarations: number;
  /** Where the first local declaration is. */
  readonly declarationsAt: number;
  /** Where the first instruction is. */
  readonly codeAt: number;
  /** The lowest index that no local has. */
  readonly freeLocal: number;
  /** By place, the function itself first. */
  readonly regions: readonly Region[];
  /** By place. */
  readonly bulk: readonly BulkInstruction[];
  /** By place; bulk instructions, which become calls, among them. */
  readonly calls: readonly Call[];
}

/** A call, behind which the global may be less than it was. */
export interface Call {
  /** Byte of the module behind it. */
  readonly end: number;
  readonly isInLoop: boolean;
}

/** A branch that costs less is charged along with what it lies in, whether it is taken or not. */
const LONG_BRANCH_COST = 64;

/** Walks the code of one function. */
export function readShape(module: WasmModule, position: number): FunctionShape {
  const body = module.bodies[position] as Range;
  const index = module.importedFunctions + position;
  const reader = new Reader(module.bytes, body.start, body.end);
  const localDeclarations = reader.count("local declarations", WASM_LIMITS.locals);
  const declarationsAt = reader.at;
  const locals = readLocals(reader, localDeclarations, index);
  const type = module.types[module.functions[index] as number];
  const codeAt = reader.at;
  const walk = walkCode(new InstructionReader(reader, module, index), codeAt, index);
  if (!reader.done) throw new WasmError(`function ${index} goes on behind its end`, reader.at);
  return {
    localsAt: body.start,
    localDeclarations,
    declarationsAt,
    codeAt,
    freeLocal: (type?.parameters.length ?? 0) + locals,
    ...walk,
    regions: foldShortBranches(walk.regions),
  };
}

function readLocals(reader: Reader, declarations: number, index: number): number {
  let locals = 0;
  for (let n = 0; n < declarations; n++) {
    const at = reader.at;
    locals += reader.u32("a number of locals");
    if (locals > WASM_LIMITS.locals) {
      throw new WasmError(
        `function ${index} has more than the ${WASM_LIMITS.locals} locals allowed`,
        at,
      );
    }
    readValueType(reader);
  }
  return locals;
}

function walkCode(instruction: InstructionReader, codeAt: number, index: number) {
  const regions: Region[] = [];
  const bulk: BulkInstruction[] = [];
  const calls: Call[] = [];
  /** What follows a jump is a branch of its own. */
  const follow = (block: number) => {
    const region = inside[block] as Region;
    inside[block] = enter("branch", instruction.end, instruction.end, region);
    jumps[block] = true;
  };
  const enter = (kind: Region["kind"], at: number, opcodeAt: number, parent?: Region): Region => {
    const region: Region = { at, opcodeAt, kind, parent, cost: 0, calls: false };
    regions.push(region);
    return region;
  };
  /** The blocks around the instruction: what opened each, its region, and whether it may be left early. */
  const opened: number[] = [0];
  const inside: Region[] = [enter("function", codeAt, codeAt)];
  const jumps: boolean[] = [false];

  while (opened.length > 0) {
    instruction.next();
    const { at, opcode } = instruction;
    const top = inside.length - 1;
    const region = inside[top] as Region;
    region.cost += instruction.cost;
    if (opcode === Op.end) {
      opened.pop();
      inside.pop();
      const left = jumps.pop();
      if (left && top > 0) follow(top - 1);
    } else if (opcode >= Op.block && opcode <= Op.if) {
      if (opened.length > WASM_LIMITS.nesting) {
        throw new WasmError(`function ${index} nests deeper than ${WASM_LIMITS.nesting}`, at);
      }
      const kind = opcode === Op.loop ? "loop" : "branch";
      opened.push(opcode);
      inside.push(opcode === Op.block ? region : enter(kind, instruction.end, at, region));
      jumps.push(false);
    } else if (opcode === Op.else) {
      if (opened[top] !== Op.if) throw new WasmError("an else stands without an if", at);
      opened[top] = opcode;
      inside[top] = enter("branch", instruction.end, at, inside[top - 1] as Region);
    } else if (opcode >= Op.br && opcode <= Op.return) {
      follow(top);
    } else if (instruction.calls) {
      calls.push({ end: instruction.end, isInLoop: isInLoop(region) });
      for (let r: Region | undefined = region; r && !r.calls; r = r.parent) r.calls = true;
      if (instruction.bulk) bulk.push(instruction.bulk);
    }
  }
  return { regions, bulk, calls };
}

/** Whether it is a loop, or lies in one. */
export function isInLoop(region: Region): boolean {
  for (let r: Region | undefined = region; r; r = r.parent) if (r.kind === "loop") return true;
  return false;
}

/** Inner regions come behind outer ones, so going backwards folds from the inside out. */
function foldShortBranches(regions: readonly Region[]): Region[] {
  const kept: Region[] = [];
  for (let n = regions.length - 1; n >= 0; n--) {
    const region = regions[n] as Region;
    if (region.kind === "branch" && region.parent && region.cost < LONG_BRANCH_COST) {
      region.parent.cost += region.cost;
    } else {
      kept.push(region);
    }
  }
  return kept.reverse();
}
