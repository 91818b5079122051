/** What a container runtime tells of a container. Plain data: it crosses threads. */

export interface ContainerInfo {
  /** Empty for a container that is in no pod, such as a plain Docker one. */
  readonly namespace: string;
  readonly podName: string;
  /** `key=value`, sorted. */
  readonly labels: readonly string[];
  /** With the runtime in front, as Kubernetes writes it: `containerd://ID`. */
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly imageName: string;
  /** ns since 1970; 0n: not known (yet). */
  readonly startTimeNs: bigint;
  /** Commands of exec probes, as far as the runtime knows them. */
  readonly probes: readonly (readonly string[])[];
}

export type LookupAnswer =
  | {
      readonly kind: "found";
      readonly info: ContainerInfo;
      /** False while the container is being started: some fields come a moment later. */
      readonly complete: boolean;
    }
  /** Every runtime that is there says that it has no such container. */
  | { readonly kind: "unknown" }
  /** Nobody knew it, and not everybody gave a usable answer. */
  | { readonly kind: "failed" };

/** What the pipeline needs of whoever asks the runtimes. Lives on the main thread. */
export interface ContainerLookup {
  /** Told at once, and whenever it changes, whether there is a runtime that can be asked. */
  watch(listener: (isThere: boolean) => void): void;
  /** `id`: 64 hexadecimal digits. Never rejects, and settles within a bound. */
  lookup(id: string): Promise<LookupAnswer>;
  /** Twice does no harm. */
  close(): void;
}
