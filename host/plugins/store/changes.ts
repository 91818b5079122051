/** What can happen to a state. All of it makes a new one; errors change nothing. */
import { GuidestarError } from "../../errors.js";
import { closest } from "../../suggest.js";
import { PLUGIN_LIMITS } from "../limits.js";
import type { StoredPlugin, StoredVersion, StoreState } from "./state.js";

/** @throws GuidestarError NOT_FOUND */
export function pluginNamed({ plugins }: StoreState, name: string): StoredPlugin {
  const found = plugins.find((plugin) => plugin.name === name);
  if (found) return found;
  const hint = closest(
    name,
    plugins.map((plugin) => plugin.name),
  );
  throw new GuidestarError("NOT_FOUND", `plugin ${name} does not exist${hint}`);
}

/**
 * The stored version that a text means: a hash, or the first digits of one, with or without `NAME@`.
 * @throws GuidestarError NOT_FOUND, or INVALID_ARGUMENT if it may mean several
 */
export function versionNamed(plugin: StoredPlugin, text: string): StoredVersion {
  const { name, versions } = plugin;
  const digits = text.startsWith(`${name}@`) ? text.slice(name.length + 1) : text;
  const found = versions.filter(
    ({ hash, manifestVersion }) => hash.startsWith(digits) || manifestVersion === digits,
  );
  const [version] = found;
  if (digits === "" || version === undefined) {
    const known = versions.map(
      ({ hash, manifestVersion }) => `${hash.slice(0, 12)} (${manifestVersion})`,
    );
    throw new GuidestarError(
      "NOT_FOUND",
      `plugin ${name} has no version ${JSON.stringify(text)}: stored are ${known.join(", ")}`,
    );
  }
  if (found.length === 1) return version;
  const several = found.map(({ hash }) => hash.slice(0, 12)).join(", ");
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `${text} may mean several versions of ${name}: ${several}`,
  );
}

/** The version in use before the present one: the newest stored that is not in use. */
export function versionBefore({ name, versions, active, shadow }: StoredPlugin): StoredVersion {
  const found = versions.find(({ hash }) => hash !== active && hash !== shadow);
  if (found) return found;
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    `plugin ${name} has no other version stored to go back to`,
  );
}

/** In the place of the one of its name, or at the end. */
export function withPlugin(state: StoreState, plugin: StoredPlugin): StoreState {
  const { plugins } = state;
  const isKnown = plugins.some(({ name }) => name === plugin.name);
  if (!isKnown) return { ...state, plugins: [...plugins, plugin] };
  return {
    ...state,
    plugins: plugins.map((other) => (other.name === plugin.name ? plugin : other)),
  };
}

export function withoutPlugin(state: StoreState, name: string): StoreState {
  pluginNamed(state, name);
  return { ...state, plugins: state.plugins.filter((plugin) => plugin.name !== name) };
}

/** With one more version, the oldest that are not in use gone if there are too many. */
export function withVersion(plugin: StoredPlugin, version: StoredVersion): StoredPlugin {
  const others = plugin.versions.filter(({ hash }) => hash !== version.hash);
  return bounded({ ...plugin, versions: [version, ...others] });
}

/** Version in use; the one that was it becomes the newest of the others. */
export function withActive(plugin: StoredPlugin, hash: string): StoredPlugin {
  const before = plugin.versions.filter((version) => version.hash === plugin.active);
  const rest = plugin.versions.filter((v) => v.hash !== plugin.active && v.hash !== hash);
  const now = plugin.versions.filter((version) => version.hash === hash && hash !== plugin.active);
  const shadow = plugin.shadow === hash ? "" : plugin.shadow;
  return bounded({ ...plugin, active: hash, shadow, versions: [...now, ...before, ...rest] });
}

function bounded(plugin: StoredPlugin): StoredPlugin {
  const { active, shadow } = plugin;
  const versions = [...plugin.versions];
  while (versions.length > PLUGIN_LIMITS.versionsKept) {
    const oldest = versions.findLastIndex(({ hash }) => hash !== active && hash !== shadow);
    versions.splice(oldest, 1);
  }
  return { ...plugin, versions };
}

/** These first, in this order, the others behind them as they were. */
export function withOrder(state: StoreState, names: readonly string[]): StoreState {
  if (new Set(names).size < names.length) {
    throw new GuidestarError("INVALID_ARGUMENT", "the order names a plugin twice");
  }
  const first = names.map((name) => pluginNamed(state, name));
  return { ...state, plugins: [...first, ...state.plugins.filter((one) => !first.includes(one))] };
}
