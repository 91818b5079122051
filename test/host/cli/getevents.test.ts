import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import { fgs } from "../../../proto/generated/api.js";
import { exec, exit, time } from "./support/events.js";
import { run, shell, start, terminal } from "./support/run.js";
import {
  type EventCall,
  type Script,
  send,
  startServer,
  type TestServer,
} from "./support/server.js";

/** Runs with a server that is stopped whatever comes of it. */
async function withServer(script: Script, use: (server: TestServer) => Promise<void>) {
  const server = await startServer(script);
  try {
    await use(server);
  } finally {
    server.stop();
  }
}

const sendAll = (call: EventCall) => {
  send(call, exec("/bin/sh", "-c true"), exit("/bin/sh", 3));
  call.end();
};

describe("output", () => {
  test("compact, JSON, and JSON by default where nobody looks", async () => {
    await withServer({ getEvents: sendAll }, async ({ address }) => {
      const compact = await run(["getevents", "--server-address", address, "-o", "compact"]);
      assert.deepEqual(compact, {
        code: 0,
        signal: null,
        stdout: "🚀 process node-1 /bin/sh -c true\n💥 exit    node-1 /bin/sh 3\n",
        stderr: "",
      });
      const json = await run(["getevents", "-o", "json"], { env: { GUIDESTAR_SERVER: address } });
      assert.equal(json.code, 0);
      assert.deepEqual(json.stdout.trim().split("\n"), [
        '{"process_exec":{"process":{"exec_id":"id-/bin/sh","pid":42,"uid":0,"binary":"/bin/sh","arguments":"-c true"}},"node_name":"node-1","time":"2026-01-31T12:00:00.123456789Z"}',
        '{"process_exit":{"process":{"exec_id":"id-/bin/sh","pid":42,"uid":0,"binary":"/bin/sh"},"status":3},"node_name":"node-1","time":"2026-01-31T12:00:00.123456789Z"}',
      ]);
      const byDefault = await run(["getevents", "--server-address", address]);
      assert.equal(byDefault.stdout, json.stdout);
    });
  });

  test("colours only where they are wanted", async () => {
    await withServer({ getEvents: sendAll }, async ({ address }) => {
      const flags = ["getevents", "--server-address", address, "-o", "compact"];
      const outputOf = async (more: string[], env = {}) =>
        visible((await run([...flags, ...more], { env })).stdout);
      assert.match(await outputOf(["--color", "always"]), /^␛\[34m🚀/);
      assert.doesNotMatch(await outputOf(["--color", "never"], { FORCE_COLOR: "1" }), /␛/);
      assert.doesNotMatch(await outputOf([]), /␛/);
      assert.match(await outputOf([], { FORCE_COLOR: "1" }), /␛\[31m3␛/);
      const onTerminal = await terminal(flags.slice(0, 3)).outcome;
      assert.match(visible(onTerminal.stdout), /^␛\[34m🚀.*\/bin\/sh/);
      const noColor = await terminal(flags.slice(0, 3), { env: { NO_COLOR: "1" } }).outcome;
      assert.match(noColor.stdout, /^🚀 process node-1 \/bin\/sh -c true\r\n/);
    });
  });

  test("timestamps on wish", async () => {
    await withServer({ getEvents: sendAll }, async ({ address }) => {
      const flags = ["--server-address", address, "-o", "compact", "--timestamps"];
      const { stdout } = await run(["getevents", ...flags]);
      assert.match(stdout, /^2026-01-31T12:00:00\.123456789Z 🚀 process node-1/);
    });
  });

  test("--count stops after that many events, and hangs up", async () => {
    let isCancelled = false;
    const endless = (call: EventCall) => {
      const timer = setInterval(() => send(call, exec("/bin/a")), 1);
      call.on("cancelled", () => {
        isCancelled = true;
        clearInterval(timer);
      });
    };
    await withServer({ getEvents: endless }, async ({ address }) => {
      const { code, stdout } = await run(["getevents", "--server-address", address, "-c", "3"]);
      assert.equal(code, 0);
      assert.equal(stdout.split("\n").length, 4);
      await waitFor(() => isCancelled);
    });
  });

  test("100,000 events as fast as they come arrive all, in order", async () => {
    const count = 100_000;
    const flood = (call: EventCall) => {
      let next = 0;
      const more = () => {
        while (next < count) {
          const bytes = fgs.GetEventsResponse.encode({ sequence: ++next, time }).finish();
          if (!call.write(Buffer.from(bytes))) return void call.once("drain", more);
        }
        call.end();
      };
      more();
    };
    await withServer({ getEvents: flood }, async ({ address }) => {
      const { code, stdout } = await run(["getevents", "--server-address", address], {
        timeoutMs: 60_000,
      });
      assert.equal(code, 0);
      const sequences = stdout
        .trim()
        .split("\n")
        .map((line) => Number(JSON.parse(line).sequence));
      assert.equal(sequences.length, count);
      assert.ok(sequences.every((sequence, index) => sequence === index + 1));
    });
  });
});

describe("filters", () => {
  test("travel to the daemon as the flags say", async () => {
    await withServer({ getEvents: (call) => call.end() }, async ({ address, requests }) => {
      const { code } = await run([
        ...["getevents", "--server-address", address],
        ...["-e", "process_exec,PROCESS_EXIT", "-n", "a", "-n", "b", "--process", "^/bin/{1,2}"],
        ...["--pid", "1,2", "--no-health-check", "-F", '{"pid_set":[9]}{"namespace":[""]}'],
      ]);
      assert.equal(code, 0);
      const { allow_list, deny_list } = requests[0] ?? {};
      assert.deepEqual(JSON.parse(JSON.stringify({ allow_list, deny_list })), {
        allow_list: [
          {
            binary_regex: ["^/bin/{1,2}"],
            namespace: ["a", "b"],
            health_check: {},
            pid: [1, 2],
            event_set: ["PROCESS_EXEC", "PROCESS_EXIT"],
          },
        ],
        deny_list: [{ pid_set: [9] }, { namespace: [""] }],
      });
    });
  });

  const bad: readonly (readonly [string[], RegExp])[] = [
    [
      ["-e", "PROCESS_EXE"],
      /^guidestar: --event-types: there is no event type 'PROCESS_EXE'\. Did you mean PROCESS_EXEC\?/,
    ],
    [
      ["-f", '{"pid":["x"]}'],
      /^guidestar: --include-filter: column 9: "pid\[0\]" takes a whole number/,
    ],
    [
      ["--process", "("],
      /^guidestar: '\(' is no regular expression \(RE2 syntax\): missing closing/,
    ],
    [
      ["-o", "yaml"],
      /^guidestar: option '-o, --output <format>' argument 'yaml' is invalid\. Allowed choices are compact, json\./,
    ],
    [
      ["-c", "0"],
      /^guidestar: option '-c, --count <events>' argument '0' is invalid\. It must be a whole number from 1 on\./,
    ],
    [["--aggregate-window", "5"], /^guidestar: --aggregate-window takes a duration such as 24h/],
    [["--aggregate-window", "1ms"], /^guidestar: --aggregate-window takes .* 10ms to 24h, not 1ms/],
    [["--aggregate-buffer", "2000000"], /--aggregate-buffer takes a number up to 1000000, not/],
    [["--reconnect-wait", "-1"], /must be a number of seconds/],
    [["--colour", "always"], /^guidestar: unknown option '--colour'\. Did you mean --color\?/],
    [["extra"], /^guidestar: too many arguments/],
  ];
  for (const [flags, expected] of bad) {
    test(`${flags.join(" ")} is refused in one line, with exit code 2`, async () => {
      const { code, stdout, stderr } = await run(["getevents", ...flags]);
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(stderr, expected);
      assert.equal(stderr.trimEnd().split("\n").length, 1);
    });
  }

  test("the daemon's refusal is passed on, with exit code 1", async () => {
    const refuse = (call: EventCall) =>
      call.emit("error", { code: status.INVALID_ARGUMENT, details: "no such namespace" });
    await withServer({ getEvents: refuse }, async ({ address }) => {
      const outcome = await run(["getevents", "--server-address", address, "--reconnect"]);
      assert.equal(outcome.code, 1);
      assert.equal(outcome.stderr, "guidestar: no such namespace\n");
    });
  });
});

describe("losses", () => {
  test("are told where they are missing, also after the last event", async () => {
    const lossy = (call: EventCall) => {
      send(call, exec("/bin/a"));
      send(call, { ...exec("/bin/b"), lost: { ring: 1200, slow_client: 34 } });
      const trailers = new Metadata();
      trailers.set("guidestar-lost-aggregation", "5");
      trailers.set("guidestar-lost", "37");
      trailers.set("guidestar-lost-ring", "1200");
      call.end(trailers);
    };
    await withServer({ getEvents: lossy }, async ({ address }) => {
      const { code, stderr } = await run(["getevents", "--server-address", address]);
      assert.equal(code, 0);
      assert.deepEqual(stderr.trim().split("\n"), [
        "guidestar: 1,234 events LOST here: 1,200 because the kernel's ring buffer was full, 34 because this client reads too slowly",
        "guidestar: 8 events LOST here: 3 because this client reads too slowly, 5 because the aggregation's buffer was full",
      ]);
      const seen = await terminal(["getevents", "--server-address", address], {
        env: { NO_COLOR: "1" },
      }).outcome;
      assert.match(seen.stdout, /bin\/a\r\n.*LOST here.*\r\n.*bin\/b\r\n.*8 events LOST here/);
      assert.match(seen.stdout, /guidestar: 2 events in \d+\.\d s, 1,242 LOST\r\n$/);
    });
  });
});

describe("the end", () => {
  const one = (call: EventCall) => send(call, exec("/bin/a"));

  test("Ctrl-C ends it in order: exit code 0, and a closing count on a terminal", async () => {
    await withServer({ getEvents: one }, async ({ address }) => {
      const quiet = start(["getevents", "--server-address", address]);
      await quiet.seen("stdout", /bin\/a/);
      quiet.child.kill("SIGINT");
      const outcome = await quiet.outcome;
      assert.deepEqual([outcome.code, outcome.signal, outcome.stderr], [0, null, ""]);
      const shown = terminal(["getevents", "--server-address", address]);
      await shown.seen("stdout", /bin\/a/);
      process.kill(await grandchild(shown.child.pid), "SIGINT");
      const { code, stdout } = await shown.outcome;
      assert.equal(code, 0);
      assert.match(stdout, /guidestar: 1 event in \d+\.\d s, none lost\r\n$/);
    });
  });

  test("Ctrl-C before --count events is an interruption: exit code 130", async () => {
    await withServer({ getEvents: one }, async ({ address }) => {
      const running = start(["getevents", "--server-address", address, "-c", "2"]);
      await running.seen("stdout", /bin\/a/);
      running.child.kill("SIGINT");
      assert.equal((await running.outcome).code, 130);
    });
  });

  test("a reader that goes away ends it quietly", async () => {
    const slow = (call: EventCall) => {
      const timer = setInterval(() => send(call, exec("/bin/a")), 100);
      call.on("cancelled", () => clearInterval(timer));
    };
    for (const getEvents of [slow, endless]) {
      await withServer({ getEvents }, async ({ address }) => {
        const outcome = await shell(
          `guidestar getevents --server-address ${address} | head -1; echo "\${PIPESTATUS[@]}"`,
        );
        assert.match(outcome.stdout, /^\{.*\}\n0 0\n$/);
        assert.equal(outcome.stderr, "");
      });
    }
  });

  test("a full disk is an error", async () => {
    await withServer({ getEvents: endless }, async ({ address }) => {
      const outcome = await shell(`guidestar getevents --server-address ${address} > /dev/full`);
      assert.equal(outcome.code, 1);
      assert.match(outcome.stderr, /^guidestar: cannot write to standard output: .*ENOSPC/);
    });
  });
});

describe("reconnecting", () => {
  test("without --reconnect a broken stream is an error", async () => {
    const breaks = (call: EventCall) => {
      send(call, exec("/bin/a"));
      setTimeout(() => call.emit("error", { code: status.UNAVAILABLE, details: "going down" }), 50);
    };
    await withServer({ getEvents: breaks }, async ({ address }) => {
      const outcome = await run(["getevents", "--server-address", address]);
      assert.equal(outcome.code, 1);
      assert.equal(outcome.stderr, "guidestar: going down\n");
      assert.match(outcome.stdout, /bin\/a/);
    });
  });

  test("a daemon that vanishes and comes back is followed, and the gap is told", async () => {
    const address = socketAddress();
    const first = await startServer({
      address,
      getEvents: (call) => send(call, exec("/bin/first")),
    });
    const flags = ["--reconnect", "--reconnect-wait", "0.05", "-c", "2"];
    const running = start(["getevents", "--server-address", first.address, ...flags]);
    await running.seen("stdout", /bin\/first/);
    first.stop();
    await running.seen("stderr", /no such socket.*; trying again in/);
    const getEvents = (call: EventCall) => {
      call.sendMetadata(new Metadata());
      setTimeout(() => send(call, exec("/bin/second")), 100);
    };
    await withServer({ address, getEvents }, async () => {
      const { code, stdout, stderr } = await running.outcome;
      assert.equal(code, 0);
      assert.match(stdout, /bin\/first.*\n.*bin\/second/);
      assert.match(stderr, /guidestar: connected; the events of the last .* s were not seen\n$/);
    });
  });

  test("waits double, and begin anew once a stream was there", async () => {
    const getEvents = (call: EventCall, callNumber: number) => {
      if (callNumber === 3) call.sendMetadata(new Metadata());
      setTimeout(() => call.emit("error", { code: status.UNAVAILABLE, details: "later" }), 20);
    };
    await withServer({ getEvents }, async ({ address }) => {
      const flags = ["--reconnect", "--reconnect-wait", "0.1"];
      const running = start(["getevents", "--server-address", address, ...flags]);
      await running.seen("stderr", /(.*later.*\n(.*connected.*\n)?){5}/);
      running.child.kill("SIGINT");
      const { code, stderr } = await running.outcome;
      assert.equal(code, 0);
      const waits = [...stderr.matchAll(/trying again in (\S+) s/g)].map(([, wait]) => wait);
      assert.deepEqual(waits.slice(0, 5), ["0.1", "0.2", "0.1", "0.2", "0.4"]);
    });
  });

  test("starts before the daemon does", async () => {
    const address = socketAddress();
    const named = address.replace("unix:", "unix://");
    const flags = ["--reconnect", "--reconnect-wait", "0.05", "-c", "1"];
    const running = start(["getevents", "--server-address", named, ...flags]);
    await running.seen("stderr", /trying again/);
    await withServer({ address, getEvents: (call) => send(call, exec("/bin/a")) }, async () => {
      const { code, stdout } = await running.outcome;
      assert.equal(code, 0);
      assert.match(stdout, /bin\/a/);
    });
  });

  test("Ctrl-C while it waits ends it at once", async () => {
    const flags = ["--reconnect", "--reconnect-wait", "600"];
    const named = socketAddress().replace("unix:", "unix://");
    const running = start(["getevents", "--server-address", named, ...flags]);
    await running.seen("stderr", /trying again in 10 min/);
    running.child.kill("SIGINT");
    assert.equal((await running.outcome).code, 0);
  });
});

function endless(call: EventCall): void {
  let isOver = false;
  call.on("cancelled", () => {
    isOver = true;
  });
  const more = () => {
    for (let n = 0; n < 100 && !isOver; n++) send(call, exec("/bin/a"));
    if (!isOver) setTimeout(more, 1);
  };
  more();
}

function visible(text: string): string {
  return text.replaceAll("\x1b", "␛");
}

function socketAddress(): string {
  return `unix:${join(mkdtempSync(join(tmpdir(), "guidestar-")), "s.sock")}`;
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (let n = 0; !condition(); n++) {
    assert.ok(n < 500, "it never came true");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** `script` runs a shell that runs the command; the last of them is meant. */
async function grandchild(pid: number | undefined): Promise<number> {
  let current = pid ?? 0;
  for (;;) {
    const children = readFileSync(`/proc/${current}/task/${current}/children`, "utf8").trim();
    if (children === "") return current;
    current = Number(children.split(" ")[0]);
  }
}
