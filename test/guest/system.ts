/** The guest's system: programs of this machine with the libraries that they need, and busybox for the rest. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import path from "node:path";
import type { Entry } from "./cpio.js";
import { findCommand, findLibrary, guestPackage, needed } from "./paths.js";

/** The real ones, because tests trace them or need an option that busybox lacks. Those not here are left out. */
const programs = [
  ...["bash", "sh", "cat", "ls", "sleep", "env", "id", "head", "tail", "cp", "mv", "mkdir", "rm"],
  ...["touch", "dd", "seq", "sort", "wc", "true", "false", "echo", "printf", "date", "stat", "tr"],
  ...["grep", "sed", "find", "xargs", "timeout", "nice", "ln", "chmod", "readlink", "mktemp"],
  ...["unshare", "nsenter", "setpriv", "prlimit", "setsid", "su", "getent", "ip", "ss"],
  // What the demo watches.
  ...["dpkg", "dpkg-query"],
];

/** Loaded by name at run time, so that no program shows that it needs them. */
const libraries = ["libbpf.so.1"];

/** Of packages that were only unpacked, by file name: nothing of them is on this machine. */
const unpacked: Readonly<Record<string, readonly string[]>> = {
  containerd: ["containerd", "containerd-shim-runc-v2", "ctr"],
  runc: ["runc"],
  acct: ["accton"],
  auditd: ["auditd", "auditctl"],
  "dnsmasq-base": ["dnsmasq"],
  "bind9-dnsutils": ["dig"],
};

/** Their libraries, each with all that its package has; where this machine has one, its own is taken. */
const unpackedLibraries = [
  ...["libseccomp2", "libaudit1", "libauparse0", "libcap-ng0", "libwrap0", "libnsl2", "libtirpc3"],
  ...["libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0", "libkeyutils1"],
  ...["libcom-err2", "bind9-libs", "libfstrm0", "libjemalloc2", "liblmdb0", "libmaxminddb0"],
  ...["libprotobuf-c1", "libnetfilter-conntrack3", "libnfnetlink0", "libnftables1", "libnftnl11"],
  ...["libmnl0", "libxtables12", "libjansson4", "libedit2", "libbsd0", "libmd0", "libuv1"],
  ...["libjson-c5", "libnghttp2-14", "libdbus-1-3", "libgmp10", "libhogweed6", "libnettle8"],
  "libidn2-0",
];

function unpackedEntries(): Entry[] {
  const programEntries = Object.entries(unpacked).flatMap(([name, files]) => {
    const there = filesOf(name);
    return files.map((file) => {
      const from = there.find((each) => path.basename(each) === file && isElf(each));
      return program(file, needed(from, `${file} of the package ${name}`));
    });
  });
  const libraryEntries = unpackedLibraries.flatMap((name) =>
    filesOf(name)
      .filter((file) => /\.so\.\d+$|-Debian\.so$/.test(file))
      .map((from): Entry => {
        const file = `usr/lib/x86_64-linux-gnu/${path.basename(from)}`;
        return { kind: "copy", path: file, from: realpathSync(from), mode: 0o755 };
      }),
  );
  return [...libraryEntries, ...programEntries];
}

function filesOf(name: string): string[] {
  const folder = needed(guestPackage(name), `the package ${name}`);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => path.join(folder, file))
    .filter((file) => existsSync(file) && statSync(file).isFile());
}

