/** Which replicas must have a write on a Redis Cluster: the rule alone, without connections or a clock. */
import { freshFor, quiet, type ReplicaRule, type ReplicatedWrite } from './replica-rule.ts';

/** What one node of a Cluster says of a node (`CLUSTER NODES`). */
export interface ClusterNode {
  readonly id: string;
  readonly flags: ReadonlySet<string>;
  /** Id of the node that it replicates; absent: it is a master. */
  readonly master?: string;
  /** Of two that claim a slot, the newer claim has the higher one. */
  readonly epoch: number;
  /** Ranges, both ends included. */
  readonly slots: readonly (readonly [first: number, last: number])[];
}

/** What one node says of all. */
export interface ClusterView {
  /** When it said so (milliseconds, monotonic). */
  readonly at: number;
  readonly speaker: string;
  readonly nodes: ReadonlyMap<string, ClusterNode>;
}

/** What a speaker calls a node, and since when it does without a break. */
interface Standing {
  /** Absent: it is a master, or was one. */
  readonly master?: string;
  readonly isDown: boolean;
  /** It has `cluster-replica-no-failover`, as while its first copy is made: it stands for no election. */
  readonly standsBack: boolean;
  readonly since: number;
}

/** The nodes that serve, or have ever served, the same slots. */
type Shard = Set<string>;

interface Agreement {
  readonly since: number;
  readonly excused: Set<string>;
}

/**
 * The rule on a Cluster: all nodes that were ever seen in the shard of our master, except those that the other masters
 * excuse. They do when a majority of them answers and all that answer have called the node down for ten seconds, or the
 * replica of another shard, or one that stands for no election, and for as long have called our master one that serves,
 * without dispute. A replica is
 * elected by the other masters, and only after they called the master down; so each election shows at one that answers.
 * What our master says about itself never counts. The last one is excused by the operator's declaration only.
 */
export class ClusterRule implements ReplicaRule {
  readonly #views = new Map<string, ClusterView>();
  readonly #standings = new Map<string, ReadonlyMap<string, Standing>>();
  readonly #shards = new Map<string, Shard>();
  readonly #agreements = new Map<string, Agreement>();
  #aloneUntil = Number.NEGATIVE_INFINITY;

  observe(view: ClusterView): void {
    const former = this.#views.get(view.speaker);
    const before = former && view.at - former.at < freshFor ? this.#standings.get(view.speaker) : undefined;
    this.#views.set(view.speaker, view);
    this.#standings.set(view.speaker, new Map(standingsOf(view, before)));
    for (const { id, master } of view.nodes.values()) if (master !== undefined) this.#join(id, master);
    this.look(view.at);
  }

