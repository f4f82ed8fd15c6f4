/**
 * What two nodes write while a fault goes on, and what must be found afterwards. The documents have the keys of those
 * of the product.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { oneDay } from '../../../src/core/model/durations.ts';
import { keyOf } from '../../../src/stores/key-table.ts';
import { openRedis } from '../../../src/stores/redis/redis.ts';
import { slotOf } from '../../../src/stores/redis/slots.ts';
import type { Op, Store } from '../../../src/stores/store.ts';
import type { Lab } from './topology.ts';

const effects = ['code', 'refresh token', 'TOTP step', 'password', 'suspension', 'sign-out', 'logout notice'] as const;
type Effect = (typeof effects)[number];

export interface WorkloadResult {
  readonly acknowledged: number;
  /** Answered that it is not known whether it counted. */
  readonly refused: number;
  /** Acknowledged, and not there at the end. */
  readonly lost: readonly string[];
  /** Acknowledged more than once. */
  readonly twice: readonly string[];
  /** The longest time between two acknowledgements (seconds). */
  readonly gap: number;
}

/** One thing that is done once. */
interface Deed {
  readonly effect: Effect;
  readonly name: string;
  readonly key: string;
  /** What is there at the beginning. Default: `key`. */
  readonly before?: string;
  /** The first of several who send them succeeds; all others are refused. */
  readonly ops: readonly Op[];
  /** Whether what was done is still there. */
  readonly isThere: (entry: Awaited<ReturnType<typeof entryOf>>) => boolean;
  /** Who does it. Default: both. */
  readonly nodes?: readonly number[];
  acknowledged: number;
  /** In doubt, or acknowledged: presented again at the end. */
  isTried: boolean;
}

/** Between two deeds (milliseconds). Each is presented to both nodes. */
const interval = 25;

export class Workload {
  readonly #lab: Lab;
  readonly #nodes: readonly [Store, Store];
  readonly #times: number[] = [];
  #deeds: Deed[] = [];
  #refused = 0;
  #isOver = false;
  #running: Promise<void> = Promise.resolve();

  constructor(lab: Lab) {
    this.#lab = lab;
    this.#nodes = [openRedis({ url: lab.url }), openRedis({ url: lab.url })];
  }

