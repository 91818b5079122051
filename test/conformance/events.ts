/** Events of the stage's descendants as they come over gRPC, in order, each as a plain object. */
import type { EventStream } from "../../host/api/client.js";
import { fgs } from "../../proto/generated/api.js";
import type { SeenEvent, WireProcess } from "./case.js";

export class StageEvents {
  readonly #iterator: AsyncIterator<fgs.GetEventsResponse>;

  constructor(
    stream: EventStream,
    readonly stagePid: number,
  ) {
    this.#iterator = stream[Symbol.asyncIterator]();
  }

  /** All up to the exit of that child of the stage, which is not among them. */
  async until(markPid: number): Promise<{ events: SeenEvent[]; mark: SeenEvent }> {
    const events: SeenEvent[] = [];
    for (;;) {
      const { value, done } = await this.#iterator.next();
      if (done === true) throw new Error("the stream ended in the middle of a case");
      const event = plainEvent(value as fgs.GetEventsResponse);
      if (event === undefined || !this.#isOurs(event)) continue;
      const isMark = event.type === "exit" && event.process.pid.value === markPid;
      if (isMark && event.parent?.pid.value === this.stagePid) return { events, mark: event };
      events.push(event);
    }
  }

  #isOurs({ parent, ancestors }: SeenEvent): boolean {
    return [parent, ...ancestors].some((one) => one?.pid.value === this.stagePid);
  }
}

function plainEvent(response: fgs.GetEventsResponse): SeenEvent | undefined {
  const plain = fgs.GetEventsResponse.toObject(response, { longs: String, enums: Number });
  const { process_exec: exec, process_exit: exit, time } = plain;
  const body = exec ?? exit;
  if (body === undefined) return undefined;
  return {
    type: exec === undefined ? "exit" : "exec",
    process: body.process as WireProcess,
    parent: body.parent as WireProcess | undefined,
    ancestors: (body.ancestors ?? []) as WireProcess[],
    status: exit?.status ?? 0,
    signal: exit?.signal ?? "",
    timeNs: BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanos ?? 0),
  };
}
