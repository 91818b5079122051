import { GuidestarError } from "../errors.js";
import { type Address, formatAddress, isLoopback } from "./address.js";
import { resolveHost } from "./listen.js";
import type { ServerTls } from "./tls.js";

/**
 * Uploads are code and events are private: other machines are let in only with TLS, or by someone
 * who said so. Rejects with `INVALID_ARGUMENT` otherwise.
 */
export async function checkExposure(
  addresses: readonly Address[],
  options: { readonly tls?: ServerTls | undefined; readonly insecure?: boolean | undefined },
): Promise<void> {
  if (options.tls !== undefined || options.insecure === true) return;
  for (const address of addresses) {
    if (address.kind === "unix") continue;
    const isLocal = (await resolveHost(address.host)).every(isLoopback);
    if (isLocal) continue;
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `--listen ${formatAddress(address)}: other machines can reach that address; give a TLS certificate and key, or --insecure to serve without encryption and to anyone`,
    );
  }
}
