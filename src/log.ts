/**
 * The log of the process: JSON lines on stdout or in a file. Audit lines carry `kind: "audit"`. Secrets never get here;
 * errors come with their cause.
 */
import { pino } from 'pino';

export interface Logger {
  audit(line: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string): void;
  /**
   * What went wrong, under which reference, in which part. Client errors (4xx) are notes, everything else is an error.
   */
  error(error: unknown, context: Readonly<Record<string, unknown>>): void;
}

export function createLogger(write: (line: string) => void): Logger {
  const log = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    { write },
  );
  return {
    audit: ({ time: _, ...line }) => log.info(line),
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message) => log.warn(message),
    error(error, context) {
      const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
      if (status < 500)
        log.info({ ...context, reason: error instanceof Error ? error.message : String(error) }, 'request refused');
      else log.error({ ...context, err: error }, 'request failed');
    },
  };
}
