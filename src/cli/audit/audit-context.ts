/** What the commands about the audit log need. */
import type { Store } from '../../stores/store.ts';
import type { Paint } from '../shared/output/paint.ts';

export interface AuditContext {
  openStore(): Promise<Store>;
  /** Prints whole lines. */
  stdout(text: string): void;
  stderr(text: string): void;
  /** Epoch seconds. */
  now(): number;
  readonly paint: Paint;
  /** Aborted when the administrator interrupts `-f`. */
  interrupted(): AbortSignal;
  /** How often `-f` looks for new lines (milliseconds). Default: every second. */
  readonly pollInterval?: number;
}
