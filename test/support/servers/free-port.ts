/** Ports for programs that must know their address before they listen. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Below the ports that systems hand out by themselves, so that no other server or connection of a test takes one
 * between the search and its use. Linux begins at 32768, the sandboxes of some container hosts (gVisor) at 16000.
 */
const [first, count] = [7_000, 9_000] as const;
/** Processes start far apart. */
let next = (process.pid * 97) % count;

/**
 * One file for each port that was given out, with the id of the process that has it. All suites on this machine share
 * them.
 */
const taken = process.env.STEPGATE_TEST_PORTS ?? join(tmpdir(), 'stepgate-test-ports');

/**
 * No process listens there at the moment, and no other process is given it while this one runs. The same holds for the
 * next one, where the relying party of a demo listens.
 */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(2);
  return port as number;
}

/** So many ports in a row, each as `freePort` gives it. */
export async function freePorts(length: number): Promise<readonly number[]> {
  mkdirSync(taken, { recursive: true, mode: 0o777 });
  for (;;) {
    const ports = Array.from({ length }, () => nextPort());
    const inARow = ports.every((port, index) => port === (ports[0] as number) + index);
    if (inARow && ports.every(reserve) && (await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
  }
}

function nextPort(): number {
  const port = first + next;
  next = (next + 1) % count;
  return port;
}

/** False when another process that still runs has it. */
function reserve(port: number): boolean {
  const file = join(taken, String(port));
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!isRunning(ownerOf(file))) forget(file);
    return false;
  }
}

/**
 * Removes the reservation of a process that has ended. Another process may have done so first and may have reserved the
 * port anew: such a file is put back.
 */
function forget(file: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (isRunning(ownerOf(aside))) linkSync(aside, file);
  } catch {
    // Another process was quicker.
  }
  rmSync(aside, { force: true });
}

/** `undefined`: the file is gone, or not written yet. */
function ownerOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number | undefined): boolean {
  if (pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** On loopback alone and on every address: a server of a test may listen either way. */
async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port));
}

function canListen(port: number, host?: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host }, () => server.close(() => resolve(true)));
  });
}
