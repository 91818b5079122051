import { GuidestarError } from "../errors.js";
import type { PlainError, Replies, Request, ToWorker } from "./messages.js";

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Pairs requests to the worker with its replies. */
export class Requests {
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  send<R extends Request>(
    request: R,
    post: (message: ToWorker) => void,
  ): Promise<Replies[R["type"]]> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      post({ id, request });
    });
  }

  reply(id: number, value: unknown): void {
    this.#take(id)?.resolve(value);
  }

  refuse(id: number, error: PlainError): void {
    this.#take(id)?.reject(errorFrom(error));
  }

  /** Nobody will reply to these any more. */
  rejectAll(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}

/** As it was in the worker, less its cause. */
export function errorFrom({ code, message }: PlainError): GuidestarError {
  return new GuidestarError(code, message);
}
