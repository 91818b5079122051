import type { Bench } from "./bench.js";
import { bench as delivery } from "./benches/delivery.js";
import { bench as encoder } from "./benches/encoder.js";
import { bench as exporting } from "./benches/export.js";
import { bench as fanOut } from "./benches/fan-out.js";
import { bench as growth } from "./benches/growth.js";
import { bench as hooks } from "./benches/hooks.js";
import { bench as kernel } from "./benches/kernel.js";
import { bench as live } from "./benches/live.js";
import { bench as liveGuest } from "./benches/live-guest.js";
import { bench as plugins } from "./benches/plugins.js";
import { bench as processCache } from "./benches/process-cache.js";
import { bench as samples } from "./benches/samples.js";
import { bench as streamPlugins } from "./benches/stream-plugins.js";

/** In the order of the table. The module of a bench has its name. */
export const benches: readonly Bench[] = [
  delivery,
  encoder,
  fanOut,
  growth,
  plugins,
  samples,
  streamPlugins,
  exporting,
  processCache,
  live,
  hooks,
  kernel,
  liveGuest,
];
