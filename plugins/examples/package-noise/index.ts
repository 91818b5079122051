import { Event, Process, Text, TextSet, Verdict } from "guidestar";

/**
 * System package managers and their own tools. Language package managers (npm, pip, gem, cargo …) are
 * not here: they run code of strangers on behalf of a user, which is worth seeing.
 */
const TOOLS = new TextSet([
  "apk",
  "apt",
  "deb-systemd-helper",
  "deb-systemd-invoke",
  "debconf-communicate",
  "dnf",
  "dnf5",
  "dpkg",
  "microdnf",
  "pacman",
  "rpm",
  "rpmdb",
  "rpmkeys",
  "unattended-upgrade",
  "unattended-upgrades",
  "update-alternatives",
  "yum",
  "zypper",
]);

/** Only programs in these folders count: a file called dpkg elsewhere must not become invisible. */
const FOLDERS = new TextSet(["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"]);

const SHELLS = new TextSet(["ash", "bash", "dash", "sh", "zsh"]);

/** Exec and exit look at the same process, so an exit is dropped if, and only if, its exec was. */
export function onEvent(event: Event): Verdict {
  const process = event.process;
  if (isPackageTool(process.binary)) return Verdict.Drop;
  const parent = process.parent;
  if (parent && isPackageTool(parent.binary) && !isInteractiveShell(process)) return Verdict.Drop;
  return Verdict.Keep;
}

function isPackageTool(binary: Text): bool {
  const name = binary.basename;
  if (FOLDERS.has(binary.slice(0, binary.length - name.length))) {
    return TOOLS.has(name) || name.startsWith("apt-") || name.startsWith("dpkg-");
  }
  return (
    binary.startsWith("/usr/lib/apt/") ||
    binary.startsWith("/usr/lib/dpkg/") ||
    binary.startsWith("/usr/lib/rpm/") ||
    binary.startsWith("/var/lib/dpkg/info/")
  );
}

/**
 * A shell that was given nothing to run: `apt-get -o APT::Update::Pre-Invoke::=/bin/sh` and its like
 * are how people get out of a package manager.
 */
function isInteractiveShell(process: Process): bool {
  if (!SHELLS.has(process.binary.basename)) return false;
  const given = process.arguments;
  return (
    given.isEmpty || (given.startsWith("-") && !given.startsWith("-c ") && !given.contains(" "))
  );
}
