import { lstatSync, mkdirSync, type Stats, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname } from "node:path";
import { GuidestarError } from "../errors.js";

/**
 * Binds a server to a unix socket that only its owner may connect to, from the moment it exists.
 * Makes its directory if there is none. Replaces the socket of a dead daemon, and nothing else.
 */
export async function bindUnixSocket(server: Server, path: string): Promise<void> {
  makeDirectory(path);
  const present = await presentSocket(path);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(explain(error, path)));
    // From here to the bind, nothing else in this process runs: Node binds within listen().
    if (present !== undefined) unlinkSame(path, present);
    const umask = process.umask(0o177);
    try {
      server.listen({ path }, () => resolve());
    } finally {
      process.umask(umask);
    }
  });
}

function makeDirectory(path: string): void {
  const directory = dirname(path);
  try {
    // Others may see that there is a socket; the socket itself keeps them out.
    mkdirSync(directory, { recursive: true, mode: 0o755 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isDenied = code === "EACCES" || code === "EPERM" || code === "EROFS";
    throw new GuidestarError(
      isDenied ? "PERMISSION_DENIED" : "FAILED_PRECONDITION",
      isDenied
        ? `cannot listen at unix://${path}: no permission to make the directory ${directory}; run as root, or choose another place with --listen`
        : `cannot listen at unix://${path}: cannot make the directory ${directory}: ${message}`,
      { cause: error },
    );
  }
}

/** The socket file of a dead daemon, if there is one. Rejects if the path cannot be taken. */
async function presentSocket(path: string): Promise<Stats | undefined> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (!stats.isSocket()) {
    throw new GuidestarError(
      "FAILED_PRECONDITION",
      `cannot listen at unix://${path}: there is a file that is no socket; remove it, or choose another path with --listen`,
    );
  }
  const code = await connectError(path);
  if (code === "ECONNREFUSED" || code === "ENOENT") return stats;
  throw new GuidestarError(
    code === "EACCES" ? "PERMISSION_DENIED" : "FAILED_PRECONDITION",
    code === "EACCES"
      ? `cannot listen at unix://${path}: another user's socket is there; choose another path with --listen`
      : `cannot listen at unix://${path}: a daemon is already running there; stop it, or choose another path with --listen`,
  );
}

/** Why nobody answers at the socket; undefined: somebody does. */
function connectError(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
  });
}

/** Unless another daemon has put its own there meanwhile. */
function unlinkSame(path: string, { dev, ino }: Stats): void {
  const now = lstatSync(path, { throwIfNoEntry: false });
  if (now?.dev === dev && now.ino === ino) unlinkSync(path);
}

function explain(error: NodeJS.ErrnoException, path: string): GuidestarError {
  const isDenied = error.code === "EACCES" || error.code === "EPERM";
  const why =
    error.code === "EADDRINUSE"
      ? "a daemon is already running there; stop it, or choose another path with --listen"
      : isDenied
        ? "no permission to make a socket there; run as root, or choose another place with --listen"
        : error.message;
  return new GuidestarError(
    isDenied ? "PERMISSION_DENIED" : "FAILED_PRECONDITION",
    `cannot listen at unix://${path}: ${why}`,
    { cause: error },
  );
}
