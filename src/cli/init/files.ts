/** The files that `config init` writes: a small configuration with comments, to be changed by the operator. */
import { yamlText } from '../../policy/source/yaml-text.ts';
import type { InitAnswers } from './answers.ts';

/** Texts by path. `secretHash`: the hash of the app's secret, if it has one. */
export function initialFiles(answers: InitAnswers, secretHash: string | undefined): ReadonlyMap<string, string> {
  return new Map([
    ['stepgate.yaml', settings(answers)],
    [`apps/${answers.app.clientId}.yaml`, app(answers, secretHash)],
    ['policies/session.yaml', sessionPolicy],
    ['policies/sign-on/standard.yaml', signOnPolicy],
    ['policies/enrollment.yaml', enrollmentPolicy],
    ...(answers.mail ? ([['policies/recovery.yaml', recoveryPolicy]] as const) : []),
    ['tests/standard.yaml', policyTests(answers)],
  ]);
}

function settings({ issuer, name, mail }: InitAnswers): string {
  return `# yaml-language-server: $schema=schema/settings.schema.json
#
# Settings of the whole installation. Every key that is not here has its default; an editor that reads the schema above
# shows all of them. Durations are ISO 8601: PT12H is twelve hours, P30D thirty days. \${NAME} is an environment variable.

# The public URL. Apps, tokens and passkeys are bound to it: it cannot change later without all of them noticing.
issuer: ${yamlText(issuer)}

brand:
  name: ${yamlText(name)}

# How many proxies of yours are in front, such as the one that ends TLS. With 0, X-Forwarded-For is never believed, and
# every request seems to come from the proxy.
trustedProxies: 0

# Networks that rules can ask for by name.
# zones:
#   office:
#     cidrs: [192.0.2.0/24]

groups:
  admins:
    description: Those who run this installation.

# What users can sign in with. Which of them an app takes, its sign-on policy says.
authenticators:
  password:
    enabled: true
  # Codes of an authenticator app.
  totp:
    enabled: true
  # Passkeys and security keys. They work on HTTPS and on localhost.
  webauthn:
    enabled: true
  # Ten codes on paper, for the day when phone and laptop are gone.
  recovery_code:
    enabled: true
  # What an administrator hands to a user who has lost everything else: \`stepgate users tac\`.
  access_code:
    enabled: true
${mail ? mailedCodes : ''}
${mail ? mailSection(mail) : mailLater}`;
}

const mailedCodes = `  # A code and a link, sent to an address that is known to be the user's.
  email:
    enabled: true
`;

function mailSection({ from, host, user }: NonNullable<InitAnswers['mail']>): string {
  const secret = user === undefined ? '' : `    user: ${yamlText(user)}\n    passwordEnv: SMTP_PASSWORD\n`;
  const where = user === undefined ? '' : ' The password is in the environment variable SMTP_PASSWORD, and in no file.';
  return `# How mail goes out.${where}
mail:
  from: ${yamlText(from)}
  smtp:
    host: ${yamlText(host)}
${secret}`;
}

const mailLater = `# How mail goes out. Without it, users get no codes and no news by mail, and cannot set a new password by themselves.
# Then also enable \`email\` above.
# mail:
#   from: no-reply@example.org
#   smtp:
#     host: mail.example.org
#     user: stepgate
#     passwordEnv: SMTP_PASSWORD
`;

function app({ app: { clientId, name, redirectUri } }: InitAnswers, secretHash: string | undefined): string {
  const secret = `# The app proves itself with its secret. This is the SHA-256 of it; the secret itself is in no file.
clientSecretHash: ${secretHash}
`;
  const method =
    secretHash === undefined
      ? '  # A public client: it can keep no secret, and proves itself with PKCE.\n  token_endpoint_auth_method: none\n'
      : '';
  return `# yaml-language-server: $schema=../schema/app.schema.json
#
# One app. Each further app has a file of its own in this directory.

clientId: ${yamlText(clientId)}
name: ${yamlText(name)}
signOnPolicy: standard
${secretHash === undefined ? '' : secret}
# OpenID Connect client metadata, by the names of the specification.
client:
  redirect_uris:
    - ${yamlText(redirectUri)}
  grant_types:
    - authorization_code
    - refresh_token
${method}`;
}

const sessionPolicy = `# yaml-language-server: $schema=../schema/session.schema.json
#
# Holds for every sign-in, before the policy of the app. The first rule whose conditions all hold decides; the last one has
# no \`when\`, so that there is always an answer.

rules:
  - name: Everybody
    then:
      allow:
        # Anything that a user has set up may come first; the app decides whether it wants a second factor.
        primary: any
        secondFactor: never
        # The session ends two hours after its last use, and after a day in any case.
        idle: PT2H
        absolute: P1D
`;

const signOnPolicy = `# yaml-language-server: $schema=../../schema/sign-on.schema.json
#
# How sure the app must be of a user. Rules are read from top to bottom; the first one whose conditions all hold decides.
# \`config who\` shows the result, \`config test\` checks it, \`explain\` explains one sign-in.

name: standard
rules:
  # Two factors of different types. A mailbox or a phone number can be taken over from afar, so they do not count here.
  - name: Administrators, two factors
    when:
      groups:
        any: [admins]
    then:
      allow:
        factors: 2
        possession:
          exclude: [email, phone]

  - name: Everybody else
    then:
      allow:
        factors: 1
`;

const enrollmentPolicy = `# yaml-language-server: $schema=../schema/enrollment.schema.json
#
# What users must set up (\`required\`), and what they are offered (\`promote\`). What is named nowhere may be set up at
# /account.

rules:
  - name: A second factor for administrators
    when:
      groups:
        any: [admins]
    then:
      required:
        - anyOf: [totp, webauthn]

  # Offered after a sign-in, again after thirty days, and no longer after the third time.
  - name: A passkey for everybody else
    then:
      promote:
        webauthn:
          cooldown: P30D
          skips: 3
`;

const recoveryPolicy = `# yaml-language-server: $schema=../schema/recovery.schema.json
#
# What a user who forgot the password proves to choose a new one. A recovery never replaces a second factor.

rules:
  - name: Only another administrator helps an administrator
    when:
      groups:
        any: [admins]
    then: deny

  - name: Everybody else
    then:
      allow:
        possession:
          authenticators: [email]
`;

function policyTests({ app: { clientId } }: InitAnswers): string {
  const id = yamlText(clientId);
  return `# yaml-language-server: $schema=../schema/tests.schema.json
#
# What the policies are meant to do. \`config test\` runs these: a change that breaks one is seen before it is active.

tests:
  - name: Administrators prove two factors
    app: ${id}
    user: { groups: [admins], enrolled: [password, totp] }
    expect:
      deny: false
      steps: [password, totp]
      rule: Administrators, two factors

  - name: A new administrator sets up a second factor
    app: ${id}
    user: { groups: [admins] }
    expect:
      deny: false
      steps: [password, { enroll: [totp, webauthn] }]

  - name: Others prove one, and are offered a passkey
    app: ${id}
    user: {}
    expect:
      deny: false
      steps: [password, { offer: webauthn }]
      rule: Everybody else
`;
}
