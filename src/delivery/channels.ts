/** This node's channels, built from the current settings. */

import type { Seconds } from '../core/model/facts.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import type { Gateway, MailSettings, SmsSender } from '../policy/model/settings.ts';
import type { Channel, ChannelKind } from './channel.ts';
import { smtpChannel } from './smtp.ts';
import { twilioChannel } from './twilio.ts';
import { webhookChannel } from './webhook.ts';

/** The settings of each channel. */
export interface ChannelSettings {
  readonly mail?: MailSettings;
  readonly sms?: Gateway<SmsSender>;
  readonly voice?: Gateway<SmsSender>;
}

export interface ChannelsOptions {
  /** The current settings. Absent before there is a configuration. */
  settings(): ChannelSettings | undefined;
  /** The environment, for secrets. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Receives the messages of every channel that is not configured: the demo's inbox. */
  readonly inbox?: Channel;
  /** Called with the reason if a message was finally refused, never with its text. */
  warn(text: string): void;
  /** Epoch seconds. */
  now(): Seconds;
}

export interface Channels {
  /** Undefined if nothing of this kind can be sent. Throws if the environment lacks a secret that the settings name. */
  get(kind: ChannelKind): Channel | undefined;
  close(): void;
}

/** Milliseconds. Three of these in sequence end before another node takes over the message. */
const smtpTimeout = 10_000;

type Build = (settings: ChannelSettings, options: ChannelsOptions) => Channel | undefined;

/** One builder for each kind. A new channel is a new file in this folder and a line here. */
const builders: Readonly<Record<ChannelKind, Build>> = {
  email: ({ mail }, { variables }) => {
    if (!mail) return undefined;
    const { passwordEnv, ...smtp } = mail.smtp;
    const password = passwordEnv === undefined ? undefined : variables[passwordEnv];
    return smtpChannel({
      ...smtp,
      ...omitUndefined({ password }),
      from: mail.from,
      timeout: smtpTimeout,
    });
  },
  sms: ({ sms }, options) => gatewayChannel(sms, options),
  voice: ({ voice }, options) => gatewayChannel(voice, options),
};

function gatewayChannel(settings: Gateway<SmsSender> | undefined, options: ChannelsOptions): Channel | undefined {
  const { warn, now, variables } = options;
  if (settings?.webhook) {
    const { url, secretEnv } = settings.webhook;
    return webhookChannel({ url, secret: secretIn(secretEnv, variables), warn });
  }
  if (!settings?.twilio) return undefined;
  const { authTokenEnv, ...twilio } = settings.twilio;
  return twilioChannel({ ...twilio, authToken: secretIn(authTokenEnv, variables), warn, now });
}

function secretIn(name: string, variables: ChannelsOptions['variables']): string {
  const secret = variables[name];
  if (!secret) throw new Error(`the environment variable ${name} is not set`);
  return secret;
}

interface Built {
  readonly settings: ChannelSettings;
  readonly from: string;
  readonly channel: Channel | undefined;
}

const noSettings: ChannelSettings = {};

/** Channels and their connections are kept until their settings change. */
export function createChannels(options: ChannelsOptions): Channels {
  const { settings, inbox } = options;
  const kept = new Map<ChannelKind, Built>();
  return {
    get(kind) {
      const current = settings() ?? noSettings;
      const before = kept.get(kind);
      // Called for each page. A revision has a single settings object, so comparing it is enough.
      if (before?.settings === current) return before.channel ?? inbox;
      const from = JSON.stringify(current);
      if (before?.from === from) {
        kept.set(kind, { ...before, settings: current });
        return before.channel ?? inbox;
      }
      before?.channel?.close?.();
      kept.delete(kind);
      const channel = builders[kind](current, options);
      kept.set(kind, { settings: current, from, channel });
      return channel ?? inbox;
    },
    close() {
      for (const { channel } of kept.values()) channel?.close?.();
      kept.clear();
    },
  };
}
