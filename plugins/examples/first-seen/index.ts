import {
  Event,
  GlobSet,
  kv,
  log,
  Process,
  raise,
  SECOND,
  Settings,
  Severity,
  Verdict,
} from "guidestar";

let learnNs: u64 = 0;
let host: bool = false;
let ignore = new GlobSet([]);
/** What the host keeps, so that it is asked once for each pair. */
const known = new Set<string>();
let isFull: bool = false;

export function onSettings(settings: Settings): void {
  learnNs = <u64>settings.integer("learnSeconds") * SECOND;
  host = settings.boolean("host");
  ignore = new GlobSet(settings.texts("ignore"));
}

export function onEvent(event: Event): Verdict {
  const process = event.process;
  const image = imageOf(process);
  if (image == "" || ignore.matches(process.binary)) return Verdict.Keep;
  const key = keyOf(image, process);
  if (known.has(key)) return Verdict.Keep;
  if (known.size < 20_000) known.add(key);
  if (kv.get(key) !== null) return Verdict.Keep;
  const started = learningSince(image, event.timeNs);
  if (!kv.set(key, "1")) tellFull();
  if (event.timeNs < started + learnNs) return Verdict.Keep;
  const name = process.binary.basename.toString();
  raise(Severity.Medium, "first-seen", name + " is new in containers of " + image)
    .with("image", image)
    .with("binary", process.binary)
    .with("container", process.docker);
  return Verdict.Keep;
}

/** "": it is not to be looked at. */
function imageOf(process: Process): string {
  const pod = process.pod;
  if (pod && !pod.imageName.isEmpty) return pod.imageName.toString();
  if (!process.docker.isEmpty) return "container " + process.docker.toString();
  return host ? "the host" : "";
}

/** Keys have at most 256 bytes: of long ones the end tells most. */
function keyOf(image: string, process: Process): string {
  const key = image + "\n" + process.binary.toString();
  return key.length > 200 ? key.substring(key.length - 200) : key;
}

function learningSince(image: string, timeNs: u64): u64 {
  const key = "since " + (image.length > 200 ? image.substring(image.length - 200) : image);
  const since = kv.getNumber(key, 0);
  if (since > 0) return since;
  kv.setNumber(key, timeNs);
  return timeNs;
}

function tellFull(): void {
  if (isFull) return;
  isFull = true;
  log.warning(
    "the host keeps no more for this plugin: what is new is reported again after a restart",
  );
}
