/** Settings of a policy that can be changed while it is loaded. */
import { GuidestarError } from "../../errors.js";
import type {
  ActionSpec,
  HookSpec,
  PolicyMode,
  PolicySpec,
  SelectorSpec,
} from "../../policy/hookSpec.js";
import { closest } from "../../suggest.js";

export interface Setting {
  /** What values it takes, for messages. */
  readonly takes: string;
  get(spec: PolicySpec): string;
  /** Undefined: this is no such value. */
  set(spec: PolicySpec, value: string): PolicySpec | undefined;
}

const units: Readonly<Record<string, bigint>> = { s: 1n, m: 60n, h: 3600n };
const second = 1_000_000_000n;

export const settings: Readonly<Record<string, Setting>> = {
  mode: {
    takes: "enforce or monitor",
    get: ({ mode }) => mode,
    set: (spec, value) => (isMode(value) ? { ...spec, mode: value } : undefined),
  },
  "rate-limit": {
    takes: "off, or a time such as 500, 5s, 1m or 2h, in which a thread posts the same only once",
    get: (spec) => intervalText(spec),
    set: (spec, value) => {
      const intervalNs = value === "off" ? 0n : intervalOf(value);
      return intervalNs === undefined ? undefined : withRateLimit(spec, intervalNs);
    },
  },
};

/** `what`: SetConfig or GetConfig, as clients know the message. */
export function settingNamed(sensor: string, key: string, what: string): Setting {
  const found = Object.hasOwn(settings, key) ? settings[key] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(settings);
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `sensor ${sensor} ${what} failed: there is no setting ${JSON.stringify(key.slice(0, 64))}; known: ${known.join(", ")}${closest(key, known)}`,
  );
}

function isMode(value: string): value is PolicyMode {
  return value === "enforce" || value === "monitor";
}

function intervalOf(text: string): bigint | undefined {
  const match = /^([1-9]\d{0,5})([smh]?)$/.exec(text.trim());
  return match === null
    ? undefined
    : BigInt(match[1] ?? 0) * (units[match[2] || "s"] ?? 1n) * second;
}

/** Of the first that posts: they have all the same, unless the document gave them different ones. */
function intervalText({ hooks }: PolicySpec): string {
  const found = new Set(
    hooks.flatMap(postsOf).map(({ rateLimit }) => (rateLimit?.intervalNs ?? 0n) / second),
  );
  const [first = 0n, ...others] = found;
  if (others.length > 0) return "as the policy says, different ones";
  return first === 0n ? "off" : `${first}s`;
}

type Post = ActionSpec & { readonly kind: "post" };

const plainPost: Post = { kind: "post", kernelStack: false, userStack: false };

function postsOf({ selectors }: HookSpec): Post[] {
  if (selectors.length === 0) return [plainPost];
  return selectors.flatMap(({ actions }) =>
    actions.length === 0 ? [plainPost] : actions.filter((each) => each.kind === "post"),
  );
}

/** All that matches is posted where nothing else is said; that has to be said to be limited. */
function withRateLimit(spec: PolicySpec, intervalNs: bigint): PolicySpec {
  const limited = (action: ActionSpec): ActionSpec => {
    if (action.kind !== "post") return action;
    const { rateLimit, ...plain } = action;
    if (intervalNs === 0n) return plain;
    return { ...plain, rateLimit: { intervalNs, scope: rateLimit?.scope ?? "thread" } };
  };
  const limitedSelector = (selector: SelectorSpec): SelectorSpec => ({
    ...selector,
    actions: (selector.actions.length === 0 ? [plainPost] : selector.actions).map(limited),
  });
  const hooks = spec.hooks.map((hook) => ({
    ...hook,
    selectors: (hook.selectors.length === 0 ? [matchAll] : hook.selectors).map(limitedSelector),
  }));
  return { ...spec, hooks };
}

const matchAll: SelectorSpec = {
  pids: [],
  binaries: [],
  args: [],
  returnArgs: [],
  namespaces: [],
  namespaceChanges: [],
  capabilities: [],
  capabilityChanges: [],
  actions: [],
  returnActions: [],
};
