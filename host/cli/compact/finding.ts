/** A finding of a plugin as one line: `🚨 finding NODE BINARY high PLUGIN/NAME: MESSAGE {key=value}`. */
import { fgs } from "../../../proto/generated/api.js";
import type { Paint } from "../text/paint.js";
import { printable, printableWord } from "../text/printable.js";
import type { Parts } from "./parts.js";

const { FindingSeverity } = fgs;

export function findingParts(finding: fgs.Finding.$Properties, paint: Paint): Parts {
  const { plugin, name, message, attributes } = finding;
  const number = finding.severity ?? FindingSeverity.FINDING_SEVERITY_UNDEF;
  const severity = severityText(number);
  const colour = number >= FindingSeverity.FINDING_SEVERITY_HIGH ? paint.red : paint.yellow;
  const details = [
    colour(severity),
    paint.cyan(printable(`${plugin ?? ""}/${name ?? ""}: ${message ?? ""}`)),
    paint.yellow(attributesText(attributes)),
  ];
  return { emoji: "🚨", name: "finding", details: details.filter((text) => text !== "") };
}

/** `high` of FINDING_SEVERITY_HIGH; what this client does not know, as a number. */
function severityText(severity: number): string {
  const name = FindingSeverity[severity];
  if (name === undefined) return `severity ${severity}`;
  return name.replace("FINDING_SEVERITY_", "").toLowerCase();
}

function attributesText(attributes: { readonly [key: string]: string } | null | undefined) {
  const entries = Object.entries(attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return "";
  const words = entries.map(([key, value]) => `${printableWord(key)}=${printableWord(value)}`);
  return `{${words.join(", ")}}`;
}
