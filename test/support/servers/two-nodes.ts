/** Two nodes of one issuer on one Redis, and browsers that talk to them in turn. */
import { openRedis } from '../../../src/stores/redis/redis.ts';
import { UserAgent } from '../pages/user-agent.ts';
import { longPatience, type RedisServer, startRedis } from '../stores/redis.ts';
import { startNode, type TestNode, type TestNodeOptions } from './node.ts';

export interface TwoNodes {
  readonly redis: RedisServer;
  readonly nodes: readonly [TestNode, TestNode];
  readonly issuer: string;
  /** The audit lines of both. */
  audit(): readonly Readonly<Record<string, unknown>>[];
  /** Password hashes that both have started. */
  hashes(): number;
  /** A browser whose every request goes to the other node than the one before. */
  hoppingAgent(): UserAgent;
  stop(): Promise<void>;
}

class HoppingAgent extends UserAgent {
  readonly #issuer: string;
  readonly #origins: readonly string[];
  #requests = 0;

  constructor(issuer: string, origins: readonly string[]) {
    super();
    this.#issuer = issuer;
    this.#origins = origins;
  }

  protected override routeOf(origin: string): string {
    if (origin !== this.#issuer) return origin;
    this.#requests += 1;
    return this.#origins[this.#requests % this.#origins.length] as string;
  }
}

export async function startTwoNodes(
  options: Pick<TestNodeOptions, 'files' | 'authenticators' | 'demo' | 'mail'> = {},
): Promise<TwoNodes> {
  const redis = await startRedis();
  const stores = [
    openRedis({ url: redis.url, patience: longPatience }),
    openRedis({ url: redis.url, patience: longPatience }),
  ] as const;
  const first = await startNode({ store: stores[0], ...options });
  const demo = options.demo ?? false;
  const second = await startNode({ store: stores[1], issuer: first.issuer, demo });
  const nodes = [first, second] as const;
  return {
    redis,
    nodes,
    issuer: first.issuer,
    audit: () => nodes.flatMap(({ audit }) => audit),
    hashes: () => nodes.reduce((sum, { app }) => sum + app.hashing.stats.started, 0),
    hoppingAgent: () => new HoppingAgent(first.issuer, [first.origin, second.origin]),
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all(stores.map((store) => store.close()));
      await redis.stop();
    },
  };
}
