/** The stack trace trees that policies have: each is there as long as its policy, enabled or not. */
import type { fgs } from "../../../proto/generated/api.js";
import { GuidestarError } from "../../errors.js";
import type { PolicySpec, TreeSpec } from "../../policy/hookSpec.js";
import type { TreeNumbers } from "../../stacks/collector.js";
import type { StackTrees } from "../../stacks/stackTrees.js";
import { type TreeCommons, TreeMaps } from "../hook/treeMaps.js";

export interface TreeStatus extends TreeNumbers, TreeSpec {
  readonly policy: string;
}

export interface PolicyTreesOptions {
  /** Asked when there is the first tree. */
  commons(): TreeCommons;
  readonly stacks: StackTrees;
}

interface Owned {
  readonly policy: string;
  readonly maps: TreeMaps;
}

export class PolicyTrees {
  readonly #trees = new Map<string, Owned>();

  constructor(private readonly options: PolicyTreesOptions) {}

  /** All trees of a policy or none; before its hooks are loaded. `ALREADY_EXISTS` names one that is another's. */
  async add({ name: policy, hooks }: PolicySpec): Promise<void> {
    const specs = new Map(hooks.flatMap(({ tree }) => (tree ? [[tree.name, tree]] : [])));
    for (const name of specs.keys()) {
      const other = this.#trees.get(name)?.policy;
      if (other === undefined) continue;
      const message = `policy ${policy}: the stack trace tree ${name} already exists, policy ${other} has it; give this one another name`;
      throw new GuidestarError("ALREADY_EXISTS", message);
    }
    try {
      for (const spec of specs.values()) await this.#add(policy, spec);
    } catch (error) {
      await this.drop(policy);
      throw error;
    }
  }

  /** Forgets the trees of a policy, after its hooks are gone. */
  async drop(policy: string): Promise<void> {
    for (const [name, { policy: owner, maps }] of this.#trees) {
      if (owner !== policy) continue;
      this.#trees.delete(name);
      await this.options.stacks.remove(name);
      maps.close();
    }
  }

  mapsOf(name: string): TreeMaps | undefined {
    return this.#trees.get(name)?.maps;
  }

  read(name: string): Promise<fgs.StackTraceNode.$Properties> {
    return this.options.stacks.read(name);
  }

  async list(): Promise<readonly TreeStatus[]> {
    const numbers = await this.options.stacks.numbers();
    return Array.from(this.#trees.values(), ({ policy, maps: { spec } }) => ({
      policy,
      ...spec,
      ...(numbers[spec.name] ?? nothing),
    }));
  }

  /** Twice does no harm. */
  async close(): Promise<void> {
    await this.options.stacks.close();
    for (const { maps } of this.#trees.values()) maps.close();
    this.#trees.clear();
  }

  async #add(policy: string, spec: TreeSpec): Promise<void> {
    const maps = new TreeMaps(spec, this.options.commons());
    try {
      await this.options.stacks.add(maps.init);
      this.#trees.set(spec.name, { policy, maps });
    } catch (error) {
      maps.close();
      throw error;
    }
  }
}

const nothing: TreeNumbers = { counted: 0, lost: 0, unseen: 0, cut: 0, nodes: 0 };
