/** Email over SMTP (RFC 5321), with pooled connections. */

import { mailAddress } from '../core/model/mail-address.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import type { Channel, OutgoingMessage } from './channel.ts';

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  /** TLS from the start (RFC 8314); false: STARTTLS. */
  readonly secure: boolean;
  /** Sends nothing over a connection that is not encrypted. */
  readonly requireTls: boolean;
  readonly user?: string;
  readonly password?: string;
  /** Address of the sender. */
  readonly from: string;
  /** Milliseconds for each of: to connect, to be greeted, for any answer. */
  readonly timeout: number;
}

/** Failures that are about us, not about the message: another try may succeed once they are put right. */
const retryable: ReadonlySet<unknown> = new Set(['EAUTH', 'ENOAUTH', 'EOAUTH2', 'ETLS', 'ECONFIG']);

interface SmtpError {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  readonly command?: unknown;
}

export function smtpChannel({ from, timeout, requireTls, user, password, ...server }: SmtpOptions): Channel {
  // Made for the first message: a node that sends none is up sooner.
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
        // What the server said may repeat the message, so only the codes go on.
        throw new Error(`SMTP: ${[code, responseCode, command].filter((one) => one !== undefined).join(' ')}`);
      }
    },
    close: () => void transport?.then((opened) => opened.close()),
  };
}

function mailOf({ id, brand, subject, text, html }: OutgoingMessage, to: string, from: string) {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return {
    // As objects: nothing in them is parsed for further addresses.
    from: { name: brand, address: from },
    to: { name: '', address: to },
    messageId: `<${id}@${domain}>`,
    subject: subject ?? '',
    text,
    ...omitUndefined({ html }),
    // RFC 3834: no out-of-office answers.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
