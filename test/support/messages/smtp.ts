/** A mail server on a free port that answers as configured. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export interface Received {
  readonly mail: ParsedMail;
  /** RCPT TO. */
  readonly recipients: readonly string[];
}

export interface MailServer {
  readonly port: number;
  readonly received: readonly Received[];
  /** Messages that were handed over, taken or not. */
  tries(): number;
  stop(): Promise<void>;
}

/** `answer`: `undefined` takes the message, a number refuses it with that code, `never` says nothing. */
export async function startMailServer(
  answer: (attempt: number) => number | 'never' | undefined = () => undefined,
): Promise<MailServer> {
  const received: Received[] = [];
  let tries = 0;
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      tries += 1;
      const answered = answer(tries);
      simpleParser(stream).then((mail) => {
        if (answered === 'never') return;
        if (answered !== undefined) return done(Object.assign(new Error('refused'), { responseCode: answered }));
        received.push({ mail, recipients: session.envelope.rcptTo.map(({ address }) => address) });
        done();
      }, done);
    },
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    tries: () => tries,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of server.connections) connection.close();
      }),
  };
}

export interface SilentServer {
  readonly port: number;
  /** Connections that were made; none is ever answered. */
  connections(): number;
  stop(): Promise<void>;
}

/** Accepts every connection and says nothing, not even a greeting. */
export async function startSilentServer(): Promise<SilentServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
