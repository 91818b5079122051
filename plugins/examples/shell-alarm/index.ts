import {
  Event,
  GlobSet,
  Process,
  raise,
  Settings,
  Severity,
  Text,
  TextSet,
  Verdict,
} from "guidestar";

const SHELLS = new TextSet("ash bash csh dash fish ksh mksh sh tcsh zsh busybox".split(" "));

/** Texts that are next to never in the arguments of anything else. */
const TELLING = [
  "/dev/tcp/",
  "/dev/udp/",
  "pty.spawn(",
  "nc -e ",
  "ncat -e ",
  "sh -i <&",
  "sh -i >&",
];

/** Where a line of processes begins that somebody logged in to. */
const LOGINS = new TextSet(["cron", "login", "sshd", "sshd-session", "su", "sudo"]);
const MOST_STEPS = 4;

let patterns: string[] = [];
let servers = new TextSet([]);
let expected = new GlobSet([]);

export function onSettings(settings: Settings): void {
  patterns = settings.texts("patterns");
  servers = new TextSet(settings.texts("servers"));
  expected = new GlobSet(settings.texts("expected"));
}

export function onEvent(event: Event): Verdict {
  const process = event.process;
  const how = reverseShell(process);
  if (how != "") {
    raise(Severity.Critical, "reverse-shell", "a shell that talks to the network: " + how)
      .with("pattern", how)
      .with("arguments", process.arguments.slice(0, 512));
  }
  if (SHELLS.has(process.binary.basename)) webShell(process, event.parent);
  return Verdict.Keep;
}

/** What tells of it; "": nothing does. */
function reverseShell(process: Process): string {
  const name = process.binary.basename;
  const given = process.arguments;
  if (given.isEmpty) return "";
  for (let n = 0; n < TELLING.length; ++n) if (given.contains(TELLING[n])) return TELLING[n];
  for (let n = 0; n < patterns.length; ++n) if (given.contains(patterns[n])) return patterns[n];
  if (isNetcat(name) && executes(given)) return "netcat that runs a program";
  if (
    name.equals("socat") &&
    hasEither(given, "exec:", "EXEC:") &&
    hasEither(given, "tcp", "TCP")
  ) {
    return "socat between a program and the network";
  }
  if (isInterpreter(name) && isScript(given)) return "a script that gives a shell a socket";
  if (given.contains("mkfifo") && (given.contains("nc ") || given.contains("telnet "))) {
    return "a pipe between a shell and the network";
  }
  return "";
}

function isNetcat(name: Text): bool {
  return (
    name.equals("nc") || name.equals("ncat") || name.startsWith("nc.") || name.equals("netcat")
  );
}

/** `-e`, `-c`, `--exec`, `--sh-exec`. */
function executes(given: Text): bool {
  return (
    given.contains("--exec") ||
    given.contains("--sh-exec") ||
    given.startsWith("-e ") ||
    given.contains(" -e ") ||
    given.startsWith("-c ") ||
    given.contains(" -c ")
  );
}

function isInterpreter(name: Text): bool {
  return (
    name.startsWith("python") ||
    name.startsWith("perl") ||
    name.startsWith("ruby") ||
    name.startsWith("php") ||
    name.startsWith("lua")
  );
}

/** One line that opens a socket, and a shell or its streams. */
function isScript(given: Text): bool {
  const opens =
    given.contains("socket") || given.contains("fsockopen") || given.contains("TCPSocket");
  if (!opens && !given.contains("Socket")) return false;
  return (
    given.contains("/bin/sh") ||
    given.contains("/bin/bash") ||
    given.contains("dup2") ||
    given.contains("subprocess") ||
    given.contains("exec")
  );
}

function hasEither(given: Text, one: string, other: string): bool {
  return given.contains(one) || given.contains(other);
}

function webShell(shell: Process, parent: Process | null): void {
  if (expected.matches(command(shell.arguments))) return;
  let ancestor = parent;
  for (let steps = 1; ancestor && steps <= MOST_STEPS; ++steps) {
    const name = ancestor.binary.basename;
    if (LOGINS.has(name)) return;
    if (servers.has(name) || name.startsWith("php-fpm")) {
      raise(Severity.High, "web-shell", "a web server started a shell: " + name.toString())
        .with("server", ancestor.binary)
        .with("server-pid", ancestor.pid)
        .with("arguments", shell.arguments.slice(0, 512));
      return;
    }
    ancestor = ancestor.parent;
  }
}

/** `ls /` of `-c "ls /"`. */
function command(given: Text): Text {
  if (!given.startsWith("-c ")) return given;
  const text = given.slice(3);
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, text.length - 1) : text;
}
