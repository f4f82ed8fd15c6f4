/**
 * Password hashes: Argon2id in the PHC string format. This file makes them, checks them, and takes over those of other
 * systems. `HashingQueue.cost` defines the work per hash.
 */
import { argon2id, hash, verify } from 'argon2';
import { type HashingCost, type HashingQueue, owaspHashingCost } from '../shared/hashing-queue.ts';

/** Limits for a foreign hash, because a verification must not overload the machine (KiB, passes, lanes). */
const ceiling = { memoryCost: 262_144, timeCost: 16, parallelism: 16 } as const;

/** The longest password (bytes of UTF-8 after normalisation). */
const maxBytes = 1024;

/** Salt and tag of a hash that matches no known password. */
const dummyTail = 'hyA87eMsEiNKm0nwji4e7A$f83DD5wQ7vJYfDp9WEgyiOo9p07rI1VK1o2Dc7eileQ';

export interface ForeignHash {
  /** The hash in stored form. */
  readonly hash: string;
  /** It was made with less work than `cost`, so it is replaced at the next sign-in. */
  readonly weak: boolean;
}

/**
 * The bytes to hash: NFC (NIST SP 800-63B-4 section 3.1.1.2), UTF-8, never truncated. Undefined if the text cannot be a
 * password, because it is empty, longer than 1024 bytes, or not well-formed (ill-formed texts would all become the same
 * bytes).
 */
export function passwordBytes(text: string): Buffer | undefined {
  if (text === '' || text.length > maxBytes || !text.isWellFormed()) return undefined;
  const bytes = Buffer.from(text.normalize('NFC'), 'utf8');
  return bytes.length > maxBytes ? undefined : bytes;
}

/**
 * Hashes a new password. Rejects with `RangeError` if it cannot be a password (see `passwordBytes`), and with
 * `StepgateError('busy')` if the queue is full.
 */
export async function hashPassword(queue: HashingQueue, text: string): Promise<string> {
  const bytes = passwordBytes(text);
  if (bytes === undefined) throw new RangeError('a password must be well-formed text of 1 to 1024 bytes');
  return queue.run(() => hash(bytes, { ...queue.cost, type: argon2id }));
}

/**
 * Checks a password. Without a usable stored hash it does the same work on a hash that no password matches, and returns
 * false.
 */
export async function checkPassword(queue: HashingQueue, stored: unknown, bytes: Buffer): Promise<boolean> {
  const known = typeof stored === 'string' && readHash(stored) !== undefined;
  const matches = await queue.run(() => verify(known ? stored : dummyHash(queue.cost), bytes));
  return known && matches;
}

/** The hash to check if there is no stored one. It needs as much work as a real hash. */
function dummyHash({ memoryCost, timeCost, parallelism }: HashingCost): string {
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${dummyTail}`;
}

/** The stored hash was made with less work than `cost`, which new ones need. */
export function isWeakHash(stored: string, cost?: HashingCost): boolean {
  return readHash(stored, cost)?.weak ?? true;
}

const phc =
  /^\$argon2id\$v=19\$(?<parameters>[mtp]=\d{1,10},[mtp]=\d{1,10},[mtp]=\d{1,10})\$(?<salt>[A-Za-z0-9+/]{11,86})\$(?<tag>[A-Za-z0-9+/]{22,171})$/;

/**
 * Reads an Argon2id hash (version 1.3) of any system, with parameters in the order m,t,p or m,p,t, and returns it in
 * the order m,t,p, which every implementation reads. Undefined for another algorithm, a damaged hash, or one that needs
 * more than 256 MiB, 16 passes or 16 lanes.
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
