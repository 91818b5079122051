import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { toJson } from "../../../host/json/protojson.js";
import { type Event, exec, exit, kprobe } from "./support/events.js";
import { run, shell, start, terminal } from "./support/run.js";
import { type EventCall, send, startServer } from "./support/server.js";

const json = (event: Event) => toJson("fgs.GetEventsResponse", event);
const events = [
  exec("/bin/sh", "-c true"),
  kprobe("__x64_sys_setuid", [{ int_arg: 0 }]),
  exit("/bin/sh", 3),
];
const lines = `${events.map(json).join("\n")}\n`;
const compact = [
  "🚀 process node-1 /bin/sh -c true",
  "🔑 setuid  node-1 /usr/bin/curl 0",
  "💥 exit    node-1 /bin/sh 3",
  "",
].join("\n");

describe("events on standard input", () => {
  test("are printed in compact form, from a pipe and from a file", async () => {
    assert.deepEqual(await run(["getevents"], { stdin: lines }), {
      code: 0,
      signal: null,
      stdout: compact,
      stderr: "",
    });
    const file = temporary(lines);
    assert.equal((await shell(`guidestar getevents < ${file}`)).stdout, compact);
    assert.equal((await shell(`cat ${file} | guidestar getevents`)).stdout, compact);
  });

  test("go through unchanged as JSON, one a line, with fields that this client does not know", async () => {
    const known = json(exec("/bin/sh"));
    const newer = '{\n  "process_lsm": {\n    "x": "a b"\n  },\n  "big": 123456789012345678901\n}';
    const { code, stdout, stderr } = await run(["getevents", "-o", "json"], {
      stdin: `${known}\n${newer}${known}`,
    });
    assert.equal(code, 0);
    assert.equal(
      stdout,
      `${known}\n{"process_lsm":{"x":"a b"},"big":123456789012345678901}\n${known}\n`,
    );
    assert.equal(stderr, "");
  });

  test("are not aggregated", async () => {
    const { code, stdout, stderr } = await run(["getevents", "--aggregate"], { stdin: lines });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /--aggregate works on the events of a daemon.*--live/);
  });

  test("are filtered by the same flags", async () => {
    const outputOf = async (...flags: string[]) =>
      (await run(["getevents", ...flags], { stdin: lines })).stdout;
    const [first, second, third] = compact.split("\n").map((line) => `${line}\n`);
    assert.equal(await outputOf("-e", "PROCESS_EXIT"), third);
    assert.equal(await outputOf("--process", "curl$"), second);
    assert.equal(await outputOf("-F", '{"event_set":["PROCESS_EXIT","PROCESS_KPROBE"]}'), first);
    assert.equal(await outputOf("--pid", "41"), "");
    assert.equal(await outputOf("--arguments", "^-c"), first);
    assert.equal(await outputOf("--no-in-init-tree", "--processes", "curl,nope"), second);
    assert.equal(await outputOf("-c", "2"), `${first}${second}`);
  });

  test("lose the fields that are not wanted", async () => {
    const newer = '{"process_exec":{"process":{"binary":"/b","cwd":"/","newer":1}}}\n';
    const { stdout, stderr } = await run(
      ["getevents", "-o", "json", "--exclude-fields", "process.cwd,parent"],
      { stdin: newer },
    );
    assert.equal(stdout, '{"process_exec":{"process":{"binary":"/b"}}}\n');
    assert.match(
      stderr,
      /passed over 1 field that this client does not know: process_exec.process/,
    );
  });

  test("that are none are told with their place and passed over, with exit code 1", async () => {
    const stdin = `level=info\n${json(exec("/bin/a"))}\n{"process_exec":{"process":{"pid":"x"}}}\n{"node_name":"cut\n${json(exec("/bin/b"))}\n{`;
    const { code, stdout, stderr } = await run(["getevents"], { stdin });
    assert.equal(code, 1);
    assert.equal(stdout, "🚀 process node-1 /bin/a\n🚀 process node-1 /bin/b\n");
    assert.deepEqual(stderr.trim().split("\n"), [
      "guidestar: standard input, line 1, column 1: 'level' is no JSON value",
      'guidestar: standard input, line 3, column 35: "process_exec.process.pid" takes a whole number from 0 to 4294967295, not the string "x"',
      "guidestar: standard input, line 4, column 14: the string is not closed",
      "guidestar: standard input, line 6, column 2: the text ends before the closing '}'",
      "guidestar: 4 pieces of standard input could not be read as events",
    ]);
  });

  test("that are endless rubbish are told ten times and then counted", async () => {
    const { code, stderr } = await run(["getevents"], { stdin: "rubbish\n".repeat(50) });
    assert.equal(code, 1);
    assert.equal(stderr.trim().split("\n").length, 12);
    assert.match(stderr, /further bad lines are only counted\nguidestar: 50 pieces/);
  });

  test("with unknown fields are printed, and the fields are named once", async () => {
    const stdin = '{"process_exec":{"process":{"binary":"/b","tid":1}}}\n'.repeat(3);
    const { code, stdout, stderr } = await run(["getevents"], { stdin });
    assert.equal(code, 0);
    assert.equal(stdout, "🚀 process /b\n".repeat(3));
    assert.equal(
      stderr,
      "guidestar: passed over 1 field that this client does not know: process_exec.process.tid\n",
    );
  });

  test("tell where the export's rate limit left events out", async () => {
    const info =
      '{"rate_limit_info":{"number_of_dropped_process_events":1234},"node_name":"n","time":"2026-01-31T12:01:00Z"}\n';
    const stdin = `${json(exec("/bin/a"))}\n${info}${json(exec("/bin/b"))}\n`;
    const shown = await run(["getevents"], { stdin });
    assert.equal(shown.code, 0);
    assert.equal(shown.stdout, "🚀 process node-1 /bin/a\n🚀 process node-1 /bin/b\n");
    assert.equal(
      shown.stderr,
      "guidestar: 1,234 events left out here by the export's rate limit\n",
    );
    const kept = await run(["getevents", "-o", "json", "--process", "/bin/b"], { stdin });
    assert.equal(kept.stdout, `${info}${json(exec("/bin/b"))}\n`);
    assert.equal(kept.stderr, "");
  });

  test("what getevents -o json prints is what getevents reads", async () => {
    const server = await startServer({
      getEvents: (call: EventCall) => {
        send(call, ...events);
        call.end();
      },
    });
    const outcome = await shell(
      `guidestar getevents --server-address ${server.address} -o json | guidestar getevents`,
    );
    server.stop();
    assert.equal(outcome.stdout, compact);
  });

  test("end quietly when the reader goes away", async () => {
    const file = temporary(lines.repeat(20_000));
    const headed = await shell(
      `cat ${file} | guidestar getevents | head -1; echo \${PIPESTATUS[1]}`,
    );
    assert.equal(headed.stdout, `${compact.split("\n")[0]}\n0\n`);
    assert.equal(headed.stderr, "");
  });

  test("end on Ctrl-C with exit code 130: there might have been more", async () => {
    const running = start(["getevents"], { stdin: lines, isStdinLeftOpen: true });
    await running.seen("stdout", /exit/);
    running.child.kill("SIGINT");
    const { code, stdout, stderr } = await running.outcome;
    assert.deepEqual([code, stdout, stderr], [130, compact, ""]);
  });
});

