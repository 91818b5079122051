import { Counter, Gauge, type Registry } from "prom-client";

type Labels = Readonly<Record<string, string>>;

/** One value, or one for each set of labels. */
export type Values = number | readonly (readonly [Labels, number])[];

/** Takes the values that hold now; series that are not among them are gone. */
export type Instrument = (values: Values) => void;

export type Kind = "counter" | "gauge";

/**
 * A metric whose values are counted elsewhere, and only shown here. Its name gets our prefix; that of
 * a counter must end in `_total`.
 */
export function instrument(
  registry: Registry,
  kind: Kind,
  name: string,
  help: string,
  labelNames: readonly string[] = [],
): Instrument {
  const options = { name: `guidestar_${name}`, help, labelNames, registers: [registry] };
  const metric = kind === "counter" ? new Counter(options) : new Gauge(options);
  return (values) => {
    metric.reset();
    if (typeof values === "number") metric.inc(values);
    else for (const [labels, value] of values) metric.inc(labels, value);
  };
}
