/** Email over SMTP (RFC 5321), with pooled connections. */

import { mailAddress } from '../core/model/mail-address.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import type { Channel, OutgoingMessage } from './channel.ts';

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  /** TLS from the start (RFC 8314); false: STARTTLS. */
  readonly secure: boolean;
  /** Sends nothing over an unencrypted connection. */
  readonly requireTls: boolean;
  readonly user?: string;
  readonly password?: string;
  /** Address of the sender. */
  readonly from: string;
  /** Time limit each for connecting, the greeting, and any response (milliseconds). */
  readonly timeout: number;
}

/** Errors that concern our settings and not the message: another try may succeed after they are fixed. */
const retryable: ReadonlySet<unknown> = new Set(['EAUTH', 'ENOAUTH', 'EOAUTH2', 'ETLS', 'ECONFIG']);

interface SmtpError {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  readonly command?: unknown;
}

export function smtpChannel({ from, timeout, requireTls, user, password, ...server }: SmtpOptions): Channel {
  // Created for the first message, so that a node starts faster.
  const open = async () => {
    const { createTransport } = await import('nodemailer');
    return createTransport({
      ...server,
      requireTLS: requireTls && !server.secure,
      ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
      pool: true,
      maxConnections: 4,
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      socketTimeout: timeout,
      dnsTimeout: timeout,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  };
  let transport: ReturnType<typeof open> | undefined;
  return {
    async send(message) {
      const to = mailAddress(message.to);
      if (to === undefined) return 'failed';
      try {
        transport ??= open();
        await (await transport).sendMail(mailOf(message, to, from));
        return 'sent';
      } catch (error) {
        const { code, responseCode, command } = error as SmtpError;
        // RFC 5321 section 4.2.1: 5yz is final.
        if (typeof responseCode === 'number' && responseCode >= 500 && !retryable.has(code)) return 'failed';
        // The server's text may repeat the message, so only the codes are passed on.
        throw new Error(`SMTP: ${[code, responseCode, command].filter((part) => part !== undefined).join(' ')}`);
      }
    },
    close: () => void transport?.then((opened) => opened.close()),
  };
}

function mailOf({ id, brand, subject, text, html }: OutgoingMessage, to: string, from: string) {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return {
    // As objects, so that nothing in them is parsed for further addresses.
    from: { name: brand, address: from },
    to: { name: '', address: to },
    messageId: `<${id}@${domain}>`,
    subject: subject ?? '',
    text,
    ...omitUndefined({ html }),
    // RFC 3834: prevents out-of-office replies.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
