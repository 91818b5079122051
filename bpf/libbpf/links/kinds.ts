/** Ways to attach a program, by the names that `probeAttach` uses too. */
export const attachKinds = [
  "raw_tracepoint",
  "tp_btf",
  "tracepoint",
  "fentry",
  "fexit",
  "fmod_ret",
  "lsm",
  "kprobe",
  "kretprobe",
  "kprobe_multi",
  "ksyscall",
  "uprobe",
  "uretprobe",
  "perf_event",
  "cgroup",
  "iter",
  "other",
] as const;
export type AttachKind = (typeof attachKinds)[number];

/** How a program of this ELF section is attached. */
export function kindOfSection(section: string): AttachKind {
  const head = section.replace(/^\?/, "").split("/", 1)[0] ?? "";
  // `fentry.s` is a sleepable fentry, but `kprobe.multi` is a kind of its own.
  return sections[head] ?? sections[head.replace(/\..*/, "")] ?? "other";
}

/** What the section says the program attaches to: `do_exit` of `kprobe/do_exit`. */
export function targetOfSection(section: string): string {
  const slash = section.indexOf("/");
  return slash < 0 ? section : section.slice(slash + 1);
}

const sections: Readonly<Record<string, AttachKind>> = {
  raw_tp: "raw_tracepoint",
  raw_tracepoint: "raw_tracepoint",
  tp_btf: "tp_btf",
  tp: "tracepoint",
  tracepoint: "tracepoint",
  fentry: "fentry",
  fexit: "fexit",
  fmod_ret: "fmod_ret",
  lsm: "lsm",
  kprobe: "kprobe",
  kretprobe: "kretprobe",
  "kprobe.multi": "kprobe_multi",
  "kretprobe.multi": "kprobe_multi",
  ksyscall: "ksyscall",
  kretsyscall: "ksyscall",
  uprobe: "uprobe",
  uretprobe: "uretprobe",
  perf_event: "perf_event",
  cgroup_skb: "cgroup",
  cgroup: "cgroup",
  iter: "iter",
};
