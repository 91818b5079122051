import { annotate, Event, Process, TextSet, Verdict } from "guidestar";

const SHELLS = new TextSet([
  "ash",
  "bash",
  "csh",
  "dash",
  "fish",
  "ksh",
  "mksh",
  "sh",
  "tcsh",
  "zsh",
]);

/** Servers that have next to no reason to start a shell. */
const HIGH = new TextSet([
  "apache2",
  "caddy",
  "gunicorn",
  "haproxy",
  "httpd",
  "lighttpd",
  "mariadbd",
  "memcached",
  "mongod",
  "mysqld",
  "named",
  "nginx",
  "redis-server",
  "uvicorn",
  "uwsgi",
  "valkey-server",
  "vsftpd",
]);

/** Servers, or what servers are written in, that start a shell now and then in good faith. */
const MEDIUM = new TextSet(["exim4", "java", "master", "postgres", "smbd"]);

/** A shell may stand behind other shells and small tools: `nginx → sh → env → bash`. */
const MOST_STEPS = 4;

/** Where the line of a server ends: above these somebody logged in. */
const LOGINS = new TextSet(["cron", "login", "sshd", "sshd-session", "su", "sudo"]);

export function onEvent(event: Event): Verdict {
  if (!SHELLS.has(event.process.binary.basename)) return Verdict.Keep;
  let ancestor = event.parent;
  for (let steps = 1; ancestor && steps <= MOST_STEPS; ++steps) {
    if (LOGINS.has(ancestor.binary.basename)) break;
    const severity = severityUnder(ancestor);
    if (severity != "") {
      annotate("server", ancestor.binary.basename);
      annotate("server-pid", ancestor.pid);
      annotate("severity", severity);
      if (steps > 1) annotate("steps", steps);
      break;
    }
    ancestor = ancestor.parent;
  }
  return Verdict.Keep;
}

/** How bad a shell under this process is; "" if it is no server. */
function severityUnder(process: Process): string {
  const name = process.binary.basename;
  if (HIGH.has(name) || name.startsWith("php-fpm")) return "high";
  if (MEDIUM.has(name)) return "medium";
  if (name.equals("node")) return isPackageScript(process) ? "" : "medium";
  if (name.startsWith("python") && isWebServer(process)) return "high";
  return "";
}

/** `npm run …` is a shell under node, a hundred times a day. */
function isPackageScript(process: Process): bool {
  const script = process.arguments;
  return script.contains("npm") || script.contains("npx") || script.contains("yarn");
}

/** Python is a server only if it runs one. */
function isWebServer(process: Process): bool {
  const script = process.arguments;
  return (
    script.contains("gunicorn") ||
    script.contains("uvicorn") ||
    script.contains("hypercorn") ||
    script.contains("http.server") ||
    script.contains("flask") ||
    script.contains("runserver")
  );
}
