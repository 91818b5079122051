import { LOG_ERROR, LOG_INFO, LOG_WARNING } from "./abi";
import { log as hostLog } from "./guidestar";

/** One line each in the plugin's log, which the host bounds in length and number. */
export namespace log {
  export function info(message: string): void {
    write(LOG_INFO, message);
  }

  export function warning(message: string): void {
    write(LOG_WARNING, message);
  }

  export function error(message: string): void {
    write(LOG_ERROR, message);
  }
}

function write(level: i32, message: string): void {
  const bytes = String.UTF8.encode(message, false, String.UTF8.ErrorMode.REPLACE);
  hostLog(level, changetype<usize>(bytes), bytes.byteLength);
}
