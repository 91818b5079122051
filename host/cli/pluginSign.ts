/** `guidestar plugin keygen|sign`: signatures of modules. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { UsageError } from "./exit.js";
import { print } from "./output.js";

export function register(plugin: Command): void {
  plugin
    .command("keygen")
    .summary("make a pair of keys to sign plugins with")
    .description(
      "Makes an ed25519 pair: NAME.key signs, for its owner only; NAME.pub is what daemons trust (--plugin-key).",
    )
    .argument("<name>", "path of both files without their endings; neither may exist")
    .addHelpText("after", "\nExample:\n  guidestar plugin keygen ~/keys/team")
    .action(keygen);
  plugin
    .command("sign")
    .summary("sign a plugin")
    .description(
      "Signs a built plugin: the signature becomes part of the file, in place of one that it has.",
    )
    .argument("<path>", "a .wasm file, or a folder that was built")
    .requiredOption("--key <file>", "the private key")
    .option("--detached", "write it to FILE.sig and leave the module as it is")
    .addHelpText(
      "after",
      "\nExample:\n  guidestar plugin sign quiet.wasm --key ~/keys/team.key && guidestar plugin push quiet.wasm",
    )
    .action(signModule);
}

async function keygen(name: string): Promise<void> {
  const { newKeys } = await import("../plugins/signature.js");
  const files = { private: `${name}.key`, public: `${name}.pub` };
  for (const file of Object.values(files)) {
    if (existsSync(file)) throw new UsageError(`${file} exists already: choose another name`);
  }
  const keys = newKeys();
  writing(files.private, () =>
    writeFileSync(files.private, keys.privateKey, { mode: 0o600, flag: "wx" }),
  );
  writing(files.public, () => writeFileSync(files.public, keys.publicKey, { flag: "wx" }));
  await print(`${files.private} signs, keep it secret; daemons trust ${files.public}`);
}

async function signModule(
  target: string,
  flags: { readonly key: string; readonly detached?: boolean },
): Promise<void> {
  const { signatureOf, withSignature } = await import("../plugins/signature.js");
  const { readModule } = await import("./plugin/module.js");
  const { file, bytes } = readModule(target);
  const key = reading(flags.key);
  if (flags.detached) {
    const signature = Buffer.from(signatureOf(bytes, key, flags.key)).toString("base64");
    writing(`${file}.sig`, () => writeFileSync(`${file}.sig`, `${signature}\n`));
    return print(`signed ${file}: ${file}.sig`);
  }
  const signed = withSignature(bytes, key, flags.key);
  writing(file, () => writeFileSync(file, signed));
  await print(`signed ${file}`);
}

function reading(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}

function writing(file: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
}
