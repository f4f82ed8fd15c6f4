/** Which replicas must have a write before it is acknowledged: the rule alone, without connections or a clock. */

/** Says which replicas count. An address is `ip:port`. */
export interface ReplicaRule {
  /**
   * How many replicas must have what is written at this master. 0: there is none to wait for. `undefined`: not
   * known yet.
   */
  needed(master: string, now: number): number | undefined;
  /** Who must have a write and does not, in words; empty: the write is safe. */
  missing(write: ReplicatedWrite, now: number): readonly string[];
  /** The operator's declaration: until then (milliseconds, monotonic) all replicas may be excused, also the last. */
  standAloneUntil(end: number): void;
}

export interface ReplicatedWrite {
  readonly master: string;
  /** The end of the write in the stream of the replication. */
  readonly offset: number;
  /** The replicas that are attached, and up to where each has acknowledged the stream. */
  readonly acknowledged: ReadonlyMap<string, number>;
}

/** What one sentinel says of a master and its replicas. */
export interface SentinelView {
  /** When it said so (milliseconds, monotonic). */
  readonly at: number;
  readonly master: string;
  /** `master`, and what speaks against it, separated by commas. */
  readonly flags: string;
  /** Every other node that it lists, and for how long it has called it down (milliseconds; 0: it does not). */
  readonly downFor: ReadonlyMap<string, number>;
  /** How many sentinels it knows, itself included. */
  readonly sentinels: number;
}

/** How old what a sentinel says may be (milliseconds). */
export const freshFor = 1_000;
/**
 * How long the sentinels must agree before a node is excused (milliseconds). After a promotion some still name the old
 * master for up to two seconds, with nothing against it: a single clean answer proves nothing.
 */
export const quiet = 10_000;

/**
 * The rule with Sentinel: all nodes that any sentinel ever listed, except those that the sentinels excuse. They do when
 * a majority answers and all that answer have called the node down for ten seconds, and for as long have named our
 * master, without dispute. An excused node counts again as soon as it is attached; all count again on a dispute. The
 * last one is excused by the operator's declaration only: a stale node could be promoted after a master that was alone.
 */
export class SentinelRule implements ReplicaRule {
  readonly #views = new Map<string, SentinelView>();
  /** Only grows: who is not listed any more is not excused. */
  readonly #nodes = new Set<string>();
  readonly #excused = new Set<string>();
  #agreed: { readonly master: string; readonly since: number } | undefined;
  #aloneUntil = Number.NEGATIVE_INFINITY;

  /** `sentinel` tells them apart. */
  observe(sentinel: string, view: SentinelView): void {
    this.#views.set(sentinel, view);
    this.#nodes.add(view.master);
    for (const node of view.downFor.keys()) this.#nodes.add(node);
    this.look(view.at);
  }

  /** To be called also when no sentinel answers, as silence ends the agreement. */
  look(now: number): void {
    const views = this.#fresh(now);
    const [first] = views;
    const agree =
      first !== undefined && isMajority(views) && views.every((v) => v.master === first.master && v.flags === 'master');
    if (!agree) this.#dispute();
    else if (this.#agreed?.master !== first.master) {
      this.#dispute();
      this.#agreed = { master: first.master, since: now };
    }
  }

  /** A majority must have spoken once: fewer may not list all. */
  isKnown(): boolean {
    return isMajority([...this.#views.values()]);
  }

  standAloneUntil(end: number): void {
    this.#aloneUntil = end;
  }

  needed(master: string, now: number): number | undefined {
    return this.isKnown() ? this.#required(master, now).length : undefined;
  }

  missing({ master, offset, acknowledged }: ReplicatedWrite, now: number): readonly string[] {
    for (const attached of acknowledged.keys()) this.#excused.delete(attached);
    return this.#required(master, now).filter((node) => (acknowledged.get(node) ?? -1) < offset);
  }

  #required(master: string, now: number): readonly string[] {
    this.look(now);
    const others = [...this.#nodes].filter((node) => node !== master);
    if (this.#agreed?.master !== master || now - this.#agreed.since < quiet) return others;
    const views = this.#fresh(now);
    for (const node of others)
      if (views.every((view) => (view.downFor.get(node) ?? 0) >= quiet)) this.#excused.add(node);
    const required = others.filter((node) => !this.#excused.has(node));
    return required.length === 0 && now >= this.#aloneUntil ? others : required;
  }

  #dispute(): void {
    this.#agreed = undefined;
    this.#excused.clear();
  }

  #fresh(now: number): readonly SentinelView[] {
    return [...this.#views.values()].filter((view) => now - view.at < freshFor);
  }
}

function isMajority(views: readonly SentinelView[]): boolean {
  return views.length > Math.max(1, ...views.map((view) => view.sentinels)) / 2;
}

/**
 * The rule without Sentinel: as many replicas as were ever attached at once. Nothing that is said excuses one; a
 * replaced one has another address, so that they are counted and not named. By the operator's declaration only those
 * count that are attached.
 */
export class AttachedRule implements ReplicaRule {
  #most: number | undefined;
  #attached = 0;
  #aloneUntil = Number.NEGATIVE_INFINITY;

  /** `attached`: how many the master lists. */
  observe(attached: number): void {
    this.#attached = attached;
    this.#most = Math.max(this.#most ?? 0, attached);
  }

  standAloneUntil(end: number): void {
    this.#aloneUntil = end;
  }

  needed(_me: string, now: number): number | undefined {
    return now < this.#aloneUntil ? this.#attached : this.#most;
  }

  missing({ master, offset, acknowledged }: ReplicatedWrite, now: number): readonly string[] {
    this.observe(acknowledged.size);
    const kept = [...acknowledged.values()].filter((acked) => acked >= offset).length;
    const needed = this.needed(master, now) ?? 0;
    return kept < needed ? [`${needed - kept} of ${needed} replicas`] : [];
  }
}
