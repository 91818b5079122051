/**
 * Policy documents: text → `PolicyDocument`, in which every value is of the right form and knows its
 * place. Nothing here asks a kernel; `resolvePolicy` does.
 */
import { kprobe, lsmHook, tracepoint, uprobe } from "./hooks.js";
import { type Node, readDocuments } from "./node.js";
import { fieldSelector, label, labelSelector } from "./pods.js";
import { collectProblems, type Place, PolicyError } from "./problem.js";
import { anyText, flag, oneOf, properText, text } from "./scalars.js";
import {
  dictionary,
  list,
  located,
  object,
  optional,
  required,
  shown,
  unsupported,
  withDefault,
} from "./schema.js";
import { macro } from "./selectors.js";
import { perf } from "./trees.js";

const mostHooks = 4096;

const metadata = object("metadata", {
  name: required(located(properText), "metadata.name, under which the policy is known"),
  namespace: optional(located(properText)),
  labels: withDefault(dictionary("labels", label), new Map()),
  annotations: withDefault(dictionary("annotations", anyText), new Map()),
  generateName: unsupported("give the policy its name"),
});

const listSpec = object("a list", {
  name: required(located(properText), "the name that call: list:NAME uses"),
  type: optional(located(oneOf(["syscalls", "generated_syscalls", "generated_ftrace"] as const))),
  values: withDefault(list("functions", located(properText), mostHooks), []),
  pattern: optional(located(text(256))),
  validated: withDefault(flag, false),
});
export type ListText = ReturnType<typeof listSpec>;

const option = object("an option", {
  name: required(located(text(128)), "which option"),
  value: withDefault(located(anyText), { value: "", at: { line: 1, column: 1 } }),
});

const spec = object("spec", {
  kprobes: withDefault(list("kprobes", kprobe, mostHooks), []),
  tracepoints: withDefault(list("tracepoints", tracepoint, mostHooks), []),
  lsmhooks: withDefault(list("LSM hooks", lsmHook, mostHooks), []),
  uprobes: withDefault(list("uprobes", uprobe, mostHooks), []),
  perf: withDefault(list("perf sources", perf, 16), []),
  lists: withDefault(list("lists", listSpec, 256), []),
  options: withDefault(list("options", option, 64), []),
  podSelector: optional(labelSelector),
  containerSelector: optional(fieldSelector),
  selectorsMacros: withDefault(dictionary("selector macros", macro), new Map()),
  usdts: unsupported("it does not read USDT probes from binaries; use uprobes"),
  fentries: unsupported("use kprobes, which use fentry wherever the kernel has it"),
  loader: unsupported("it reports no loading of libraries"),
  enforcers: unsupported("use the actions Sigkill, Signal and Override of a hook itself"),
  hostSelector: unsupported("a policy without podSelector is for all processes of the node"),
  nodeSelector: unsupported("it does not know the labels of its node"),
  parameters: unsupported("write the values themselves"),
});
export type SpecText = ReturnType<typeof spec>;

const apiVersions = ["cilium.io/v1alpha1", "isovalent.com/v1alpha1", "hubble-enterprise.io/v1"];
const kinds = ["TracingPolicy", "TracingPolicyNamespaced"] as const;

const root = object("a policy", {
  // Clients of old leave these out.
  apiVersion: optional(oneOf(apiVersions)),
  kind: optional(located(oneOf(kinds))),
  metadata: required(metadata, "it needs metadata.name"),
  spec: required(located(spec), "it says what to watch"),
});

/** A document of the right form. */
export interface PolicyDocument {
  readonly name: string;
  /** Of a TracingPolicyNamespaced. */
  readonly namespace?: string;
  readonly spec: SpecText;
}

/** Reads all documents of a text, at least one. Throws `PolicyError` with all that is wrong. */
export function parsePolicies(yaml: string): PolicyDocument[] {
  const nodes = readDocuments(yaml);
  if (nodes.length === 0) throw empty();
  return collectProblems((place) =>
    nodes.map((node) => place.attempt(() => readPolicy(node, place)) as PolicyDocument),
  );
}

/** Reads a text with exactly one document. Throws `PolicyError`. */
export function parsePolicyDocument(yaml: string): PolicyDocument {
  const [node, second] = readDocuments(yaml);
  if (node === undefined) throw empty();
  return collectProblems((place) => {
    if (second !== undefined) {
      place.refuse(second.at, "a second document begins; add one policy at a time");
    }
    return readPolicy(node, place);
  });
}

function readPolicy(node: Node, place: Place): PolicyDocument {
  if (node.kind !== "map") {
    return place.refuse(node.at, `a policy is a mapping of fields, not ${shown(node)}`);
  }
  const { kind, metadata, spec } = root(node, place);
  const { name, namespace } = metadata;
  const body = spec.value;
  const hooks = [body.kprobes, body.tracepoints, body.lsmhooks, body.uprobes, body.perf];
  if (hooks.every((each) => each.length === 0)) {
    place
      .in("spec")
      .refuse(
        spec.at,
        `sensor ${name.value} could not be found: the policy has no hooks; it needs kprobes, tracepoints, lsmhooks, uprobes or perf`,
      );
  }
  const isNamespaced = kind?.value === "TracingPolicyNamespaced";
  if (namespace !== undefined && !isNamespaced) {
    const at = place.in("metadata.namespace");
    at.refuse(
      namespace.at,
      "only a TracingPolicyNamespaced is of a namespace; set kind, or leave this out",
    );
  }
  if (!isNamespaced) return { name: name.value, spec: body };
  // As the orchestrator does it for all that has a namespace and names none.
  return { name: name.value, namespace: namespace?.value ?? "default", spec: body };
}

function empty(): PolicyError {
  const message = "the policy is empty: it needs metadata.name and spec";
  return new PolicyError([{ at: { line: 1, column: 1 }, message }]);
}
