/** The YAML language server, as an editor talks to it (Language Server Protocol 3.17). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly uri?: string;
    readonly diagnostics?: readonly Diagnostic[];
    readonly items?: readonly unknown[];
  };
  readonly result?: unknown;
}

export interface Diagnostic {
  readonly message: string;
  /** From 0. */
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

/** Lines and characters count from 0. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

export class LanguageServer {
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #diagnosed = new Map<string, (diagnostics: readonly Diagnostic[]) => void>();
  #received = Buffer.alloc(0);
  #count = 0;

  private constructor() {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const program = 'node_modules/yaml-language-server/bin/yaml-language-server';
    this.#child = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  static async start(): Promise<LanguageServer> {
    const server = new LanguageServer();
    await server.#request('initialize', {
      processId: process.pid,
      rootUri: pathToFileURL(process.cwd()).href,
      capabilities: {
        textDocument: { hover: { contentFormat: ['plaintext'] }, completion: { completionItem: {} } },
      },
    });
    server.#send({ method: 'initialized', params: {} });
    return server;
  }

  /** Opens a file, which need not be there, and gives what the editor underlines in it. */
  open(path: string, text: string): Promise<readonly Diagnostic[]> {
    const uri = pathToFileURL(path).href;
    return new Promise((resolve) => {
      this.#diagnosed.set(uri, resolve);
      this.#send({
        method: 'textDocument/didOpen',
        params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
      });
    });
  }

  /** The text that is shown where the pointer rests. */
  async hover(path: string, position: Position): Promise<string> {
    const result = await this.#request('textDocument/hover', at(path, position));
    return (result as { readonly contents?: { readonly value: string } } | null)?.contents?.value ?? '';
  }

  /** What the editor offers, with its explanation. */
  async complete(path: string, position: Position): Promise<ReadonlyMap<string, string>> {
    const result = await this.#request('textDocument/completion', at(path, position));
    const { items } = result as {
      readonly items: readonly { readonly label: string; readonly documentation?: unknown }[];
    };
    return new Map(items.map(({ label, documentation }) => [label, String(documentation)]));
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, 'close');
    await this.#request('shutdown', null);
    this.#send({ method: 'exit' });
    await closed;
  }

  #request(method: string, params: unknown): Promise<unknown> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve) => {
      this.#answers.set(id, ({ result }) => resolve(result));
      this.#send({ id, method, params });
    });
  }

  #send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#child.stdin?.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n');
      const length = Number(
        /Content-Length: (\d+)/i.exec(this.#received.subarray(0, Math.max(end, 0)).toString())?.[1],
      );
      if (end < 0 || this.#received.length < end + 4 + length) return;
      const text = this.#received.subarray(end + 4, end + 4 + length).toString();
      this.#received = this.#received.subarray(end + 4 + length);
      this.#handle(JSON.parse(text) as Message);
    }
  }

  /** Asked for settings, the editor says to use no schemas from elsewhere: those of the files count. */
  #handle(message: Message): void {
    const { id, method, params } = message;
    if (method === undefined && id !== undefined) this.#answers.get(id)?.(message);
    else if (method === 'workspace/configuration')
      this.#send({ id, result: params?.items?.map(() => ({ schemaStore: { enable: false } })) ?? [] });
    else if (id !== undefined) this.#send({ id, result: null });
    else if (method === 'textDocument/publishDiagnostics')
      this.#diagnosed.get(params?.uri ?? '')?.(params?.diagnostics ?? []);
  }
}

function at(path: string, position: Position) {
  return { textDocument: { uri: pathToFileURL(path).href }, position };
}
