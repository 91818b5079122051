/** A DNS message as one line: `📖 dns NODE BINARY [NAMES] => [ADDRESSES]`, and what went wrong. */
import type { fgs } from "../../../proto/generated/api.js";
import type { Paint } from "../text/paint.js";
import { printable } from "../text/printable.js";
import type { Parts } from "./parts.js";

export function dnsParts(dns: fgs.DnsInfo.$Properties, paint: Paint): Parts {
  const { names, ips, rcode, problem } = dns;
  const details = [
    paint.cyan(`${list(names)} => ${list(ips)}`),
    rcode ? paint.red(rcodeName(rcode)) : "",
    problem ? paint.red(`(malformed: ${printable(problem)})`) : "",
  ];
  return { emoji: "📖", name: "dns", details: details.filter((text) => text !== "") };
}

/** As the registry of DNS parameters calls them. */
const rcodes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

const rcodeName = (rcode: number): string => rcodes[rcode] ?? `rcode ${rcode}`;

function list(items: readonly string[] | null | undefined): string {
  return `[${(items ?? []).map(printable).join(" ")}]`;
}
