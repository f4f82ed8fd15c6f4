/**
 * Which replicas must have a write before it is acknowledged. This is the rule alone, without connections or a clock.
 */

/** Decides which replicas count. An address is `ip:port`. */
export interface ReplicaRule {
  /**
   * How many replicas must have a write of this master. 0 if there is none to wait for, undefined while this is
   * unknown.
   */
  needed(master: string, now: number): number | undefined;
  /** Descriptions of the replicas that must have the write and do not. Empty if the write is safe. */
  missing(write: ReplicatedWrite, now: number): readonly string[];
  /**
   * Applies the operator's declaration: until `end` (milliseconds, monotonic) all replicas may be excused, even the
   * last one.
   */
  standAloneUntil(end: number): void;
}

export interface ReplicatedWrite {
  readonly master: string;
  /** The position of the end of the write in the replication stream. */
  readonly offset: number;
  /** The attached replicas, with the position that each has acknowledged. */
  readonly acknowledged: ReadonlyMap<string, number>;
}

/** What one sentinel reports about a master and its replicas. */
export interface SentinelView {
  /** When it was reported (milliseconds, monotonic). */
  readonly at: number;
  readonly master: string;
  /** `master` and any problem flags, separated by commas. */
  readonly flags: string;
  /** Every other node in its list, with how long it has been reported as down (milliseconds; 0 if it is not). */
  readonly downFor: ReadonlyMap<string, number>;
  /** How many sentinels it knows, including itself. */
  readonly sentinels: number;
}

/** How old a sentinel's report may be (milliseconds). */
export const freshFor = 1_000;
/**
 * How long the sentinels must agree before a node is excused (milliseconds). After a promotion some name the old master
 * for up to two more seconds without any flag against it, so a single clean answer proves nothing.
 */
export const quiet = 10_000;

/**
 * The rule for Sentinel. Every node that any sentinel ever listed counts, unless the sentinels excuse it. They excuse
 * it if a majority answers, and all that answer have reported the node as down for ten seconds, and for as long have
 * named our master, without dispute. An excused node counts again as soon as it is attached, and in a dispute all nodes
 * count again. The last replica can be excused only by the operator's declaration, because a stale node could be
 * promoted after a master that was alone.
 */
export class SentinelRule implements ReplicaRule {
  readonly #views = new Map<string, SentinelView>();
  /** This set only grows: a node that is no longer listed is not excused. */
  readonly #nodes = new Set<string>();
  readonly #excused = new Set<string>();
  #agreed: { readonly master: string; readonly since: number } | undefined;
  #aloneUntil = Number.NEGATIVE_INFINITY;

  /** `sentinel`: identifies the sentinel. */
  observe(sentinel: string, view: SentinelView): void {
    this.#views.set(sentinel, view);
    this.#nodes.add(view.master);
    for (const node of view.downFor.keys()) this.#nodes.add(node);
    this.look(view.at);
  }

  /** Must also be called when no sentinel answers, because silence ends the agreement. */
  look(now: number): void {
    const views = freshOf(this.#views.values(), now);
    const [first] = views;
    const agree =
      first !== undefined && isMajority(views) && views.every((v) => v.master === first.master && v.flags === 'master');
    if (!agree) this.#dispute();
    else if (this.#agreed?.master !== first.master) {
      this.#dispute();
      this.#agreed = { master: first.master, since: now };
    }
  }

  /** A majority must have answered once: fewer may not list all nodes. */
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
    const views = freshOf(this.#views.values(), now);
    for (const node of others)
      if (views.every((view) => (view.downFor.get(node) ?? 0) >= quiet)) this.#excused.add(node);
    const required = others.filter((node) => !this.#excused.has(node));
    return required.length === 0 && now >= this.#aloneUntil ? others : required;
  }

  #dispute(): void {
    this.#agreed = undefined;
    this.#excused.clear();
  }
}

/** The views that are recent enough to excuse a replica. */
export function freshOf<View extends { readonly at: number }>(views: Iterable<View>, now: number): readonly View[] {
  return [...views].filter((view) => now - view.at < freshFor);
}

function isMajority(views: readonly SentinelView[]): boolean {
  return views.length > Math.max(1, ...views.map((view) => view.sentinels)) / 2;
}

/**
 * The rule without Sentinel: as many replicas count as were ever attached at once. No report excuses one. Since a
 * replaced replica has a new address, replicas are counted and not identified. Under the operator's declaration only
 * attached replicas count.
 */
export class AttachedRule implements ReplicaRule {
  #most: number | undefined;
  #attached = 0;
  #aloneUntil = Number.NEGATIVE_INFINITY;

  /** `attached`: how many replicas the master lists. */
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
