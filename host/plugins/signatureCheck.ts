import { GuidestarError } from "../errors.js";
import { type SignaturePolicy, signerOf, type TrustedKey } from "./signature.js";

export interface SignatureConfig {
  readonly policy: SignaturePolicy;
  readonly keys: readonly TrustedKey[];
}

export const noSignatures: SignatureConfig = { policy: "off", keys: [] };

/**
 * Who signed an upload; "" if nobody that is trusted did. `onWarning`: told of that, if it is only warned
 * of. @throws GuidestarError PERMISSION_DENIED if a signature is required
 */
export function checkSignature(
  config: SignatureConfig,
  module: Uint8Array,
  beside: Uint8Array | undefined,
  onWarning: (line: string) => void,
): string {
  const signer = config.policy === "off" ? "" : signerOf(module, beside, config.keys);
  if (signer !== "" || config.policy === "off") return signer;
  const why = "it is not signed by a key that this daemon trusts";
  if (config.policy === "require") {
    throw new GuidestarError(
      "PERMISSION_DENIED",
      `the module was refused: ${why}; 'guidestar plugin sign' signs it`,
    );
  }
  onWarning(why);
  return "";
}

/** A version that was stored when other keys were trusted. @throws GuidestarError FAILED_PRECONDITION */
export function checkStored({ policy, keys }: SignatureConfig, signedBy: string): void {
  if (policy !== "require" || keys.some(({ id }) => id === signedBy)) return;
  const by = signedBy === "" ? "it is not signed" : `it is signed by ${signedBy}`;
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    `${by}, and this daemon takes only what a trusted key signed`,
  );
}