describe("where events come from", () => {
  const one = (call: EventCall) => {
    send(call, exec("/bin/live"));
    call.end();
  };

  test("an empty file has no events, and an empty pipe is an error that says what to do", async () => {
    const file = temporary("");
    assert.deepEqual(await shell(`guidestar getevents < ${file}`), {
      code: 0,
      signal: null,
      stdout: "",
      stderr: "",
    });
    const empty = await shell("true | guidestar getevents");
    assert.equal(empty.code, 1);
    assert.equal(
      empty.stderr,
      "guidestar: no events on standard input, which is an empty pipe; to watch the daemon instead, add --live\n",
    );
  });

  test("/dev/null, a closed input, --live and --server-address mean the daemon", async () => {
    const server = await startServer({ getEvents: one });
    const env = { GUIDESTAR_SERVER: server.address };
    for (const commandLine of [
      "guidestar getevents < /dev/null",
      "guidestar getevents <&-",
      "true | guidestar getevents --live",
      "yes | guidestar getevents --live",
      `true | guidestar getevents --server-address ${server.address}`,
    ]) {
      const { code, stdout, stderr } = await shell(commandLine, { env });
      assert.deepEqual([code, stderr], [0, ""], commandLine);
      assert.match(stdout, /\/bin\/live/, commandLine);
    }
    const onTerminal = await terminal(["getevents"], { env }).outcome;
    server.stop();
    assert.match(onTerminal.stdout, /\/bin\/live/);
  });

  test("a pipe that stays silent is waited for, and it says so", async () => {
    const running = await shell(`{ sleep 8; cat ${temporary(lines)}; } | guidestar getevents`);
    assert.equal(running.code, 0);
    assert.equal(running.stdout, compact);
    assert.equal(
      running.stderr,
      "guidestar: waiting for events on standard input, which is a pipe; to watch the daemon instead, add --live\n",
    );
  });
});

function temporary(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "events-")), "events.json");
  writeFileSync(file, text);
  return file;
}
