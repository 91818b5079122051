/** What `guidestar status` prints. */
import { fgs, type guidestar } from "../../../proto/generated/api.js";
import { toNumber } from "../../api/numbers.js";
import { countsText, pluginTitle } from "../plugin/columns.js";
import type { Status } from "../status.js";
import { printable } from "../text/printable.js";
import { counted, grouped, spanText } from "../text/units.js";

export function isRunning({ health }: Status): boolean {
  const entries = health.health_status;
  const running = fgs.HealthStatusResult.HEALTH_STATUS_RUNNING;
  return entries.length > 0 && entries.every(({ status }) => status === running);
}

/** `{"health_status":[…],"node":{…},"plugins":[…]}`; the last two only from a guidestar. */
export async function statusJson({ health, node, plugins }: Status): Promise<string> {
  const { toJson } = await import("../../json/protojson.js");
  const members = [toJson("fgs.GetHealthStatusResponse", health).slice(1, -1)];
  if (node !== undefined) {
    members.push(`"node":${toJson("guidestar.GetStatusResponse", node)}`);
    members.push(toJson("guidestar.ListPluginsResponse", { plugins }).slice(1, -1));
  }
  return `{${members.filter((member) => member !== "").join(",")}}`;
}

export function statusText(status: Status): string {
  const lines = status.health.health_status.map(
    (entry) => `Health Status: ${printable(entry.details || healthName(entry.status))}`,
  );
  if (lines.length === 0) lines.push("Health Status: unknown");
  if (status.node !== undefined) lines.push(...nodeLines(status.node, status.plugins));
  return lines.join("\n");
}

function healthName(status: fgs.HealthStatusResult | null | undefined): string {
  const name = fgs.HealthStatusResult[status ?? 0] ?? String(status);
  return name.replace("HEALTH_STATUS_", "").toLowerCase();
}

type Node = guidestar.GetStatusResponse;

function nodeLines(node: Node, plugins: Status["plugins"]): string[] {
  const { pipeline, process_cache: cache } = node;
  const of = (value: Parameters<typeof toNumber>[0]) => grouped(toNumber(value));
  const lines = [
    row(
      "Node",
      `${printable(node.node_name)}, guidestar ${printable(node.version)}, ${uptime(node)}`,
    ),
    row("Source", `${printable(node.source)}, scope ${printable(node.scope)}`),
    row(
      "Events",
      `${of(pipeline?.seen)} seen = ${of(pipeline?.kept)} kept + ${of(pipeline?.dropped)} dropped by plugins; newest is number ${of(pipeline?.sequence)}`,
    ),
    row("Lost", lostText(pipeline)),
    row(
      "Processes",
      `${of(cache?.size)} known, ${of(cache?.misses)} asked for and not known, ${of(cache?.evictions)} evicted${sweptText(cache)}`,
    ),
    ...(node.file_export ? exportLines(node.file_export) : []),
    ...containerLines(node),
    row("Plugins", plugins.length === 0 ? "none" : String(plugins.length)),
    ...plugins.map(
      (plugin) => `  ${pluginTitle(plugin)} ${countsText(plugin.counts)}${failure(plugin)}`,
    ),
    row("Streams", node.streams.length === 0 ? "none" : String(node.streams.length)),
    ...node.streams.map(
      ({ id, peer, sent, queued, lost, lost_aggregation }) =>
        `  #${id ?? 0} ${printable(peer ?? "")}: ${of(sent)} sent, ${of(queued)} waiting, ${of(lost)} lost by reading too slowly${fullBuffer(lost_aggregation)}`,
    ),
  ];
  return lines;
}

function exportLines(file: guidestar.FileExport.$Properties): string[] {
  const of = (value: Parameters<typeof toNumber>[0]) => grouped(toNumber(value));
  const lost = [
    `${of(file.lost_queue_full)} because the disk is too slow`,
    `${of(file.lost_write_failed)} because it could not be written`,
    `${of(file.rate_limited)} over the rate limit${fullBuffer(file.lost_aggregation)}`,
  ].join(", ");
  const counts = `${of(file.written)} events written, ${of(file.queued)} waiting`;
  return [
    row("Export", `${printable(file.file ?? "")}: ${counts}; lost ${lost}`),
    ...(file.failure ? [`  NOTHING CAN BE WRITTEN: ${printable(file.failure)}`] : []),
  ];
}

/** Only where it happened: most streams are not aggregated. */
function fullBuffer(lost: Parameters<typeof toNumber>[0]): string {
  const count = toNumber(lost);
  return count === 0 ? "" : `, ${grouped(count)} because the aggregation's buffer was full`;
}

/** Nothing about containers if they are not looked up. */
function containerLines({ containers }: Node): string[] {
  if (!containers) return [];
  const of = (value: Parameters<typeof toNumber>[0]) => grouped(toNumber(value));
  const { runtime, known, lookups, unknown, failures, timeouts } = containers;
  const asked = `${of(lookups)} lookups: ${of(unknown)} unknown, ${of(failures)} failed`;
  const late = `${of(containers.released_late)} sent without pod after ${counted(toNumber(timeouts), "timeout")}`;
  return [
    row(
      "Containers",
      `${runtime ? "runtime there" : "no runtime there"}, ${of(known)} known, ${asked}`,
    ),
    row(
      "Pods",
      `${of(containers.hits)} hits, ${of(containers.misses)} misses; events: ${of(containers.held)} waiting, ${of(containers.held_total)} ever waited, ${late}, ${of(containers.overflowed)} because too many waited`,
    ),
  ];
}

function row(title: string, text: string): string {
  return `${`${title}:`.padEnd(15)}${text}`;
}

function uptime({ started }: Node): string {
  if (!started) return "up for an unknown time";
  const startedMs = toNumber(started.seconds) * 1000 + (started.nanos ?? 0) / 1e6;
  return `up ${spanText(Math.max(0, Date.now() - startedMs))}`;
}

/** Every kind of loss there is, so that a zero can be believed. */
function lostText(pipeline: Node["pipeline"]): string {
  const of = (value: Parameters<typeof toNumber>[0]) => grouped(toNumber(value));
  return [
    `${of(pipeline?.lost_ring)} in the kernel's ring buffer${ofProcesses(pipeline)}`,
    `${of(pipeline?.malformed)} not decodable`,
    ...(toNumber(pipeline?.unknown_hook) > 0
      ? [`${of(pipeline?.unknown_hook)} of unknown hooks`]
      : []),
    `${counted(toNumber(pipeline?.table_full), "process", "processes")} without room in the kernel's table`,
    `${counted(toNumber(pipeline?.read_failed), "failed read")} in the kernel`,
  ].join(", ");
}

/** Room is kept for these, so one is worth a word. */
function ofProcesses(pipeline: Node["pipeline"]): string {
  const count = toNumber(pipeline?.lost_ring_process);
  return count > 0 ? ` (${grouped(count)} of processes)` : "";
}

/** Only where it happened: it takes lost records. */
function sweptText(cache: Node["process_cache"]): string {
  const swept = toNumber(cache?.swept) + toNumber(cache?.table_swept);
  const completed = toNumber(cache?.completed);
  return [
    completed > 0 ? `, ${grouped(completed)} completed from /proc` : "",
    swept > 0 ? `, ${grouped(swept)} swept out that had ended unseen` : "",
  ].join("");
}

function failure({ failure: reason }: guidestar.Plugin.$Properties): string {
  return reason ? `; OUT OF THE CHAIN: ${printable(reason)}` : "";
}
