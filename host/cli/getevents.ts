/** `guidestar getevents`: prints events as they happen, or from standard input. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { ExitRequest, exitCodes, UsageError } from "./exit.js";
import type { FilterFlags } from "./getevents/filters.js";
import { isServerNamed, openClient } from "./globals.js";
import { interruption } from "./interrupt.js";
import { type ColorMode, colorModes } from "./text/paint.js";

interface Flags extends FilterFlags {
  readonly output?: "compact" | "json";
  readonly color: ColorMode;
  readonly timestamps?: boolean;
  readonly stackTraces?: boolean;
  readonly count?: number;
  readonly reconnect?: boolean;
  readonly reconnectWait: number;
  readonly live?: boolean;
  readonly aggregate?: boolean;
  readonly aggregateWindow?: string;
  readonly aggregateBuffer?: string;
  readonly plugins?: readonly string[];
  readonly accounts?: boolean;
}

export function register(program: Command): void {
  program
    .command("getevents")
    .summary("print events as they happen")
    .description(
      "Prints events as they happen, or, if standard input is a pipe or a file, the events in it.",
    )
    .optionsGroup("Output:")
    .addOption(
      new Option(
        "-o, --output <format>",
        "one line for people, or one JSON object a line (default: compact on a terminal and for standard input, else json)",
      ).choices(["compact", "json"]),
    )
    .addOption(
      new Option("--color <when>", "colours in compact output; auto obeys NO_COLOR and FORCE_COLOR")
        .choices(colorModes)
        .default("auto"),
    )
    .option("--timestamps", "put the time in front of each compact line")
    .option("--stack-traces", "show stacks that policies asked for below compact lines")
    .option("-c, --count <events>", "stop after that many events", positiveInteger)
    .optionsGroup("Filters (an event must match all flags; values of one flag are alternatives):")
    .option("-e, --event-types <types>", "event types, such as PROCESS_EXEC", words)
    .option("-n, --namespace <names>", "Kubernetes namespaces; '' means outside of pods", words)
    .option("--host", "only what runs outside of pods")
    .option("--namespace-regex <regex>", "Kubernetes namespaces that match", one)
    .option("--container-name <regex>", "containers whose name matches", one)
    .option("--pod <regex>", "names of pods that match", one)
    .option("--labels <selector>", "labels of pods, as 'app=web,tier!=db' or 'env in (a,b)'", one)
    .option("--container-id <ids>", "containers whose id begins so, or matches", words)
    .option("--in-init-tree", "only what descends from the init process of a container")
    .option("--no-in-init-tree", "only what does not, such as docker exec")
    .option("--process <regex>", "binaries that match (RE2 syntax, anywhere in the path)", one)
    .option("--arguments <regex>", "arguments that match", one)
    .option("--parent-binary <regex>", "parents whose binary matches", one)
    .option("--parent-arguments <regex>", "parents whose arguments match", one)
    .option("--ancestor-binary <regex>", "ancestors beyond the parent whose binary matches", one)
    .option(
      "--capabilities <names>",
      "capabilities, as [permitted:|effective:|inheritable:][any:|all:|exactly:|none:]NAMES (default: effective:any:)",
      one,
    )
    .option("--policy-names <names>", "tracing policies that asked for the event", words)
    .option("--functions <names>", "what was called: tcp_connect, write, sched/sched_switch", words)
    .option("--cel-expression <cel>", "a condition in CEL, on the fields that -o json shows", one)
    .option("--pid <pids>", "process ids", words)
    .option("--pid-set <pids>", "process ids and all that descends from them", words)
    .option("--health-check", "only Kubernetes health checks")
    .option("--no-health-check", "no Kubernetes health checks")
    .option("-f, --include-filter <json>", "filters in JSON, or @FILE: any must match", one)
    .option("-F, --exclude-filter <json>", "filters in JSON, or @FILE: none may match", one)
    .addOption(new Option("--namespaces <names>").argParser(words).hideHelp())
    .addOption(new Option("--processes <regexes>").argParser(words).hideHelp())
    .addOption(new Option("--pods <regexes>").argParser(words).hideHelp())
    .optionsGroup("Fields (without them events are shown whole):")
    .option("--include-fields <paths>", "show only these, such as process,parent.pod", words)
    .option("--exclude-fields <paths>", "leave these out", words)
    .option("--field-filters <json>", "field filters in JSON, or @FILE, by event type", one)
    .optionsGroup("Aggregation (one event, with a count, for all of a window that are alike):")
    .option("--aggregate", "aggregate; the two below do, too")
    .option("--aggregate-window <duration>", "length of the windows (default: 15s)")
    .option("--aggregate-buffer <events>", "most different events in a window (default: 10000)")
    .optionsGroup("Plugins:")
    .option(
      "--plugins <plugin...>",
      "send the events through these, for this command only: names, or files and folders (./my-filter)",
      words,
    )
    .option("--accounts", "show at the end what plugins did to events, those of the node too")
    .optionsGroup("Connection:")
    .option("--live", "watch the daemon even if standard input is a pipe")
    .option("--reconnect", "try again when the daemon cannot be reached or the stream breaks")
    .option("--reconnect-wait <seconds>", "before the first new attempt, doubling", seconds, 1)
    .addHelpText("after", help)
    .action(async (flags: Flags, command: Command) => getevents(flags, command));
}

const help = `
Examples:
  guidestar getevents                                  everything, for people
  guidestar getevents -o json | jq .process_exec       one JSON object an event
  guidestar getevents -e PROCESS_EXEC --process /sh$   shells that start
  guidestar getevents --pid-set 4711 --timestamps      one process and its descendants
  guidestar getevents -e PROCESS_KPROBE --aggregate-window 1m
  guidestar getevents --labels app=web --exclude-fields parent,process.pod.labels
  guidestar getevents --capabilities CAP_SYS_ADMIN --no-in-init-tree
  guidestar getevents -F '{"health_check":true}{"namespace":["kube-system"]}'
  guidestar getevents --cel-expression 'process_exit.status > 0u && process_exit.status < 126u'
  guidestar getevents --plugins ./my-filter --accounts  try a plugin where nobody else notices
  guidestar getevents < events.json                    print what -o json has written

JSON filters are objects with any of event_set, pid, pid_set, binary_regex, arguments_regex,
parent_binary_regex, parent_arguments_regex, ancestor_binary_regex, namespace, namespace_regex,
pod_regex, container_name_regex, labels, container_id, in_init_tree, capabilities, health_check,
policy_names, function_names and cel_expression; several may follow one another. All fields of one
object must match, and any value of a list. Flags narrow every object given with -f.

Expressions in CEL (https://cel.dev) see the event under the name of its kind, and all other kinds
empty; what an expression asks for and an event does not have makes it not match. Besides what CEL
has there are ip(), isIP(), cidr(), isCIDR(), .containsIP(), .containsCIDR(), .prefixLength(),
.family(), .isLoopback(), .isUnspecified() and .isLinkLocal(), all of texts.

JSON field filters are objects with fields ("process.pid,parent"), action (INCLUDE or EXCLUDE),
event_set and invert_event_set. A field is shown if every INCLUDE filter for its type of event names
it and no EXCLUDE filter does.

Standard input: a pipe, socket or file is read for events, JSON objects as -o json prints them; a
terminal or /dev/null is not. Programs that start others often leave an empty pipe there (cron, CI,
ssh): add --live. Naming the daemon with --server-address implies it.

Lost events are reported on standard error, at the place where they are missing.
Ctrl-C ends the command with exit code 0, or 130 if --count events were not yet printed or
standard input was not yet at its end.`;

async function getevents(flags: Flags, command: Command): Promise<void> {
  const { filterLists } = await import("./getevents/filters.js");
  const { checkFilters } = await import("./getevents/checkFilters.js");
  const { stdinMayHaveEvents, replayStdin } = await import("./getevents/stdin.js");
  const { EventPrinter } = await import("./getevents/printer.js");
  const { LineWriter } = await import("./output.js");

  const filters = filterLists(flags);
  await checkFilters(filters);
  const aggregation = await aggregationOf(flags);
  const needsDaemon = flags.plugins !== undefined || flags.accounts;
  const isLive =
    flags.live || flags.reconnect || needsDaemon || isServerNamed(command) || !stdinMayHaveEvents();
  const printer = new EventPrinter(new LineWriter(), {
    output: flags.output ?? (process.stdout.isTTY || !isLive ? "compact" : "json"),
    color: flags.color,
    timestamps: flags.timestamps ?? false,
    stackTraces: flags.stackTraces ?? false,
    count: flags.count,
  });
  const stop = interruption();
  if (isLive) {
    const { follow } = await import("./getevents/follow.js");
    await follow({
      open: () => openClient(command),
      request: { ...filters, ...aggregation, ...(flags.accounts && { plugin_accounts: true }) },
      plugins: flags.plugins ?? [],
      printer,
      reconnectWaitMs: flags.reconnect ? flags.reconnectWait * 1000 : undefined,
      stop,
    });
  } else {
    if (aggregation.aggregation_options) throw new UsageError(onlyLive);
    const { localFilter } = await import("./getevents/localFilter.js");
    await replayStdin({ printer, filter: localFilter(filters), stop });
  }
  await printer.out.drained();
  // The terminal has shown ^C without a newline.
  if (stop.aborted && process.stderr.isTTY) process.stderr.write("\n");
  await printer.tellAccounts();
  printer.tellCounts();
  const isCutShort = stop.aborted && (!isLive || flags.count !== undefined) && !printer.isDone;
  if (isCutShort) throw new ExitRequest(exitCodes.interrupted);
}

const onlyLive =
  "--aggregate works on the events of a daemon, and these come from standard input; to watch the daemon instead, add --live";

async function aggregationOf({ aggregate, aggregateWindow, aggregateBuffer }: Flags) {
  if (!aggregate && aggregateWindow === undefined && aggregateBuffer === undefined) return {};
  const { aggregationOptions } = await import("./aggregationFlags.js");
  const flags = ["--aggregate-window", "--aggregate-buffer"] as const;
  return {
    aggregation_options: aggregationOptions(aggregateWindow, flags[0], aggregateBuffer, flags[1]),
  };
}

/** Collects the values of a flag that is given several times. */
function one(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** Like `one`, with commas between values as well. */
function words(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(",").map((word) => word.trim())];
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a whole number from 1 on.");
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= 3600) return value;
  throw new InvalidArgumentError("It must be a number of seconds up to 3600.");
}
