/** Which replicas must have a write on a Redis Cluster. This is the rule alone, without connections or a clock. */
import { freshFor, freshOf, quiet, type ReplicaRule, type ReplicatedWrite } from './replica-rule.ts';

/** What one node of a Cluster reports about a node (`CLUSTER NODES`). */
export interface ClusterNode {
  readonly id: string;
  readonly flags: ReadonlySet<string>;
  /** Id of the node that it replicates. Absent for a master. */
  readonly master?: string;
  /** If two nodes claim a slot, the newer claim has the higher epoch. */
  readonly epoch: number;
  /** Ranges, both ends inclusive. */
  readonly slots: readonly (readonly [first: number, last: number])[];
}

/** What one node reports about all nodes. */
export interface ClusterView {
  /** When it was reported (milliseconds, monotonic). */
  readonly at: number;
  readonly speaker: string;
  readonly nodes: ReadonlyMap<string, ClusterNode>;
}

/** How a speaker describes a node, and since when without interruption. */
interface Standing {
  /** Absent if the node is, or was, a master. */
  readonly master?: string;
  readonly isDown: boolean;
  /**
   * It has `cluster-replica-no-failover`, for example while it makes its first copy, so it takes part in no election.
   */
  readonly standsBack: boolean;
  readonly since: number;
}

/** The nodes that serve, or ever served, the same slots. */
type Shard = Set<string>;

interface Agreement {
  readonly since: number;
  readonly excused: Set<string>;
}

/**
 * The rule for a Cluster. Every node that was ever seen in the shard of our master counts, unless the other masters
 * excuse it. They excuse it if a majority of them answers, and all that answer have for ten seconds reported the node
 * as down, as a replica of another shard, or as taking part in no election, and for as long have reported our master as
 * serving, without dispute. A replica is elected by the other masters, and only after they reported the master as down,
 * so every election is visible at a node that answers. What our master reports about itself never counts. The last
 * replica can be excused only by the operator's declaration.
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

  /** Must also be called when no node answers, because silence ends the agreement. */
  look(now: number): void {
    const words = speakersOf(freshOf(this.#views.values(), now));
    const heard = words.filter(({ speaker }) => words.every(({ nodes }) => isServing(nodes.get(speaker))));
    const masters = Math.max(0, ...words.map(countServing));
    for (const master of this.#shards.keys()) {
      const isMajority = heard.filter(({ speaker }) => speaker !== master).length > (masters - 1) / 2;
      const isUndisputed = words.every(({ speaker, nodes }) => speaker === master || isSound(nodes.get(master)));
      if (!isMajority || !isUndisputed) this.#agreements.delete(master);
      else if (!this.#agreements.has(master)) this.#agreements.set(master, { since: now, excused: new Set() });
    }
  }

  /** A majority of the masters must have answered once: fewer may not list all nodes. */
  isKnown(): boolean {
    const views = [...this.#views.values()];
    const masters = Math.max(0, ...views.map(countServing));
    return masters > 0 && speakersOf(views).length > masters / 2;
  }

  /**
   * The master of a slot, by the newest claim. Undefined if no node serves it. The answer only says where to send a
   * command, so an old report is good enough: that master knows better.
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
    const words = speakersOf(freshOf(this.#views.values(), now).filter(({ speaker }) => speaker !== master));
    for (const node of others)
      if (words.every(({ speaker }) => this.#isGone(speaker, node, { shard, now }))) agreement.excused.add(node);
    const required = others.filter((node) => !agreement.excused.has(node));
    return required.length === 0 && now >= this.#aloneUntil ? others : required;
  }

  /**
   * Whether this speaker has for long enough reported the node as down, or as one that no election can make our master.
   */
  #isGone(speaker: string, node: string, { shard, now }: { readonly shard: Shard; readonly now: number }): boolean {
    const standing = this.#standings.get(speaker)?.get(node);
    if (standing === undefined || now - standing.since < quiet) return false;
    const { isDown, standsBack, master } = standing;
    return isDown || standsBack || (master !== undefined && this.#shards.get(master) !== shard);
  }

  /** A replica that moves also stays in its former shard until it is excused there. */
  #join(replica: string, master: string): void {
    const shard = this.#shards.get(master) ?? new Set();
    this.#shards.set(master, shard.add(master));
    this.#shards.set(replica, shard.add(replica));
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

/** Only masters with slots vote in elections. */
function speakersOf(views: readonly ClusterView[]): readonly ClusterView[] {
  return views.filter(({ speaker, nodes }) => isServing(nodes.get(speaker)));
}

function countServing({ nodes }: ClusterView): number {
  return [...nodes.values()].filter(isServing).length;
}

function isServing(node: ClusterNode | undefined): boolean {
  return node?.flags.has('master') === true && node.slots.length > 0;
}

/** The node serves, and no flag contradicts that. */
function isSound(node: ClusterNode | undefined): boolean {
  return isServing(node) && !['fail', 'fail?', 'handshake', 'noaddr'].some((flag) => node?.flags.has(flag));
}

function holds({ slots }: ClusterNode, slot: number): boolean {
  return slots.some(([first, last]) => first <= slot && slot <= last);
}
