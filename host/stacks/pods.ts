/** Pods of cgroups, asked of the main thread once each. */
import { fullContainerId } from "../events/container.js";

const mostKnown = 4096;
const patienceMs = 2000;

interface Question {
  readonly answer: Promise<string>;
  tell(pod: string): void;
}

export class Pods {
  readonly #known = new Map<string, Question>();

  constructor(private readonly ask: (cgroup: string) => void) {}

  /** "" for one that is in no pod, or that nobody tells of in time. */
  of(cgroup: string): Promise<string> {
    if (fullContainerId(cgroup) === "") return Promise.resolve("");
    const known = this.#known.get(cgroup);
    if (known) return known.answer;
    const oldest = this.#known.keys().next().value;
    if (this.#known.size >= mostKnown && oldest !== undefined) this.#known.delete(oldest);
    let tell: Question["tell"] = () => {};
    const answer = new Promise<string>((resolve) => {
      const timer = setTimeout(() => {
        this.#known.delete(cgroup);
        resolve("");
      }, patienceMs);
      tell = (pod) => {
        clearTimeout(timer);
        resolve(pod);
      };
    });
    this.#known.set(cgroup, { answer, tell });
    this.ask(cgroup);
    return answer;
  }

  tell(cgroup: string, pod: string): void {
    this.#known.get(cgroup)?.tell(pod);
  }
}
