/** A proxy in front of one server, which can be cut off from some of those that connect to it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SwitchableProxy {
  readonly port: number;
  /** From now on nothing passes between the server and these source addresses, as if packets were dropped. */
  cut(sources: readonly string[]): void;
  /** Everything passes again; connections that were cut are closed. */
  heal(): void;
  stop(): void;
}

interface Link {
  readonly source: string;
  readonly ends: readonly [Socket, Socket];
}

/** Listens on the loopback. `target`: the port of the server there. */
export async function startProxy(target: number, port = 0): Promise<SwitchableProxy> {
  const links = new Set<Link>();
  let blocked: readonly string[] = [];
  const isBlocked = ({ source }: Link): boolean => blocked.includes(source);
  const proxy = createServer((client) => {
    const source = (client.remoteAddress ?? '').replace(/^::ffff:/, '');
    const link: Link = { source, ends: [client, connect(target, '127.0.0.1')] };
    links.add(link);
    const [near, far] = link.ends;
    const pass = (from: Socket, to: Socket): void => {
      from.on('data', (data) => {
        if (!isBlocked(link)) to.write(data);
      });
      from.on('error', () => {});
      from.on('close', () => {
        // Who is cut off does not hear that the other end is gone.
        if (!isBlocked(link)) to.destroy();
      });
    };
    pass(near, far);
    pass(far, near);
    near.on('close', () => links.delete(link));
  });
  proxy.listen(port, '127.0.0.1');
  await once(proxy, 'listening');
  const close = (which: (link: Link) => boolean): void => {
    for (const link of [...links].filter(which)) for (const end of link.ends) end.destroy();
  };
  return {
    port: (proxy.address() as AddressInfo).port,
    cut(sources) {
      blocked = sources;
    },
    heal() {
      close(isBlocked);
      blocked = [];
    },
    stop() {
      proxy.close();
      close(() => true);
    },
  };
}
