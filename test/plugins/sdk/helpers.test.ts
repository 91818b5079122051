import assert from "node:assert/strict";
import { isIP } from "node:net";
import { before, test } from "node:test";
import fc from "fast-check";
import type { Event } from "../../../host/events/model.js";
import type { PluginChain } from "../../../host/plugins/chain.js";
import { Scene } from "../../host/plugins/events.js";
import { chainOf, compilePlugin } from "../../host/plugins/testPlugin.js";

const globs = ["/usr/*/bin", "/usr/**/bin", "**", "*", "/a?c", "**/*.so*", "", "/tmp/**"];
const networks = ["10.0.0.0/8", "192.168.1.5", "fe80::/10", "2001:db8::1/128", "0.0.0.0/32"];

/** All helpers in one plugin: one takes a while to compile. The binary is what they are asked. */
const source = `
  import { annotate, Counters, Event, Glob, IpSet, isIp, PrefixSet, Rate, RateLimit, TopK, Verdict,
    Window, LOCAL_NETWORKS, SECOND, TextSet } from "guidestar";
  import { total } from "rt/tcms";
  const GLOBS = [${globs.map((glob) => `new Glob("${glob}")`).join(", ")}];
  const NETWORKS = new IpSet(${JSON.stringify(networks)});
  const LOCAL = new IpSet(LOCAL_NETWORKS);
  const PREFIXES = new PrefixSet(["/usr/", "/bin/"]);
  const SET = new TextSet(["/usr/bin/known"]);
  const counters = new Counters(3);
  const top = new TopK(2);
  const limit = new RateLimit(2, 3);
  const rate = new Rate(SECOND);
  const window = new Window(10 * SECOND);
  export function onEvent(event: Event): Verdict {
    const text = event.process.binary;
    const mode = event.process.cwd;
    if (mode.equals("/garbage")) {
      const before = total;
      let found = 0;
      for (let n = 0; n < GLOBS.length; n++) found += i32(GLOBS[n].matches(text));
      found += i32(NETWORKS.has(text)) + i32(isIp(text)) + i32(PREFIXES.has(text)) + i32(SET.has(text));
      found += i32(counters.add(text)) + i32(counters.get(text)) + i32(limit.allows(event.timeNs));
      found += i32(text.contains("usr")) + i32(text.basename.endsWith("n")) + i32(text.slice(1).startsWith("u"));
      found += i32(event.process.arguments.length) + i32(event.process.uid);
      rate.add(event.timeNs);
      top.add(text);
      window.moveTo(event.timeNs);
      annotate("text", text);
      annotate("made", u32(total - before).toString() + " " + i32(found > 0).toString());
      return Verdict.Keep;
    }
    if (mode.equals("/count")) {
      annotate("count", counters.add(text));
      top.add(text);
      const order = top.order();
      let list = "";
      for (let n = 0; n < order.length; n++) {
        list += top.keyAt(order[n]) + "=" + top.countAt(order[n]).toString() + " ";
      }
      annotate("top", list);
      annotate("overflow", counters.overflow);
      return Verdict.Keep;
    }
    if (mode.equals("/rate")) {
      annotate("allowed", limit.allows(event.timeNs));
      rate.add(event.timeNs);
      annotate("rate", Math.round(rate.perSecond(event.timeNs) * 100) / 100);
      annotate("over", window.moveTo(event.timeNs));
      return Verdict.Keep;
    }
    let matched = "";
    for (let n = 0; n < GLOBS.length; n++) matched += GLOBS[n].matches(text) ? "1" : "0";
    annotate("globs", matched);
    annotate("ip", isIp(text));
    annotate("network", NETWORKS.has(text));
    annotate("local", LOCAL.has(text));
    annotate("prefix", PREFIXES.indexOf(text));
    return Verdict.Keep;
  }`;

let bytes: Uint8Array;
let chain: PluginChain;
before(async () => {
  bytes = await compilePlugin(source);
  chain = await chainOf([bytes]);
});

function ask(on: PluginChain, texts: readonly string[], cwd = "/", timesNs?: readonly bigint[]) {
  const scene = new Scene();
  const events: Event[] = texts.map((text, n) => {
    const event = scene.exec(scene.process(text, undefined, { cwd }));
    return timesNs ? { ...event, timeNs: timesNs[n] as bigint } : event;
  });
  on.run(events);
  assert.equal(on.list()[0]?.counts.failed, 0);
  return events.map((event) =>
    Object.fromEntries(
      [...(event.annotations ?? [])].map(([key, value]) => [key.replace("probe.", ""), value]),
    ),
  );
}

