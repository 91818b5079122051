import type { Event } from "../events/model.js";
import { PluginChain, type PluginChainOptions } from "../plugins/chain.js";
import type { ActivePlugin, PluginSetup } from "../plugins/prepared.js";

/** The plugins that one GetEvents call named: what they do shows on its stream, and nowhere else. */
export class StreamPlugins {
  private constructor(private readonly chain: PluginChain) {}

  /** Starts them afresh. Rejects with a `GuidestarError` if one does not start; if `lenient`, it is out of action. */
  static async start(
    setups: readonly PluginSetup[],
    options: PluginChainOptions,
    firstSequence: number,
    lenient: boolean,
  ): Promise<StreamPlugins> {
    const chain = new PluginChain({ ...options, isOfStream: true });
    chain.arrange(await chain.loadAll(setups, lenient), firstSequence);
    return new StreamPlugins(chain);
  }

  /** What is left of the events that the stream wants, and what the plugins made of them. */
  run(events: readonly Event[]): Event[] {
    // Copies: other streams have the same events, and these may be annotated.
    const kept = this.chain.run(events.map(copyOf));
    const made = this.chain.takeMade();
    return made.length === 0 ? kept : [...kept, ...made];
  }

  /** Calls those whose time has come; what they made. */
  tick(isLast: boolean): Event[] {
    this.chain.tick(isLast);
    return this.chain.takeMade();
  }

  list(): ActivePlugin[] {
    return this.chain.list();
  }
}

/** Of the same kind as the event, whatever class that has, with annotations of its own. */
function copyOf(event: Event): Event {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(event)) as Event, event);
  copy.annotations = event.annotations && new Map(event.annotations);
  return copy;
}
