/** What an upload makes of what is stored. Pure: errors change nothing. */
import { GuidestarError } from "../errors.js";
import type { UploadOptions } from "./managed.js";
import type { PreparedPlugin } from "./prepared.js";
import { fittingSettings, settingsFor } from "./settings/ofPlugin.js";
import { withVersion } from "./store/changes.js";
import type { StoredPlugin, StoredVersion } from "./store/state.js";

/** `before`: the plugin of that name, if there is one. @throws GuidestarError */
export function withUpload(
  prepared: PreparedPlugin,
  before: StoredPlugin | undefined,
  options: UploadOptions,
  uploaded: Pick<StoredVersion, "uploadedMs" | "signedBy">,
): StoredPlugin {
  const { name, version, manifestVersion, size } = prepared;
  const stored: StoredVersion = { hash: version, manifestVersion, size, ...uploaded };
  if (before && options.asShadow) {
    refuseSame(before, version);
    return withVersion({ ...before, shadow: version }, stored);
  }
  const settings =
    options.settings === undefined
      ? fittingSettings(prepared, before?.settings ?? "")
      : settingsFor(prepared, options.settings);
  const mode = options.mode ?? before?.mode ?? "enforce";
  const shadow = before === undefined || before.shadow === version ? "" : before.shadow;
  const versions = before?.versions ?? [];
  return withVersion({ name, mode, active: version, shadow, settings, versions }, stored);
}

/** @throws GuidestarError if the shadow would be the active version itself */
export function refuseSame({ name, active }: StoredPlugin, shadow: string): void {
  if (shadow !== active) return;
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    `${name}@${shadow.slice(0, 12)} is the active version: a shadow must be another`,
  );
}

export function refuseCancelled({ isCancelled }: UploadOptions): void {
  if (isCancelled?.()) throw new GuidestarError("CANCELLED", "the upload was cancelled");
}
