import {
  type Event,
  EventType,
  type ExecEvent,
  type ExitEvent,
  type Process,
} from "../../../host/events/model.js";

/** Makes processes and events as the decoder would, with what a test does not care for filled in. */
export class Scene {
  private nextPid = 100;
  private nextSequence = 1;

  process(binary: string, parent?: Process, more: Partial<Process> = {}): Process {
    const pid = more.pid ?? this.nextPid++;
    const keyNs = BigInt(pid) * 1_000_000n;
    // One literal, as the decoder makes them: spreading would make objects of another, slower kind.
    return {
      execId: more.execId ?? Buffer.from(`node-1:${keyNs}:${pid}`).toString("base64"),
      pid,
      nsPid: more.nsPid ?? pid,
      inInitTree: more.inInitTree ?? false,
      keyNs: more.keyNs ?? keyNs,
      startTimeNs: more.startTimeNs ?? 1_700_000_000_000_000_000n + keyNs,
      uid: "uid" in more ? more.uid : 0,
      auid: "auid" in more ? more.auid : 1000,
      binary,
      arguments: more.arguments ?? "",
      cwd: more.cwd ?? "/",
      flags: more.flags ?? "execve clone",
      docker: more.docker ?? "",
      cgroupId: more.cgroupId ?? 4242n,
      cgroupName: more.cgroupName ?? "session-1.scope",
      capabilities: "capabilities" in more ? more.capabilities : allCapabilities,
      namespaces: "namespaces" in more ? more.namespaces : hostNamespaces,
      parent,
    };
  }

  exec(process: Process): ExecEvent {
    const sequence = this.nextSequence++;
    return {
      type: EventType.EXEC,
      sequence,
      timeNs: firstTimeNs + BigInt(sequence),
      process,
      parent: process.parent,
      annotations: undefined,
    };
  }

  exit(process: Process, status = 0, signal = ""): ExitEvent {
    const sequence = this.nextSequence++;
    return {
      type: EventType.EXIT,
      sequence,
      timeNs: firstTimeNs + BigInt(sequence),
      process,
      parent: process.parent,
      annotations: undefined,
      status,
      signal,
    };
  }
}

const firstTimeNs = 1_800_000_000_000_000_000n;
const allCapabilities = {
  permitted: 0x1ffffffffffn,
  effective: 0x1ffffffffffn,
  inheritable: 0n,
};
const hostNamespaces = [
  4026531838, 4026531839, 4026531841, 4026531836, 4026531836, 4026531840, 4026531834, 4026531834,
  4026531835, 4026531837,
];

/** A compile job: for each file a shell, a compiler and an assembler; exec and exit of each. */
export function compileJob(scene: Scene, files: number): Event[] {
  const init = scene.process("/usr/lib/systemd/systemd");
  const sshd = scene.process("/usr/sbin/sshd", init, { arguments: "-D" });
  const bash = scene.process("/bin/bash", sshd, { cwd: "/home/user/project" });
  const make = scene.process("/usr/bin/make", bash, {
    arguments: "-j8",
    cwd: "/home/user/project",
  });
  const events: Event[] = [];
  for (let n = 0; n < files; n++) {
    const given = { cwd: "/home/user/project", arguments: `-O2 -Wall -c -o file${n}.o file${n}.c` };
    const shell = scene.process("/bin/sh", make, { ...given, arguments: `-c 'cc file${n}.c'` });
    const compiler = scene.process("/usr/bin/gcc", shell, given);
    const assembler = scene.process("/usr/bin/as", compiler, given);
    for (const process of [shell, compiler, assembler]) events.push(scene.exec(process));
    for (const process of [assembler, compiler, shell]) events.push(scene.exit(process));
  }
  return events;
}
