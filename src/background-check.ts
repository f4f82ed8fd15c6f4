/**
 * Checks the files of a configuration on a thread of its own, so that the server answers meanwhile: thousands of rules
 * take seconds. One check at a time.
 */
import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StepgateError } from './errors.ts';
import type { AnalysisFinding } from './policy/model/analysis-finding.ts';
import type { Documents } from './policy/model/documents.ts';
import type { Finding } from './policy/model/finding.ts';

/** What is to be checked. */
export interface CheckRequest {
  readonly configDir: string;
  /** For `${NAME}` in the files. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly inbox: boolean;
  /** The hashes of documents that need no check. Absent: all do. */
  readonly lastApplied?: Readonly<Record<string, string>>;
}

/** `same`: the documents are those that need no check. `refused`: the files are no valid configuration. */
export type CheckAnswer =
  | { readonly kind: 'same' }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }
  /** `findings`: those of the analysis. */
  | { readonly kind: 'checked'; readonly documents: Documents; readonly findings: readonly AnalysisFinding[] };

/** The module that the thread runs: beside this one, as source and as built. */
const ownProgram = new URL(`./configuration-worker${extname(import.meta.filename)}`, import.meta.url);

export class BackgroundCheck {
  readonly #program: URL;
  #worker: Worker | undefined;
  #isStopped = false;

  constructor(program: URL = ownProgram) {
    this.#program = program;
  }

  /** `stopped`: `stop` was called before the answer. Rejects with `internal` if the thread ends without an answer. */
  async run(request: CheckRequest): Promise<CheckAnswer | 'stopped'> {
    if (this.#isStopped) return 'stopped';
    const worker = new Worker(this.#program, { workerData: request });
    this.#worker = worker;
    try {
      return await answerOf(worker);
    } catch (cause) {
      if (this.#isStopped) return 'stopped';
      throw new StepgateError('internal', `the check of ${request.configDir} broke off; what is active stays`, {
        cause,
      });
    } finally {
      this.#worker = undefined;
      await worker.terminate();
    }
  }

  /** Breaks off what is being checked. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#worker?.terminate();
  }
}

async function answerOf(worker: Worker): Promise<CheckAnswer> {
  const ended = once(worker, 'exit').then(([code]) => {
    throw new Error(`the thread ended with code ${code}`);
  });
  const [answer] = await Promise.race([once(worker, 'message'), ended]);
  return answer as CheckAnswer;
}