  /** Writes the documents, so that all servers have them, then begins. `seconds`: how long there is enough to do. */
  async start(seconds: number): Promise<void> {
    const count = Math.ceil((seconds * 1000) / interval);
    this.#deeds = Array.from({ length: count }, (_, number) => newDeed(number));
    const before = this.#deeds.map(
      ({ key, before: first = key }): Op => ({ op: 'put', key: first, value: 'before', ttl: oneDay }),
    );
    for (let at = 0; at < before.length; at += 200)
      await eventually(() => this.#store(0).commit(before.slice(at, at + 200)));
    await eventually(() => this.#store(0).commit([{ op: 'put', key: keyIn('user', 'barrier'), value: 'all' }]));
    this.#times.push(performance.now());
    this.#running = this.#run();
  }

  /** When what began after `since` (milliseconds, monotonic) was acknowledged first; `undefined`: nothing was. */
  acknowledgedAfter(since: number): number | undefined {
    return this.#times.find((time) => time > since);
  }

  async #run(): Promise<void> {
    const underWay = new Set<Promise<unknown>>();
    for (const one of this.#deeds) {
      if (this.#isOver) break;
      const { nodes = [0, 1] } = one;
      const both = Promise.all(nodes.map((node) => this.#present(one, this.#store(node))));
      underWay.add(both);
      void both.finally(() => underWay.delete(both));
      await pause(interval);
    }
    await Promise.allSettled(underWay);
  }

  async #present(deed: Deed, store: Store): Promise<void> {
    const began = performance.now();
    deed.isTried = true;
    try {
      if (!(await store.commit(deed.ops)).ok) return;
      deed.acknowledged += 1;
      this.#times.push(began);
    } catch {
      this.#refused += 1;
    }
  }

  /** Ends the writing, presents everything once more through a node that has just started, and looks. */
  async finish(): Promise<WorkloadResult> {
    this.#isOver = true;
    await this.#running;
    const end = performance.now();
    const late = openRedis({ url: this.#lab.url });
    try {
      const done = this.#deeds.filter(({ acknowledged }) => acknowledged > 0);
      const lost: string[] = [];
      await inGroups(done, async (deed) => {
        const entry = await eventually(() => entryOf(late, deed.key));
        if (!deed.isThere(entry)) lost.push(deed.name);
      });
      const tried = this.#deeds.filter(({ isTried }) => isTried);
      await inGroups(tried, async (deed) => {
        const { ok } = await late.commit(deed.ops).catch(() => ({ ok: false }));
        if (ok) deed.acknowledged += 1;
      });
      const twice = this.#deeds.filter(({ acknowledged }) => acknowledged > 1).map(({ name }) => name);
      const times = [...this.#times, end].sort((a, b) => a - b);
      const gap = Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? time)));
      return { acknowledged: done.length, refused: this.#refused, lost, twice, gap: gap / 1000 };
    } finally {
      await Promise.all([late.close(), ...this.#nodes.map((store) => store.close())]);
    }
  }

  #store(node: number): Store {
    return this.#nodes[node] ?? this.#nodes[0];
  }
}

/** Each effect in turn. */
function newDeed(number: number): Deed {
  const effect = effects[number % effects.length] ?? 'code';
  const rest = { effect, name: `${effect} ${number}`, acknowledged: 0, isTried: false };
  const isConsumed: Deed['isThere'] = (entry) => entry?.consumed !== undefined;
  const isChanged: Deed['isThere'] = (entry) => entry?.value === 'after';
  switch (effect) {
    case 'code': {
      const key = keyIn('authorization-code', number);
      return { ...rest, key, ops: [{ op: 'consume', key }], isThere: isConsumed };
    }
    case 'refresh token': {
      const key = keyIn('refresh-token', number);
      const successor: Op = {
        op: 'put',
        key: keyIn('refresh-token', `successor ${number}`),
        value: 'new',
        ttl: oneDay,
      };
      return { ...rest, key, ops: [{ op: 'consume', key }, successor], isThere: isConsumed };
    }
    case 'sign-out': {
      const key = keyIn('sso-session', number);
      return { ...rest, key, ops: [{ op: 'take', key }], isThere: (entry) => entry === undefined };
    }
    case 'logout notice': {
      // By one node alone: each announces its own sign-out, also one that another was faster with.
      const [key, before] = [keyIn('sso-session', `notice ${number}`), sessionElsewhere(number)];
      const ops: readonly Op[] = [
        { op: 'take', key: before },
        { op: 'put', key, value: 'after', ttl: oneDay, ahead: true },
      ];
      return { ...rest, key, before, ops, nodes: [number % 2], isThere: isChanged };
    }
    case 'suspension': {
      const key = keyIn('user', number);
      return { ...rest, key, ops: [{ op: 'replace', key, version: 1, value: 'after' }], isThere: isChanged };
    }
    default: {
      // The step that was used and the hash of the password are in the credentials; both compare and swap.
      const key = keyIn('credentials', number);
      return { ...rest, key, ops: [{ op: 'replace', key, version: 1, value: 'after' }], isThere: isChanged };
    }
  }
}

/** A key in the slots of the first of three masters. */
function keyIn(kind: Parameters<typeof keyOf>[0], name: string | number): string {
  for (let salt = 0; ; salt += 1) {
    const key = keyOf(kind, `${name}-${salt}`.replaceAll(' ', '-'));
    if (slotOf(key) < 5_000) return key;
  }
}

/** The session that ends has its slot at another master than the notice of it, where all is well. */
function sessionElsewhere(number: number): string {
  for (let salt = 0; ; salt += 1) {
    const key = keyOf('sso-session', `${number}-${salt}`);
    if (slotOf(key) >= 6_000) return key;
  }
}

async function entryOf(store: Store, key: string) {
  return (await store.load([key])).entries.get(key);
}

/** Many at a time, as a store that waits for a dead replica takes half a second for each. */
async function inGroups<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 200) await Promise.all(items.slice(at, at + 200).map(act));
}

/** How long a lab may take until it answers at all (milliseconds). */
const patience = 90_000;

async function eventually<T>(act: () => Promise<T>): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(100);
    }
  }
}
