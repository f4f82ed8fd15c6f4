/** A proxy in front of Redis that loses a reply. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface LosingProxy {
  readonly port: number;
  loseNextReply(): void;
  stop(): void;
}

/** Forwards everything except the reply to the first command after `loseNextReply`: it cuts the connection instead. */
export async function startLosingProxy(target: number): Promise<LosingProxy> {
  let lose = false;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.pipe(upstream);
    upstream.on('data', (data) => {
      if (lose) {
        lose = false;
        client.destroy();
        upstream.destroy();
      } else client.write(data);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    port: (proxy.address() as AddressInfo).port,
    loseNextReply: () => {
      lose = true;
    },
    stop: () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}
