/** The channels of this node, as the settings of the moment want them. */
import type { Channel, ChannelKind } from './channel.ts';
import { smtpChannel } from './smtp.ts';

/** `mail` of the settings. */
export interface MailSettings {
  readonly from: string;
  readonly smtp: {
    readonly host: string;
    readonly port: number;
    readonly secure: boolean;
    readonly requireTls: boolean;
    readonly user?: string;
    /** Name of the environment variable that holds the password. */
    readonly passwordEnv?: string;
  };
}

export interface ChannelSettings {
  readonly mail?: MailSettings;
}

export interface ChannelsOptions {
  /** The settings of the moment; absent: there is no configuration yet. */
  settings(): ChannelSettings | undefined;
  /** The environment, for secrets. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Takes everything that has no way out of its own: the inbox of the demo. */
  readonly inbox?: Channel;
}

export interface Channels {
  /** `undefined`: nothing of this kind can be sent. */
  get(kind: ChannelKind): Channel | undefined;
  close(): void;
}

/** Milliseconds; three of them, one after the other, end before another node takes the message over. */
const smtpTimeout = 10_000;

/** One builder for each kind. A new way out is a new file beside this one, and a line here. */
const builders: Readonly<
  Partial<
    Record<ChannelKind, (settings: ChannelSettings, variables: ChannelsOptions['variables']) => Channel | undefined>
  >
> = {
  email: ({ mail }, variables) => {
    if (!mail) return undefined;
    const { passwordEnv, ...smtp } = mail.smtp;
    const password = passwordEnv === undefined ? undefined : variables[passwordEnv];
    return smtpChannel({
      ...smtp,
      ...(password === undefined ? {} : { password }),
      from: mail.from,
      timeout: smtpTimeout,
    });
  },
};

interface Built {
  readonly from: string;
  readonly channel: Channel | undefined;
}

/** Channels are kept, with their connections, until the settings change. */
export function createChannels({ settings, variables, inbox }: ChannelsOptions): Channels {
  const kept = new Map<ChannelKind, Built>();
  return {
    get(kind) {
      const current = settings() ?? {};
      const from = JSON.stringify(current);
      const before = kept.get(kind);
      if (before?.from === from) return before.channel ?? inbox;
      before?.channel?.close?.();
      const channel = builders[kind]?.(current, variables);
      kept.set(kind, { from, channel });
      return channel ?? inbox;
    },
    close() {
      for (const { channel } of kept.values()) channel?.close?.();
      kept.clear();
    },
  };
}
