/** Ed25519 signatures of modules: at the end of the file as a custom section, or beside it. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import path from "node:path";
import { GuidestarError } from "../errors.js";
import { Writer } from "./wasm/writer.js";

/** Custom section with the signature of all bytes before it; the last of the file. */
export const SIGNATURE_SECTION = "guidestar.signature";
export const SIGNATURE_BYTES = 64;

/** What is signed begins with this, so that a signature for something else is none for a plugin. */
const purpose = Buffer.from("guidestar plugin 1\0");
/** The section up to the signature; its length is always the same. */
const sectionStart = section(new Uint8Array(SIGNATURE_BYTES)).slice(0, -SIGNATURE_BYTES);

/** `off`: signatures are not looked at. `warn`: what is not signed is taken, and told of. */
export const signaturePolicies = ["require", "warn", "off"] as const;
export type SignaturePolicy = (typeof signaturePolicies)[number];

export interface TrustedKey {
  /** Name of its file, and the start of its fingerprint. */
  readonly id: string;
  readonly key: KeyObject;
}

/** A new pair, as PEM. */
export function newKeys(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** Reads a public key. @throws GuidestarError naming the file */
export function trustedKey(pem: string | Buffer, file: string): TrustedKey {
  const key = keyIn(file, "public", () => createPublicKey(pem));
  const der = key.export({ type: "spki", format: "der" });
  const fingerprint = createHash("sha256").update(der).digest("hex").slice(0, 16);
  return { id: `${path.basename(file).replace(/\.[^.]*$/, "")}:${fingerprint}`, key };
}

/** @returns the signature of a module. @throws GuidestarError naming the file of the key */
export function signatureOf(module: Uint8Array, pem: string | Buffer, file: string): Uint8Array {
  const key = keyIn(file, "private", () => createPrivateKey(pem));
  return sign(null, Buffer.concat([purpose, module]), key);
}

/** The module with its signature at the end, in place of one that it has. */
export function withSignature(module: Uint8Array, pem: string | Buffer, file: string): Uint8Array {
  const { content } = splitSignature(module);
  return Buffer.concat([content, section(signatureOf(content, pem, file))]);
}

/** What was signed, and the signature; none: undefined. */
export function splitSignature(module: Uint8Array): {
  readonly content: Uint8Array;
  readonly signature: Uint8Array | undefined;
} {
  const start = module.length - SIGNATURE_BYTES - sectionStart.length;
  const end = module.length - SIGNATURE_BYTES;
  const isSigned = start > 0 && Buffer.compare(module.subarray(start, end), sectionStart) === 0;
  if (!isSigned) return { content: module, signature: undefined };
  return { content: module.subarray(0, start), signature: module.subarray(end) };
}

/**
 * Who signed a module: the id of the key; "" if no key that is trusted did. `beside`: a signature that
 * came with it.
 */
export function signerOf(
  module: Uint8Array,
  beside: Uint8Array | undefined,
  keys: readonly TrustedKey[],
): string {
  const { content, signature } = splitSignature(module);
  const isBy = (key: KeyObject, bytes: Uint8Array, made: Uint8Array | undefined) =>
    made?.length === SIGNATURE_BYTES && verify(null, Buffer.concat([purpose, bytes]), key, made);
  const found = keys.find(({ key }) => isBy(key, content, signature) || isBy(key, module, beside));
  return found?.id ?? "";
}

function section(signature: Uint8Array): Uint8Array {
  const content = new Writer(128).name(SIGNATURE_SECTION).raw(signature);
  return new Writer(128).section(0, content.bytes).bytes.slice();
}

function keyIn(file: string, kind: string, read: () => KeyObject): KeyObject {
  let why = "";
  try {
    const key = read();
    if (key.asymmetricKeyType === "ed25519") return key;
    why = `it has a key of the kind ${key.asymmetricKeyType}`;
  } catch (error) {
    why = (error as Error).message;
  }
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `${file} has no ${kind} ed25519 key in PEM: ${why}; 'guidestar plugin keygen' makes one`,
  );
}