export function systemEntries(): Entry[] {
  const busybox = needed(findCommand("busybox"), "busybox");
  const found = programs.map(findCommand).filter((file) => file !== undefined);
  const bpftool = needed(findCommand("bpftool"), "bpftool");
  const loaded = libraries.map((name) => needed(findLibrary(name), name));
  const files = [process.execPath, bpftool, ...found, ...loaded];
  const entries = new Map<string, Entry>();
  // busybox first: the real programs take the place of its own.
  for (const name of execFileSync(busybox, ["--list"], { encoding: "utf8" }).split("\n")) {
    if (name !== "") add(entries, { kind: "link", path: `usr/bin/${name}`, target: "busybox" });
  }
  add(entries, { kind: "copy", path: "usr/bin/busybox", from: busybox, mode: 0o755 });
  for (const file of found) add(entries, program(path.basename(file), file));
  add(entries, program("node", process.execPath));
  add(entries, program("bpftool", bpftool));
  for (const entry of unpackedEntries()) add(entries, entry);
  for (const file of [...loaded, ...librariesOf(files), ...librariesOfUnpacked()])
    add(entries, library(file));
  return [
    ...["usr/bin", "usr/lib", "usr/lib64"].map((name): Entry => ({ kind: "folder", path: name })),
    ...["bin", "sbin"].map((name): Entry => ({ kind: "link", path: name, target: "usr/bin" })),
    ...["lib", "lib64"].map((name): Entry => ({ kind: "link", path: name, target: `usr/${name}` })),
    { kind: "link", path: "usr/sbin", target: "bin" },
    ...entries.values(),
    ...etc,
  ];
}

const etc: readonly Entry[] = [
  ...["dev", "proc", "sys", "tmp", "run", "root", "var/tmp", "var/lib/dpkg", "etc", "home/user"],
]
  .map((name): Entry => ({ kind: "folder", path: name }))
  .concat([
    {
      kind: "file",
      path: "etc/passwd",
      content:
        "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/false\nuser:x:1000:1000:user:/home/user:/bin/bash\n",
      mode: 0o644,
    },
    {
      kind: "file",
      path: "etc/group",
      content: "root:x:0:\nnogroup:x:65534:\nuser:x:1000:\n",
      mode: 0o644,
    },
    {
      kind: "file",
      path: "etc/hosts",
      content: "127.0.0.1 localhost guest\n::1 localhost\n",
      mode: 0o644,
    },
    {
      kind: "file",
      path: "var/lib/dpkg/status",
      content:
        "Package: dpkg\nStatus: install ok installed\nMaintainer: none <none@localhost>\nArchitecture: all\nVersion: 1\nDescription: none\n",
      mode: 0o644,
    },
    {
      kind: "file",
      path: "etc/os-release",
      content: 'ID=guest\nPRETTY_NAME="Test guest"\n',
      mode: 0o644,
    },
  ]);

function add(entries: Map<string, Entry>, entry: Entry): void {
  entries.set(entry.path, entry);
}

function program(name: string, file: string): Entry {
  return { kind: "copy", path: `usr/bin/${name}`, from: realpathSync(file), mode: 0o755 };
}

/** Libraries keep their place, which is where the loader looks for them. */
function library(file: string): Entry {
  const place = path.join(realpathSync(path.dirname(file)), path.basename(file));
  return { kind: "copy", path: place.replace(/^\//, ""), from: realpathSync(file), mode: 0o755 };
}

/** What unpacked programs need that no unpacked package has: this machine's own. */
function librariesOfUnpacked(): string[] {
  const there = Object.keys(unpacked).flatMap(filesOf);
  const files = Object.values(unpacked)
    .flat()
    .flatMap((name) => there.filter((file) => path.basename(file) === name));
  const folders = new Set(
    unpackedLibraries.flatMap((name) => filesOf(name).map((file) => path.dirname(file))),
  );
  const all = librariesOf(files, [...folders]);
  return all.filter((file) => !folders.has(path.dirname(file)));
}

function librariesOf(files: readonly string[], folders: readonly string[] = []): string[] {
  const real = [...new Set(files.map((file) => realpathSync(file)))].filter(isElf);
  // Its exit code tells of a static program among them, which is none of our business.
  const { stdout } = spawnSync("ldd", real, {
    encoding: "utf8",
    env: { ...process.env, LD_LIBRARY_PATH: folders.join(":") },
  });
  const found = new Set<string>();
  for (const line of stdout.split("\n")) {
    const file = /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1];
    if (file !== undefined && existsSync(file)) found.add(file);
  }
  return [...found];
}

function isElf(file: string): boolean {
  const start = Buffer.alloc(4);
  const opened = openSync(file, "r");
  try {
    readSync(opened, start);
  } finally {
    closeSync(opened);
  }
  return start.toString("latin1") === "\x7fELF";
}
