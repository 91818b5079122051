import asc from "assemblyscript/asc";

/** Programs that between them use what asc emits. Each exports `run(seed: i32): i32`. */
export const programs: Readonly<Record<string, string>> = {
  "loops and bytes": `
    export function run(seed: i32): i32 {
      const data = new Uint8Array(4096);
      let x: u32 = seed | 1;
      for (let i = 0; i < data.length; i++) {
        x ^= x << 13; x ^= x >> 17; x ^= x << 5;
        data[i] = <u8>x;
      }
      let crc: u32 = 0xffffffff;
      for (let i = 0; i < data.length; i++) {
        crc ^= data[i];
        for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
      }
      return ~crc;
    }`,
  "recursion and early returns": `
    function ackermann(m: i32, n: i32): i32 {
      if (m == 0) return n + 1;
      if (n == 0) return ackermann(m - 1, 1);
      return ackermann(m - 1, ackermann(m, n - 1));
    }
    function collatz(start: i64): i32 {
      let steps = 0;
      for (let n = start; n != 1; steps++) {
        if (steps > 1000) return -1;
        if (n & 1) { n = n * 3 + 1; continue; }
        n >>= 1;
      }
      return steps;
    }
    export function run(seed: i32): i32 {
      return ackermann(2, seed & 7) * 1000 + collatz((seed & 1023) + 1);
    }`,
  "functions in a table": `
    const operations: ((a: i32, b: i32) => i32)[] = [
      (a, b) => a + b, (a, b) => a - b, (a, b) => a * b, (a, b) => a ^ b,
    ];
    export function run(seed: i32): i32 {
      let value = seed;
      for (let i = 0; i < 200; i++) value = operations[(value ^ i) & 3](value, i);
      return value;
    }`,
  "strings, maps and sorting": `
    const words = new Map<string, i32>();
    export function run(seed: i32): i32 {
      words.clear();
      let x = seed;
      for (let i = 0; i < 300; i++) {
        x = x * 1103515245 + 12345;
        const word = "w" + ((x >>> 16) % 50).toString();
        words.set(word, words.has(word) ? words.get(word) + 1 : 1);
      }
      const keys = words.keys();
      keys.sort((a, b) => words.get(b) - words.get(a));
      let hash = 7;
      const all = keys.join(",") + keys[0].toUpperCase().padStart(9, "-");
      for (let i = 0; i < all.length; i++) hash = hash * 31 + all.charCodeAt(i);
      return hash;
    }`,
  "floats and conversions": `
    export function run(seed: i32): i32 {
      let sum = 0.0;
      for (let i = 1; i < 500; i++) sum += Math.sin(<f64>(seed + i)) / Math.sqrt(<f64>i);
      const narrow = <f32>sum;
      const big = <i64>(sum * 1e12) ^ <i64>(<u64>(Math.abs(<f64>narrow) * 1e6));
      return <i32>(big ^ (big >> 32)) + <i32>reinterpret<u32>(narrow) + <i32><i8>(seed) + <i32><i16>(seed * 3);
    }`,
  "memory in bulk": `
    export function run(seed: i32): i32 {
      const a = memory.data(1024);
      const block = heap.alloc(20000);
      memory.fill(block, <u8>seed, 20000);
      memory.copy(block + 5000, block + 4990, 9000);
      store<i32>(block + 123, seed);
      memory.copy(a, block + 100, 1000);
      let sum = 0;
      for (let i = 0; i < 1000; i++) sum = sum * 31 + load<u8>(a + i);
      return sum;
    }`,
  "a switch in nested loops": `
    export function run(seed: i32): i32 {
      let state = 0, count = 0;
      for (let i = 0; i < 50; i++) {
        let done = false;
        for (let j = 0; j < 50 && !done; j++) {
          switch ((state + i * j + seed) % 7) {
            case 0: state += 3; break;
            case 1: state ^= j; done = true; break;
            case 2: if (state > 100) return state;
            case 3: count++; break;
            case 5: continue;
            default: state -= 1;
          }
          if (count > 2000) return -count;
        }
      }
      return state * 4096 + count;
    }`,
};

const compiled = new Map<string, Promise<Uint8Array>>();

/** Compiles AssemblyScript that is no plugin; the same again only once. */
export function compileProgram(source: string, ...options: string[]): Promise<Uint8Array> {
  const key = [source, ...options].join();
  const known = compiled.get(key) ?? compile(source, options);
  compiled.set(key, known);
  return known;
}

async function compile(source: string, options: readonly string[]): Promise<Uint8Array> {
  let module: Uint8Array | undefined;
  const said: string[] = [];
  const { error } = await asc.main(
    ["program.ts", "--outFile", "program.wasm", "--noColors", ...options],
    {
      stderr: { write: (chunk) => void said.push(String(chunk)) },
      readFile: (name) => (name === "program.ts" ? source : null),
      writeFile: (_, contents) => {
        module = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error || !module) throw new Error(`${error?.message}\n${said.join("")}`);
  return module;
}