/** What a glob means, as a regular expression. */
function expression(glob: string): RegExp {
  const parts = glob.split(/(\*\*|\*|\?)/).map((part) => {
    if (part === "**") return "[^]*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`);
}

test("globs match what they say, for any path", () => {
  const part = fc.constantFrom("/", "usr", "bin", "a", "b", "c", "lib.so", ".1", "tmp", "x");
  const path = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.array(path, { minLength: 1, maxLength: 60 }), (paths) => {
      const answers = ask(chain, paths);
      for (const [n, one] of paths.entries()) {
        const expected = globs.map((glob) => (expression(glob).test(one) ? "1" : "0")).join("");
        assert.equal(answers[n]?.globs, expected, JSON.stringify(one));
      }
    }),
    { numRuns: 100 },
  );
});

test("addresses are told from other texts, and networks from one another", () => {
  const group = fc.constantFrom("0", "1", "ff", "fe80", "2001", "db8", "12345", "g", "");
  const odd = fc.array(fc.oneof(group, fc.constantFrom(":", "::", ".", "1.2.3.4", "256")), {
    maxLength: 9,
  });
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    odd.map((parts) => parts.join(":")),
    odd.map((parts) => parts.join("")),
    odd.map((parts) => parts.join(".")),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 60 }), (texts) => {
      for (const [n, answer] of ask(chain, texts).entries()) {
        assert.equal(answer.ip, `${isIP(texts[n] as string) !== 0}`, texts[n]);
      }
    }),
    { numRuns: 100, examples: [[["01.2.3.4", "1.2.3.010", "0.0.0.0", "00.0.0.0"]]] },
  );
  const inside = [
    "10.255.0.1",
    "192.168.1.5",
    "fe80::1",
    "febf::1:2",
    "2001:db8::1",
    "::ffff:10.1.1.1",
    "0.0.0.0",
  ];
  const outside = ["11.0.0.1", "192.168.1.6", "fec0::1", "2001:db8::2", "0.0.0.1", "10.0.0", "::"];
  assert.deepEqual(
    ask(chain, [...inside, ...outside]).map(({ network }) => network),
    [...inside.map(() => "true"), ...outside.map(() => "false")],
  );
  assert.deepEqual(
    ask(chain, ["127.0.0.1", "::1", "172.31.255.255", "8.8.8.8", "172.32.0.0", "2606:4700::1"]).map(
      ({ local }) => local,
    ),
    ["true", "true", "true", "false", "false", "false"],
  );
  assert.deepEqual(
    ask(chain, ["/usr/bin", "/bin/x", "/binary", ""]).map(({ prefix }) => prefix),
    ["0", "1", "-1", "-1"],
  );
});

test("counters and the most frequent stay within their bounds", async () => {
  const own = await chainOf([bytes]);
  const answers = ask(own, ["a", "b", "a", "c", "d", "a", "d"], "/count");
  assert.deepEqual(
    answers.map(({ count }) => count),
    ["1", "1", "2", "1", "0", "3", "0"],
  );
  assert.equal(answers.at(-1)?.overflow, "2");
  // d took the place of c, which had taken that of b: its count may be too high by what they had.
  assert.equal(answers.at(-1)?.top, "d=4 a=3 ");
});

test("limits, rates and windows go by the time of the events", async () => {
  const own = await chainOf([bytes]);
  const second = 1_000_000_000n;
  const start = 1_800_000_000n * second;
  const times = [0n, 0n, 0n, 0n, 500_000_000n, second, 10n * second, 11n * second].map(
    (at) => start + at,
  );
  const answers = ask(own, Array(times.length).fill("x"), "/rate", times);
  assert.deepEqual(
    answers.map(({ allowed }) => allowed),
    ["true", "true", "true", "false", "true", "true", "true", "true"],
  );
  assert.deepEqual(
    answers.map(({ over }) => over),
    ["false", "false", "false", "false", "false", "false", "true", "false"],
  );
  assert.equal(answers[3]?.rate, "2.77");
  assert.equal(answers[5]?.rate, "2.57");
});

test("nothing is allocated unless a string is asked for", async () => {
  const own = await chainOf([bytes]);
  // What is new once is copied once; from then on nothing is.
  const texts = ["/usr/bin/known", "10.1.2.3"];
  ask(own, texts, "/garbage");
  const answers = ask(own, [...texts.slice(0, 1), ...texts.slice(0, 1)], "/garbage");
  assert.deepEqual(
    answers.map(({ made }) => made),
    ["0 1", "0 1"],
  );
});
