/**
 * Finds the nodes of a Redis Cluster and keeps watching them. `ClusterRule` decides what follows from their answers.
 */
import type { Redis } from 'ioredis';
import { connectToAsk, type RedisPatience } from './client.ts';
import { type ClusterNode, ClusterRule, type ClusterView } from './cluster-rule.ts';
import { poll } from './poll.ts';
import { firstWord, plainAddress, type ReplicaWatch } from './replica-watch.ts';
import type { RedisAddress } from './url.ts';

export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

export interface ClusterWatch extends ReplicaWatch {
  /** Where the master of a slot listens. Undefined if no node is reported to serve it. */
  readonly ownerOf: (slot: number) => NodeAddress | undefined;
  /** The id of the master of a slot. Empty if no node serves it. */
  readonly masterOf: (slot: number) => string;
  /** The ids of the masters that serve slots. */
  readonly masters: () => readonly string[];
  /** Whether any node still lists this one. */
  readonly isListed: (node: NodeAddress) => boolean;
}

/** Pause between two questions to one node (milliseconds). */
const interval = 200;

interface Asked {
  readonly client: Redis;
  readonly stop: () => void;
}

/** Watches a Cluster through all its masters, starting with the nodes in the address. */
export function watchCluster(address: RedisAddress, patience: RedisPatience): ClusterWatch {
  const rule = new ClusterRule();
  const asked = new Map<string, Asked>();
  const directory = new NodeDirectory(address.tls);
  const { known, learned } = firstWord(
    patience.ready,
    'no majority of the masters of the Redis Cluster has said which replicas there are',
  );
  const follow = (node: NodeAddress): void => {
    if (asked.has(nameOf(node))) return;
    const client = connectToAsk(address, node);
    const ask = async (): Promise<void> => {
      rule.look(performance.now());
      if (client.status !== 'ready') return;
      const at = performance.now();
      const view = directory.read(at, (await client.cluster('NODES')) as string, client.stream.remoteAddress);
      if (view === undefined) return;
      rule.observe(view);
      for (const other of view.nodes.values()) if (other.slots.length > 0) followListed(other.id);
      if (rule.isKnown()) learned();
    };
    asked.set(nameOf(node), { client, stop: poll(ask, interval) });
  };
  const followListed = (id: string): void => {
    const found = directory.find(id);
    if (found !== undefined) follow(found);
  };
  for (const node of address.nodes) follow(node);
  const masterOf = (slot: number): string => rule.ownerOf(slot) ?? '';
  const stop = (): void => {
    for (const question of asked.values()) {
      question.stop();
      question.client.disconnect();
    }
  };
  return {
    rule,
    addressOf: (host, port) => directory.idOf(host, port),
    known,
    stop,
    ownerOf: (slot) => directory.find(masterOf(slot)),
    masterOf,
    masters: () => rule.masters(),
    isListed: (node) => directory.isListed(node),
  };
}

function nameOf({ host, port }: NodeAddress): string {
  return `${host}:${port}`;
}

/** Which node listens at which address, by the latest report. */
class NodeDirectory {
  readonly #useNames: boolean;
  readonly #ids = new Map<string, string>();
  readonly #nodes = new Map<string, NodeAddress>();

  /** `useNames`: certificates contain names, so addresses are not enough. */
  constructor(useNames: boolean) {
    this.#useNames = useNames;
  }

  /** The id of a node, or its address if no id is known. */
  idOf(host: string, port: number | string): string {
    const address = plainAddress(host, port);
    return this.#ids.get(address) ?? address;
  }

  find(id: string): NodeAddress | undefined {
    return this.#nodes.get(id);
  }

  isListed({ host, port }: NodeAddress): boolean {
    return [...this.#nodes.values()].some((node) => node.host === host && node.port === port);
  }

  /**
   * Reads an answer to CLUSTER NODES, which came at this time (ms). `own`: the address of the answering node, which may
   * not know it itself.
   */
  read(at: number, text: string, own = ''): ClusterView | undefined {
    let speaker: string | undefined;
    const nodes = new Map<string, ClusterNode>();
    for (const line of text.split('\n')) {
      const [id = '', address = '', flagList = '', master = '-', , , epoch = '0', , ...slots] = line.split(' ');
      const flags = new Set(flagList.split(','));
      if (id === '' || flags.has('handshake')) continue;
      if (flags.delete('myself')) speaker = id;
      if (!flags.has('noaddr')) this.#learn(id, address, own);
      const replicates = master === '-' ? {} : { master };
      nodes.set(id, { id, flags, epoch: Number(epoch), slots: slots.flatMap(readRange), ...replicates });
    }
    return speaker === undefined ? undefined : { at, speaker, nodes };
  }

  /** `ip:port@cport[,name]`. A node that has not met any other does not know its own address. */
  #learn(id: string, address: string, own: string): void {
    const [, ip = '', port = '', name = ''] = /^(.*):(\d+)(?:@\d+)?(?:,([^,]*))?/.exec(address) ?? [];
    const host = ip === '' ? own : ip;
    this.#ids.set(plainAddress(host, port), id);
    this.#nodes.set(id, { host: this.#useNames && name !== '' ? name : host, port: Number(port) });
  }
}

/** `5` or `5-7`. A slot in brackets is being moved. */
function readRange(text: string): readonly (readonly [number, number])[] {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  return first === undefined ? [] : [[Number(first), Number(last)]];
}
