/** What the main thread and the thread of the trees say to each other. */
import type { fgs } from "../../proto/generated/api.js";
import type { RecordLayout } from "../source/source.js";
import type { TreeNumbers } from "./collector.js";
import type { TreeInit } from "./generation.js";
import type { NewsLayout } from "./processes.js";

export interface StacksWorkerData {
  readonly newsFd: number;
  readonly newsLayout: NewsLayout;
  /** Of the kernel's process table. */
  readonly tableFd: number;
  readonly layout: RecordLayout;
  readonly nodeName: string;
  /** Somebody knows of containers. */
  readonly containers: boolean;
}

export type StacksRequest =
  | { readonly type: "add"; readonly init: TreeInit }
  | { readonly type: "remove"; readonly name: string }
  | { readonly type: "read"; readonly name: string }
  | { readonly type: "numbers" };

export interface StacksReplies {
  readonly add: undefined;
  readonly remove: undefined;
  readonly read: fgs.StackTraceNode.$Properties | undefined;
  readonly numbers: Record<string, TreeNumbers>;
}

export type ToStacks =
  | { readonly type: "request"; readonly id: number; readonly request: StacksRequest }
  /** `pod`: "" for one that is in none. */
  | { readonly type: "pod"; readonly cgroup: string; readonly pod: string };

export type FromStacks =
  | { readonly type: "reply"; readonly id: number; readonly value: unknown }
  | { readonly type: "refused"; readonly id: number; readonly message: string }
  | { readonly type: "pod"; readonly cgroup: string };