  /** To be called also when no node answers, as silence ends the agreement. */
  look(now: number): void {
    const words = speakersOf(this.#fresh(now));
    const heard = words.filter(({ speaker }) => words.every(({ nodes }) => isServing(nodes.get(speaker))));
    const masters = Math.max(0, ...words.map(countServing));
    for (const master of this.#shards.keys()) {
      const isMajority = heard.filter(({ speaker }) => speaker !== master).length > (masters - 1) / 2;
      const isUndisputed = words.every(({ speaker, nodes }) => speaker === master || isSound(nodes.get(master)));
      if (!isMajority || !isUndisputed) this.#agreements.delete(master);
      else if (!this.#agreements.has(master)) this.#agreements.set(master, { since: now, excused: new Set() });
    }
  }

  /** A majority of the masters must have spoken once: fewer may not list all. */
  isKnown(): boolean {
    const views = [...this.#views.values()];
    const masters = Math.max(0, ...views.map(countServing));
    return masters > 0 && speakersOf(views).length > masters / 2;
  }

  /**
   * The master of a slot, by the newest claim; `undefined`: no node serves it. It says where to ask, so old words will
   * do: that master knows better.
   */
  ownerOf(slot: number): string | undefined {
    const claims = this.#serving().filter((node) => holds(node, slot));
    return claims.sort((a, b) => b.epoch - a.epoch)[0]?.id;
  }

  /** The masters that serve slots. */
  masters(): readonly string[] {
    return [...new Set(this.#serving().map(({ id }) => id))];
  }

  #serving(): ClusterNode[] {
    return [...this.#views.values()].flatMap(({ nodes }) => [...nodes.values()].filter(isServing));
  }

  standAloneUntil(end: number): void {
    this.#aloneUntil = end;
  }

  needed(master: string, now: number): number | undefined {
    return this.isKnown() && this.#isListed(master) ? this.#required(master, now).length : undefined;
  }

  missing({ master, offset, acknowledged }: ReplicatedWrite, now: number): readonly string[] {
    if (!this.#isListed(master)) return [`the replicas of ${master}, which no node lists`];
    for (const attached of acknowledged.keys()) this.#agreements.get(master)?.excused.delete(attached);
    return this.#required(master, now).filter((node) => (acknowledged.get(node) ?? -1) < offset);
  }

  #isListed(node: string): boolean {
    return [...this.#views.values()].some(({ nodes }) => nodes.has(node));
  }

  #required(master: string, now: number): readonly string[] {
    this.look(now);
    const shard = this.#shards.get(master);
    const others = [...(shard ?? [])].filter((node) => node !== master);
    const agreement = this.#agreements.get(master);
    if (shard === undefined || agreement === undefined || now - agreement.since < quiet) return others;
    const words = speakersOf(this.#fresh(now).filter(({ speaker }) => speaker !== master));
    for (const node of others)
      if (words.every(({ speaker }) => this.#isGone(speaker, node, { shard, now }))) agreement.excused.add(node);
    const required = others.filter((node) => !agreement.excused.has(node));
    return required.length === 0 && now >= this.#aloneUntil ? others : required;
  }

  /** Whether this speaker has for long enough called the node down, or one that no election can make our master. */
  #isGone(speaker: string, node: string, { shard, now }: { readonly shard: Shard; readonly now: number }): boolean {
    const standing = this.#standings.get(speaker)?.get(node);
    if (standing === undefined || now - standing.since < quiet) return false;
    const { isDown, standsBack, master } = standing;
    return isDown || standsBack || (master !== undefined && this.#shards.get(master) !== shard);
  }

  /** A replica that moves stays in its former shard, too, until it is excused there. */
  #join(replica: string, master: string): void {
    const shard = this.#shards.get(master) ?? new Set();
    this.#shards.set(master, shard.add(master));
    this.#shards.set(replica, shard.add(replica));
  }

  #fresh(now: number): readonly ClusterView[] {
    return [...this.#views.values()].filter((view) => now - view.at < freshFor);
  }
}

function* standingsOf(
  { at, nodes }: ClusterView,
  before: ReadonlyMap<string, Standing> | undefined,
): Iterable<readonly [string, Standing]> {
  for (const [id, { flags, master }] of nodes) {
    const isDown = flags.has('fail') || flags.has('fail?');
    const standsBack = flags.has('nofailover');
    const former = before?.get(id);
    const isSame =
      former?.isDown === isDown && former.standsBack === standsBack && (isDown || former.master === master);
    yield [id, { isDown, standsBack, since: isSame ? former.since : at, ...(master === undefined ? {} : { master }) }];
  }
}

/** Only masters with slots elect. */
function speakersOf(views: readonly ClusterView[]): readonly ClusterView[] {
  return views.filter(({ speaker, nodes }) => isServing(nodes.get(speaker)));
}

function countServing({ nodes }: ClusterView): number {
  return [...nodes.values()].filter(isServing).length;
}

function isServing(node: ClusterNode | undefined): boolean {
  return node?.flags.has('master') === true && node.slots.length > 0;
}

/** It serves, and nothing speaks against it. */
function isSound(node: ClusterNode | undefined): boolean {
  return isServing(node) && !['fail', 'fail?', 'handshake', 'noaddr'].some((flag) => node?.flags.has(flag));
}

function holds({ slots }: ClusterNode, slot: number): boolean {
  return slots.some(([first, last]) => first <= slot && slot <= last);
}
