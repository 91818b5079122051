import type { Server } from "@grpc/grpc-js";
import type { HealthImplementation } from "grpc-health-check";
import { type Adder, addLazily, type LazyMethod } from "./lazyService.js";

type Status = "SERVING" | "NOT_SERVING";

const methods: readonly LazyMethod[] = [
  { path: "/grpc.health.v1.Health/Check", kind: "unary" },
  { path: "/grpc.health.v1.Health/List", kind: "unary" },
  { path: "/grpc.health.v1.Health/Watch", kind: "serverStream" },
];

/** `grpc.health.v1.Health`: the server as a whole, and each of its services. */
export class Health {
  readonly #names: readonly string[];
  #status: Status = "SERVING";
  #loaded: HealthImplementation | undefined;

  constructor(serviceNames: readonly string[]) {
    this.#names = ["", ...serviceNames];
  }

  set(status: Status): void {
    this.#status = status;
    for (const name of this.#names) this.#loaded?.setStatus(name, status);
  }

  addTo(server: Server): void {
    addLazily(server, methods, () => this.#load());
  }

  async #load(): Promise<(adder: Adder) => void> {
    const { HealthImplementation } = await import("grpc-health-check");
    const health = new HealthImplementation();
    this.#loaded = health;
    this.set(this.#status);
    return (adder) => health.addToServer(adder as Server);
  }
}
