/** What a new plugin's folder holds. */
import path from "node:path";
import { projectFolder } from "../../plugins/build.js";

/** Contents by path, for a plugin of that name in that folder (absolute). */
export function templateFiles(name: string, folder: string): Readonly<Record<string, string>> {
  const sdk = path.relative(folder, path.join(projectFolder, "plugins"));
  const manifest = {
    name,
    version: "0.1.0",
    description: "Hides small tools, and reports programs that run out of temporary folders",
    events: ["exec"],
    settings: {
      type: "object",
      properties: {
        quiet: {
          type: "array",
          items: { type: "string", minLength: 1 },
          default: ["date", "sleep", "true"],
          description: "Names of programs that nobody wants to see",
        },
      },
    },
  };
  const tsconfig = {
    extends: `${sdk}/tsconfig.json`,
    compilerOptions: { paths: { guidestar: [`${sdk}/guidestar.ts`] } },
    include: ["*.ts"],
  };
  return {
    "index.ts": source,
    "manifest.json": json(manifest),
    "test/basics.json": json(basics),
    "tsconfig.json": json(tsconfig),
    "README.md": readme(name),
    ".gitignore": "build/\n",
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const source = `import {
  annotate,
  Event,
  PrefixSet,
  raise,
  Settings,
  Severity,
  TextSet,
  Verdict,
} from "guidestar";

const TEMPORARY = new PrefixSet(["/tmp/", "/var/tmp/", "/dev/shm/"]);
let quiet = new TextSet([]);

/** Called when the plugin starts, and when somebody changes its settings. */
export function onSettings(settings: Settings): void {
  quiet = new TextSet(settings.texts("quiet"));
}

export function onEvent(event: Event): Verdict {
  const binary = event.process.binary;
  if (quiet.has(binary.basename)) return Verdict.Drop;
  if (TEMPORARY.has(binary)) {
    const parent = event.parent;
    if (parent) annotate("started-by", parent.binary);
    raise(Severity.Medium, "temporary-program", "a program runs out of a temporary folder").with(
      "binary",
      binary,
    );
  }
  return Verdict.Keep;
}
`;

const basics = {
  settings: { quiet: ["date"] },
  events: [
    { process_exec: { process: { binary: "/usr/bin/date" } }, expect: { verdict: "drop" } },
    { process_exec: { process: { binary: "/usr/bin/sleep" } }, expect: { verdict: "keep" } },
    {
      process_exec: {
        process: { binary: "/tmp/x", arguments: "--listen" },
        parent: { binary: "/bin/sh" },
      },
      expect: { verdict: "keep", annotations: { "started-by": "/bin/sh" } },
    },
  ],
  expect: {
    findings: [{ name: "temporary-program", severity: "medium", attributes: { binary: "/tmp/x" } }],
  },
};

function readme(name: string): string {
  return `# ${name}

Hides small tools, and reports programs that run out of temporary folders.

    guidestar plugin test .              # the cases in test/
    guidestar plugin build .             # build/${name}.wasm
    guidestar plugin push .              # to a daemon
    guidestar plugin test . --recording FILE

A case in \`test/\` is events, as \`guidestar getevents -o json\` shows them, with what is expected of each.
`;
}
