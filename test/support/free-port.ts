/** Ports for programs that must know their address before they listen. */
import { createServer } from 'node:net';

/** Below the ports that systems hand out by themselves, so that no other server of a test takes one between the search and its use. */
const [first, count] = [12_000, 18_000] as const;
/** Processes start far apart. */
let next = (process.pid * 97) % count;

/** Nobody listens there at the moment, and this process is never given it twice in a row. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + next;
    next = (next + 1) % count;
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
