/**
 * Password hashes: Argon2id in the PHC string format. One way to make them, one to check them, one to take over those
 * of other systems. How much work a hash is stands in `HashingQueue.cost`.
 */
import { argon2id, hash, verify } from 'argon2';
import { type HashingCost, type HashingQueue, owaspHashingCost } from '../shared/hashing-queue.ts';

/** Above these a foreign hash is refused: a verification must not take the machine (KiB, passes, lanes). */
const ceiling = { memoryCost: 262_144, timeCost: 16, parallelism: 16 } as const;

/** Longest password, in bytes of UTF-8 after normalisation. */
const maxBytes = 1024;

/** Salt and tag of a hash that no known password has. */
const dummyTail = 'hyA87eMsEiNKm0nwji4e7A$f83DD5wQ7vJYfDp9WEgyiOo9p07rI1VK1o2Dc7eileQ';

export interface ForeignHash {
  /** The hash as we store it. */
  readonly hash: string;
  /** Made with less work than `cost`: it is replaced at the next sign-in. */
  readonly weak: boolean;
}

/**
 * The bytes that are hashed: NFC (NIST SP 800-63B-4 section 3.1.1.2), UTF-8, all of it, never cut. `undefined`: this
 * cannot be a password, because it is empty, longer than 1024 bytes, or not well-formed (ill-formed ones would all
 * become the same bytes).
 */
export function passwordBytes(text: string): Buffer | undefined {
  if (text === '' || text.length > maxBytes || !text.isWellFormed()) return undefined;
  const bytes = Buffer.from(text.normalize('NFC'), 'utf8');
  return bytes.length > maxBytes ? undefined : bytes;
}

/**
 * Hashes a new password. Rejects with `RangeError` when it cannot be one (see `passwordBytes`), with
 * `StepgateError('busy')` when the queue is full.
 */
export async function hashPassword(queue: HashingQueue, text: string): Promise<string> {
  const bytes = passwordBytes(text);
  if (bytes === undefined) throw new RangeError('a password must be well-formed text of 1 to 1024 bytes');
  return queue.run(() => hash(bytes, { ...queue.cost, type: argon2id }));
}

/**
 * Checks a password. Without a usable stored hash it does the same work on a hash that no password fits, and returns
 * false.
 */
export async function checkPassword(queue: HashingQueue, stored: unknown, bytes: Buffer): Promise<boolean> {
  const known = typeof stored === 'string' && readHash(stored) !== undefined;
  const matches = await queue.run(() => verify(known ? stored : dummyHash(queue.cost), bytes));
  return known && matches;
}

/** What is checked when there is nothing to check: as much work as a real hash. */
function dummyHash({ memoryCost, timeCost, parallelism }: HashingCost): string {
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${dummyTail}`;
}

/** The stored hash was made with less work than `cost`, which new ones get. */
export function isWeakHash(stored: string, cost?: HashingCost): boolean {
  return readHash(stored, cost)?.weak ?? true;
}

const phc =
  /^\$argon2id\$v=19\$(?<parameters>[mtp]=\d{1,10},[mtp]=\d{1,10},[mtp]=\d{1,10})\$(?<salt>[A-Za-z0-9+/]{11,86})\$(?<tag>[A-Za-z0-9+/]{22,171})$/;

/**
 * Reads an Argon2id hash (version 1.3) of any system: parameters in the order m,t,p or m,p,t. Comes back in the order
 * m,t,p, which every implementation reads. `undefined`: another algorithm, damaged, or more expensive than 256 MiB, 16
 * passes, 16 lanes.
 */
export function readHash(text: string, cost: HashingCost = owaspHashingCost): ForeignHash | undefined {
  const groups = phc.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const costs = new Map(groups.parameters?.split(',').map((pair) => [pair.slice(0, 1), Number(pair.slice(2))]));
  const { m = 0, t = 0, p = 0 } = Object.fromEntries(costs);
  const possible = p >= 1 && t >= 1 && m >= 8 * p && costs.size === 3;
  if (!possible || m > ceiling.memoryCost || t > ceiling.timeCost || p > ceiling.parallelism) return undefined;
  return {
    hash: `$argon2id$v=19$m=${m},t=${t},p=${p}$${groups.salt}$${groups.tag}`,
    weak: m < cost.memoryCost || t < cost.timeCost,
  };
}
