/** The findings in each kind of file, with their places. */
import { describe, expect, test } from '@jest/globals';
import { readYaml } from '../../../../src/policy/source/yaml-source.ts';
import { findingLines, load, validFiles } from '../support/configuration-dir.ts';

const settings = 'stepgate.yaml';
const app = 'apps/notes.yaml';
const session = 'policies/session.yaml';
const policy = 'policies/sign-on/notes.yaml';

test('the valid configuration has no finding', async () => {
  expect(await findingLines()).toEqual([]);
});

const brand = 'brand: { name: A }\n';

test.each<[string, string, readonly string[]]>([
  [
    'a key twice',
    'brand: { name: A }\nbrand: { name: B }\n',
    ['2:1 `brand` stands twice in this mapping; remove one [yaml_duplicate_key]'],
  ],
  [
    'a bracket left open',
    'brand: {name: A\n',
    ['1:16 Flow map in block collection must be sufficiently indented and end with a } [yaml_syntax]'],
  ],
  ['a tab', 'brand:\n\tname: A\n', ['2:1 Tabs are not allowed as indentation [yaml_syntax]']],
  ['nothing', '', ['1:1 must be a mapping, not empty; write the keys of such a file [invalid_value]']],
  ['a list', '- a\n', ['1:1 must be a mapping, not a list; write the keys of such a file [invalid_value]']],
  ['two documents', '--- 1\n--- 2\n', ['2:1 a file holds one document only [yaml_syntax]']],
  ['a tag', 'brand: !!js/function 1\n', ['1:8 Unresolved tag: tag:yaml.org,2002:js/function [yaml_syntax]']],
  ['an alias without an anchor', 'a: 1\nb: *y\n', ['2:4 there is no anchor `y` before this [yaml_syntax]']],
  [
    'a cycle',
    'brand: &b\n  name: A\n  more: *b\n',
    ['3:9 `*b` stands within what it refers to; write out what is meant [yaml_cycle]'],
  ],
  ['a key that is a list', '? [a]\n: b\n', ['1:3 a key must be a text [yaml_syntax]']],
  ['a dangerous key', '__proto__: { a: 1 }\n', ['1:1 `__proto__` cannot be a key [yaml_syntax]']],
  ['too deep', '['.repeat(20_000), ['1:933 is nested too deeply [yaml_too_deep]']],
  [
    'aliases that blow up',
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${Array(9).fill('*a').join()}]\nc: &c [${Array(9).fill('*b').join()}]\n`,
    ['1:1 aliases blow the file up: they may be used 50 times at most [yaml_aliases]'],
  ],
])('syntax: %s', async (_, text, expected) => {
  const lines = await findingLines({ [settings]: text });
  expect(lines.map((line) => line.replace(/^stepgate\.yaml:1:\d+ is nested/, 'stepgate.yaml:1:933 is nested'))).toEqual(
    expected.map((line) => `${settings}:${line}`),
  );
});

test.each<[string, string, readonly string[]]>([
  [
    'missing and misspelt',
    'brand: { nam: A }\n',
    [
      '1:8 brand.name is missing [value_missing]',
      '1:10 brand.nam unknown key `nam`; did you mean `name`? [unknown_key]',
    ],
  ],
  ['an empty value', 'brand:\n', ['1:7 brand must be a mapping, not empty [invalid_value]']],
  ['an empty text', 'brand: { name: "" }\n', ['1:16 brand.name must not be empty [invalid_value]']],
  [
    'a colour',
    'brand: { name: A, accent: red }\n',
    ['1:27 brand.accent must be a colour such as "#1a5fb4" [invalid_value]'],
  ],
  [
    'a number in quotes',
    `${brand}trustedProxies: "2"\n`,
    ['2:17 trustedProxies must be a number, not the text `2` (write it without quotes) [invalid_value]'],
  ],
  [
    'a variable for a number',
    `${brand}trustedProxies: \${N:-2}\n`,
    ['2:17 trustedProxies must be a number, not the text `2` (a variable is always a text) [invalid_value]'],
  ],
  [
    'a variable in quotes for true or false',
    `${brand}account: { download: "\${N:-true}" }\n`,
    ['2:22 account.download must be true or false, not the text `true` (a variable is always a text) [invalid_value]'],
  ],
  [
    'a fraction',
    `${brand}trustedProxies: 2.5\n`,
    ['2:17 trustedProxies must be a whole number, not 2.5 [invalid_value]'],
  ],
  ['too small', `${brand}trustedProxies: -1\n`, ['2:17 trustedProxies must be at least 0 [invalid_value]']],
  ['too large', `${brand}trustedProxies: 11\n`, ['2:17 trustedProxies must be at most 10 [invalid_value]']],
  [
    'an issuer without TLS',
    `${brand}issuer: http://id.example.org\n`,
    ['2:9 issuer must be https: http is for loopback addresses only [invalid_value]'],
  ],
  [
    'an issuer below a path',
    `${brand}issuer: https://id.example.org/x\n`,
    ['2:9 issuer must be at the root of its host, without path and query [invalid_value]'],
  ],
  [
    'an issuer in capitals',
    `${brand}issuer: https://ID.example.org\n`,
    ['2:9 issuer must be written as https://id.example.org [invalid_value]'],
  ],
  [
    'networks',
    `${brand}zones:\n  office:\n    cidrs: [192.0.2.0/33, x, "::ffff:1.2.3.4"]\n`,
    [
      '4:13 zones.office.cidrs[0] must have a prefix of 0 to 32 [invalid_value]',
      '4:27 zones.office.cidrs[1] is not a network such as 192.0.2.0/24 or 2001:db8::/48 [invalid_value]',
      '4:30 zones.office.cidrs[2] is an IPv4-mapped address: write it as IPv4 [invalid_value]',
    ],
  ],
  [
    'the name of a zone',
    `${brand}zones: { "a b": { cidrs: [] } }\n`,
    [
      '2:10 zones["a b"] key `a b` must be made of letters, digits, ".", "_" and "-", begin and end with a letter or digit, and have at most 100 characters [invalid_value]',
    ],
  ],
  [
    'authenticators',
    `${brand}authenticators:\n  pasword: { enabled: true }\n  totp: { enabled: yes }\n  password: { words: [''], max: 1 }\n`,
    [
      '3:3 authenticators.pasword unknown authenticator `pasword`; did you mean `password`? [unknown_reference]',
      '4:20 authenticators.totp.enabled must be true or false, not the text `yes` [invalid_value]',
      '5:23 authenticators.password.words[0] must not be empty [invalid_value]',
      '5:28 authenticators.password.max unknown key `max`; use one of: enabled, words, list, breachedPasswords [unknown_key]',
    ],
  ],
  [
    'durations',
    `${brand}tokens:\n  authorizationCode: PT5M\n  accessToken: 1h\n  idToken: P1M\n  interaction: PT1S\n  refreshToken: { idle: P100D }\n`,
    [
      '3:22 tokens.authorizationCode must be at most PT1M [invalid_value]',
      '4:16 tokens.accessToken must be an ISO 8601 duration of weeks, or days, hours, minutes and seconds, such as PT12H, P30D or P1DT12H [invalid_value]',
      '5:12 tokens.idToken must be an ISO 8601 duration of weeks, or days, hours, minutes and seconds, such as PT12H, P30D or P1DT12H [invalid_value]',
      '6:16 tokens.interaction must be at least PT1M [invalid_value]',
      '7:17 tokens.refreshToken `idle` must not be longer than `absolute` [invalid_value]',
    ],
  ],
  [
    'no acr value',
    `${brand}acrValues: []\n`,
    ['2:12 acrValues must not be empty: leave it out to have the shipped values [invalid_value]'],
  ],
  [
    'acr values',
    `${brand}acrValues:\n  - { value: x, requirement: {} }\n  - { value: x, requirement: { anyOf: [] } }\n  - { value: y, requirement: { knowledge: { authenticators: [sms] } } }\n`,
    [
      '3:30 acrValues[0].requirement demands nothing: give `factors`, `knowledge`, `possession`, `inherence`, `any`, `anyOf` or `chains` [invalid_value]',
      '4:14 acrValues[1].value another acr value, in line 3, has the same name [duplicate_name]',
      '4:39 acrValues[1].requirement.anyOf must not be empty: no user could ever get in [invalid_value]',
      '5:62 acrValues[2].requirement.knowledge.authenticators[0] unknown authenticator `sms`; known: password, totp, webauthn [unknown_reference]',
    ],
  ],
  [
    'resources',
    `${brand}resources:\n  - indicator: api\n  - { indicator: "https://api.test", accessToken: { algorithm: RS257 } }\n  - indicator: https://api.test\n`,
    [
      '3:16 resources[0].indicator must be an absolute URI without fragment [invalid_value]',
      '4:64 resources[1].accessToken.algorithm must be one of RS256, PS256, ES256, EdDSA; did you mean `RS256`? [invalid_value]',
      '4:64 resources[1].accessToken.algorithm `RS257` is not enabled: add it to signing.algorithms in stepgate.yaml, or use RS256 or ES256 [setting_missing]',
      '5:16 resources[2].indicator another resource, in line 4, has the same name [duplicate_name]',
    ],
  ],
  [
    'an unset variable',
    `brand: { name: "\${NOPE}" }\n`,
    ['1:16 the environment variable NOPE is not set, and there is no default [variable_missing]'],
  ],
  [
    'what is not a variable',
    `brand:\n  name: \${A B}\n`,
    [
      `2:9 \`\${A B}\` is not a variable: write \${NAME} or \${NAME:-default}, or $\${...} for the characters themselves [variable_missing]`,
    ],
  ],
])('settings: %s', async (_, text, expected) => {
  const zones = text.includes('zones:') ? '' : 'zones: { office: { cidrs: [192.0.2.0/24] } }\n';
  expect(await findingLines({ [settings]: text + zones })).toEqual(expected.map((line) => `${settings}:${line}`));
});

const head = 'clientId: notes\nname: Notes\nsignOnPolicy: notes\n';
const redirect = 'client:\n  redirect_uris: [https://notes.test/cb]\n';

test.each<[string, string, readonly string[]]>([
  ['almost empty', 'name: Notes\n', ['1:1 clientId is missing', '1:1 client is missing']],
  [
    'names of others',
    `clientId: notes\nname: Notes\nsignOnPolicy: noets\nminimumAcr: phrr\n${redirect}  default_acr_values: [nope]\n  scope: openid emial\n`,
    [
      '3:15 signOnPolicy unknown sign-on policy `noets`; did you mean `notes`?',
      '4:13 minimumAcr unknown acr value `phrr`; did you mean `phrh`?',
      '7:24 client.default_acr_values[0] unknown acr value `nope`; known: phrh, phr, urn:okta:loa:2fa:any, urn:okta:loa:1fa:pwd, urn:okta:loa:1fa:any',
      '8:10 client.scope unknown scope `emial`; did you mean `email`?',
    ],
  ],
  [
    'redirect URIs',
    `${head}client:\n  redirect_uris:\n    - https://*.test/cb\n    - http://notes.test/cb\n    - "https://a.test/#x"\n    - foo\n    - com.x:/cb\n    - https://u:p@a.test/\n    - "https://a.test/ b"\n`,
    [
      '6:7 client.redirect_uris[0] must be one exact URL: wildcards are not supported',
      '7:7 client.redirect_uris[1] must be https: http is for loopback addresses only',
      '8:7 client.redirect_uris[2] must not have a fragment',
      '9:7 client.redirect_uris[3] must be an absolute URL',
      '10:7 client.redirect_uris[4] must be https, or http on loopback',
      '11:7 client.redirect_uris[5] must not hold a user name or password',
      '12:7 client.redirect_uris[6] must be an absolute URL',
    ],
  ],
  [
    'a redirect URI twice',
    `${head}client:\n  redirect_uris: [https://a.test/, https://a.test/]\n`,
    ['5:18 client.redirect_uris names `https://a.test/` twice'],
  ],
  [
    'none at all',
    `${head}client: {}\n`,
    ['4:9 client.redirect_uris is missing: the authorization_code grant needs it'],
  ],
  [
    'https on loopback for a native app',
    `${head}client:\n  application_type: native\n  redirect_uris: [https://localhost/cb]\n`,
    ['6:19 client.redirect_uris[0] must be http: native apps have no certificate for loopback'],
  ],
  [
    'other flows',
    `${head}${redirect}  grant_types: [implicit]\n  response_types: [token]\n  redirect_uri: https://a.test/\n`,
    [
      '6:17 client.grant_types[0] must be one of authorization_code, refresh_token, urn:ietf:params:oauth:grant-type:device_code',
      '7:20 client.response_types[0] must be code',
      '8:3 client.redirect_uri unknown key `redirect_uri`; did you mean `redirect_uris`?',
    ],
  ],
  [
    'secrets in the file',
    `${head}clientSecretHash: secret\n${redirect}  client_secret: s\n  jwks: { keys: [{ kty: oct, k: a }, { kty: EC, d: x }] }\n`,
    [
      '4:19 clientSecretHash must be `sha256:` and the base64url SHA-256 of the secret: never the secret itself',
      '7:3 client.client_secret unknown key `client_secret`',
      '8:25 client.jwks.keys[0].kty must be RSA, EC or OKP: a symmetric key is a secret',
      '8:38 client.jwks.keys[1] is a private key: give the public one only',
    ],
  ],
  [
    'a method without its secret',
    `${head}${redirect}  token_endpoint_auth_method: client_secret_basic\n`,
    ['6:31 client.token_endpoint_auth_method needs clientSecretHash'],
  ],
  [
    'a secret without its method',
    `${head}clientSecretHash: sha256:${'A'.repeat(43)}\n${redirect}  token_endpoint_auth_method: none\n`,
    ['7:31 client.token_endpoint_auth_method does not use the secret: remove clientSecretHash'],
  ],
  [
    'a method without its keys',
    `${head}${redirect}  token_endpoint_auth_method: private_key_jwt\n`,
    ['6:31 client.token_endpoint_auth_method needs jwks or jwks_uri'],
  ],
  [
    'initiate_login_uri on loopback',
    `${head}${redirect}  initiate_login_uri: http://localhost/start\n`,
    ['6:23 client.initiate_login_uri must be https, also on loopback'],
  ],
])('app: %s', async (_, text, expected) => {
  expect(await findingLines({ [app]: text })).toEqual(
    expected.map((line) => expect.stringContaining(`${app}:${line}`)),
  );
});

describe('scopes of APIs', () => {
  const own = `${brand}resources: [{ indicator: https://api.test/, scopes: [read, { scope: write, label: Write }] }]\n`;

  test('client.scope takes none, with which no request of the app would be answered', async () => {
    const text = `${head}${redirect}  scope: openid write raed\n`;
    const isOfApi = 'is a scope of an API, for which every app may ask: leave it out here [invalid_value]';
    expect(await findingLines({ [app]: text, [settings]: own })).toEqual([
      expect.stringContaining(`${app}:6:10 client.scope \`write\` ${isOfApi}`),
      expect.stringContaining(`${app}:6:10 client.scope unknown scope \`raed\``),
    ]);
  });

  test('users may have to allow them, whatever client.scope lists', async () => {
    const text = `${head}firstParty: false\nrequiredScopes: [write, email]\n${redirect}  scope: openid\n`;
    expect(await findingLines({ [app]: text, [settings]: own })).toEqual([
      expect.stringContaining(`${app}:5:25 requiredScopes[1] is not among the scopes in \`client.scope\``),
    ]);
  });

  test('rules name them, also those with a label', async () => {
    const rules = '  - name: A\n    then: { allow: { factors: 1 }, grant: { scopes: [read, write] } }\n';
    expect(await findingLines({ [policy]: `name: notes\nrules:\n${rules}`, [settings]: own })).toEqual([]);
  });
});

const catchAll = '  - name: Rest\n    then: deny\n';
const allow = (text: string) => `  - name: A\n    then:\n      allow: ${text}\n`;
const when = (text: string) => `  - name: A\n    when:\n      ${text}\n    then: deny\n${catchAll}`;
const demandsNothing =
  'demands nothing: give `factors`, `knowledge`, `possession`, `inherence`, `any`, `anyOf` or `chains` [invalid_value]';

test.each<[string, string, readonly string[]]>([
  ['no rules', '  []\n', ['3:3 rules must hold at least the catch-all rule [invalid_value]']],
  [
    'no catch-all',
    '  - name: A\n    when: { groups: { any: [x] } }\n    then: deny\n',
    ['3:5 rules[0] the policy must end in a catch-all rule: one without `when` [catch_all_missing]'],
  ],
  ...[
    ['enabled: false', 'is switched off'],
    ['reportOnly: true', 'only reports'],
  ].map(([off, why]): [string, string, readonly string[]] => [
    `a last rule that ${why}`,
    `  - name: A\n    when: { groups: { any: [x] } }\n    then: deny\n  - name: B\n    ${off}\n    then: deny\n`,
    [
      `6:5 rules[1] the policy must end in a catch-all rule: one without \`when\`, and this one ${why} [catch_all_missing]`,
    ],
  ]),
  [
    'a rule after the catch-all, with its name',
    '  - name: A\n    then: deny\n  - name: A\n    then: deny\n',
    [
      '5:5 rules[1] never applies: the rule before it, in line 3, has no `when` and applies always [catch_all_misplaced]',
      '5:11 rules[1].name another rule, in line 3, has the same name [duplicate_name]',
    ],
  ],
  [
    'an outcome that is unknown',
    '  - name: A\n    then: allow\n',
    ['4:11 rules[0].then must be `deny`, or `allow:` with what must be proved [invalid_value]'],
  ],
  ['no outcome', '  - name: A\n', ['3:5 rules[0].then is missing [value_missing]']],
  [
    'allow misspelt',
    '  - name: A\n    then:\n      alow: { factors: 2 }\n',
    [
      '5:7 rules[0].then.allow is missing [value_missing]',
      '5:7 rules[0].then.alow unknown key `alow`; did you mean `allow`? [unknown_key]',
    ],
  ],
  ['an empty allow', allow('{}'), [`5:14 rules[0].then.allow ${demandsNothing}`]],
  ['an age of nothing', allow('{ reauthenticate: PT1H }'), [`5:14 rules[0].then.allow ${demandsNothing}`]],
  [
    'reauthenticate misspelt',
    allow('{ reauthenticte: PT1H, factors: 2 }'),
    [
      '5:16 rules[0].then.allow.reauthenticte unknown key `reauthenticte`; did you mean `reauthenticate`? [unknown_key]',
    ],
  ],
  [
    'words for values',
    allow('{ reauthenticate: sometimes, factors: two }'),
    [
      '5:32 rules[0].then.allow.reauthenticate must be `always`, `session`, or an ISO 8601 duration such as PT12H [invalid_value]',
      '5:52 rules[0].then.allow.factors must be 1, 2 or 3 [invalid_value]',
    ],
  ],
  [
    'no alternative',
    allow('{ anyOf: [] }'),
    ['5:23 rules[0].then.allow.anyOf must not be empty: no user could ever get in [invalid_value]'],
  ],
  [
    'chains in an alternative',
    allow('{ anyOf: [{ chains: [[{ authenticators: [password] }]] }, { possession: {} }] }'),
    [
      '5:34 rules[0].then.allow.anyOf[0].chains cannot stand in `anyOf`: write `chains` in its place, with a list for each way, of which one is enough [invalid_value]',
    ],
  ],
  [
    'alternatives beside factors',
    allow('{ anyOf: [{ factors: 2 }], factors: 2 }'),
    [
      '5:14 rules[0].then.allow `anyOf` and `chains` each stand alone: move the other keys into the alternatives [invalid_value]',
    ],
  ],
  [
    'demands',
    allow('{ knowledge: { authenticators: [totp, sms], phishingResistant: false }, any: {} }'),
    [
      '5:46 rules[0].then.allow.knowledge.authenticators[0] `totp` is never knowledge, only possession [authenticator_unfit]',
      '5:52 rules[0].then.allow.knowledge.authenticators[1] unknown authenticator `sms`; known: password, totp, webauthn [unknown_reference]',
      '5:77 rules[0].then.allow.knowledge.phishingResistant can only be true: leave it out when it is not demanded [invalid_value]',
      '5:91 rules[0].then.allow.any says nothing: give at least one of authenticators, exclude, userPresence, userVerification, deviceBound, hardwareProtected, phishingResistant, maxAge, maxIdle [invalid_value]',
    ],
  ],
  [
    'chains',
    allow('{ chains: [[{ authenticators: [paswords] }, { authenticators: [] }], []] }'),
    [
      '5:45 rules[0].then.allow.chains[0][0].authenticators[0] unknown authenticator `paswords`; did you mean `password`? [unknown_reference]',
      '5:76 rules[0].then.allow.chains[0][1].authenticators must not be empty [invalid_value]',
      '5:83 rules[0].then.allow.chains[1] must not be empty [invalid_value]',
    ],
  ],
  [
    'no condition',
    `  - name: A\n    when: {}\n    then: deny\n${catchAll}`,
    [
      '4:11 rules[0].when says nothing: give at least one of users, groups, userType, network, device, apps, scopes, claims, time, accountAge, lastSignIn, risk, distance, recovered, attributes, expression, any [invalid_value]',
    ],
  ],
  [
    'a scope that there is not',
    '  - { name: A, then: { allow: { factors: 1 }, grant: { scopes: [openid, emial] } } }\n',
    ['3:73 rules[0].then.grant.scopes[1] unknown scope `emial`; did you mean `email`? [unknown_reference]'],
  ],
  [
    'a device of which nothing is said',
    when('device: { managed: true, assurance: { any: [healthy] } }'),
    [
      '5:26 rules[0].when.device.managed needs `deviceSignals` in stepgate.yaml: who may say so of a device [setting_missing]',
      '5:43 rules[0].when.device.assurance needs `deviceSignals` in stepgate.yaml: who may say so of a device [setting_missing]',
      '5:51 rules[0].when.device.assurance.any[0] unknown device assurance `healthy` [unknown_reference]',
    ],
  ],
  [
    'a distance that is none',
    when('distance: { within: 5 miles }'),
    [
      '5:17 rules[0].when.distance needs a MaxMind DB file with places: name one in `networkData.country` [setting_missing]',
      '5:27 rules[0].when.distance.within must be whole kilometres, such as 500 km [invalid_value]',
    ],
  ],
  [
    'two distances, and a signal without its file',
    when('distance: { within: 5 km, notWithin: 9 km }\n      risk: { any: [newCountry, newNetwork], atLeast: low }'),
    [
      '5:17 rules[0].when.distance give either `within` or `notWithin` [invalid_value]',
      '5:17 rules[0].when.distance needs a MaxMind DB file with places: name one in `networkData.country` [setting_missing]',
      '6:21 rules[0].when.risk.any[0] needs a MaxMind DB file with places: name one in `networkData.country` [setting_missing]',
      '6:55 rules[0].when.risk.atLeast must be one of medium, high [invalid_value]',
    ],
  ],
  [
    'an unknown condition',
    when('weather: high'),
    [
      '5:7 rules[0].when.weather unknown key `weather`; use one of: users, groups, userType, network, device, apps, scopes, claims, time, accountAge, lastSignIn, risk, distance, recovered, attributes, expression, any [unknown_key]',
    ],
  ],
  [
    'faults in alternatives',
    when('any: [{ network: { any: [ofice] } }, { groups: {} }, { any: [] }, { apps: { none: [nots] } }]'),
    [
      '5:32 rules[0].when.any[0].network.any[0] unknown zone `ofice`; did you mean `office`? [unknown_reference]',
      '5:54 rules[0].when.any[1].groups says nothing: give at least one of any, all, none [invalid_value]',
      '5:62 rules[0].when.any[2].any unknown key `any`; use one of: users, groups, userType, network, device, apps, scopes, claims, time, accountAge, lastSignIn, risk, distance, recovered, attributes, expression [unknown_key]',
      '5:90 rules[0].when.any[3].apps.none[0] unknown app `nots`; did you mean `notes`? [unknown_reference]',
    ],
  ],
  [
    'tests of attributes',
    when(
      'attributes: { locale: { atLeast: 3 }, a: { before: soon, below: x }, b: { present: false, equals: 1 }, c: { not: {} }, d: { not: { not: { equals: 1 } } } }',
    ),
    [
      '5:40 rules[0].when.attributes.locale.atLeast compares a number, and `locale` is a locale: no value can pass [type_mismatch]',
      '5:58 rules[0].when.attributes.a.before must be a date such as 2027-01-31, a time such as 2027-01-31T18:00:00+01:00, `now`, or `now` and a duration such as now-P30D [invalid_value]',
      '5:71 rules[0].when.attributes.a.below must be a number [invalid_value]',
      '5:79 rules[0].when.attributes.b asks for the value of an attribute that has none: leave out everything except `present: false` [invalid_value]',
      '5:120 rules[0].when.attributes.c.not says nothing: give at least one of equals, in, matches, atLeast, above, atMost, below, before, after [invalid_value]',
      '5:138 rules[0].when.attributes.d.not.not unknown key `not`; use one of: equals, in, matches, atLeast, above, atMost, below, before, after [unknown_key]',
    ],
  ],
  [
    'a last sign-in both ways',
    when('lastSignIn: { within: P1D, notWithin: P2D }'),
    ['5:19 rules[0].when.lastSignIn give either `within` or `notWithin` [invalid_value]'],
  ],
  [
    'a level between nothing',
    when('risk: { atLeast: high, below: medium }'),
    ['5:13 rules[0].when.risk `atLeast` is not below `below`: no sign-in can match [invalid_value]'],
  ],
  [
    'an age between nothing',
    when('accountAge: { atLeast: P2D, below: P1D }'),
    ['5:19 rules[0].when.accountAge `atLeast` is not below `below`: no account can match [invalid_value]'],
  ],
  [
    'one alternative',
    when('any: [{ groups: { any: [a] } }]'),
    ['5:12 rules[0].when.any has one alternative only: write its conditions without `any` [invalid_value]'],
  ],
  [
    'one alternative twice',
    when('any: [{ groups: { any: [a] } }, { network: { any: [office] } }, { groups: { any: [a] } }]'),
    ['5:12 rules[0].when.any says the same in [0] and [2] [invalid_value]'],
  ],
  [
    'how the user signed in, in an alternative',
    when('any: [{ authenticated: { any: [totp] } }, { network: { any: [office] } }]'),
    [
      '5:30 rules[0].when.any[0].authenticated means nothing here: these rules decide before it is known how the user signs in. Rules of enrollment and profile policies may ask for it [invalid_value]',
    ],
  ],
  [
    'how the user signed in',
    when('authenticated: { any: [totp] }'),
    [
      '5:22 rules[0].when.authenticated means nothing here: these rules decide before it is known how the user signs in. Rules of enrollment and profile policies may ask for it [invalid_value]',
    ],
  ],
  [
    'an unknown zone',
    when('network: { any: [ofice] }'),
    ['5:24 rules[0].when.network.any[0] unknown zone `ofice`; did you mean `office`? [unknown_reference]'],
  ],
  [
    'an empty list',
    when('network: { none: [] }'),
    ['5:24 rules[0].when.network.none must not be empty [invalid_value]'],
  ],
  [
    'an empty condition',
    when('groups: {}'),
    ['5:15 rules[0].when.groups says nothing: give at least one of any, all, none [invalid_value]'],
  ],
  [
    'a clock and a zone',
    when('time: { from: 8:00, to: "18:00", zone: Mars/X }'),
    [
      '5:21 rules[0].when.time.from must be a time of day between "00:00" and "24:00" [invalid_value]',
      '5:46 rules[0].when.time.zone is not a time zone of the IANA database, such as Europe/Vienna [invalid_value]',
    ],
  ],
  [
    'an offset for a zone',
    when('time: { days: [mon], zone: "+01:00" }'),
    ['5:34 rules[0].when.time.zone is not a time zone of the IANA database, such as Europe/Vienna [invalid_value]'],
  ],
  [
    'half a span',
    when('time: { from: "08:00", zone: UTC }'),
    ['5:13 rules[0].when.time `from` and `to` go together [invalid_value]'],
  ],
  [
    'an empty span',
    when('time: { from: "08:00", to: "08:00", zone: UTC }'),
    ['5:13 rules[0].when.time `from` and `to` are the same: the span is empty [invalid_value]'],
  ],
  [
    'a span of nothing',
    when('time: { zone: UTC }'),
    ['5:13 rules[0].when.time says nothing: give `days`, or `from` and `to` [invalid_value]'],
  ],
  [
    'a day',
    when('time: { days: [monday], zone: UTC }'),
    ['5:22 rules[0].when.time.days[0] must be one of sun, mon, tue, wed, thu, fri, sat [invalid_value]'],
  ],
  [
    'an operating system',
    when('device: { os: [window] }'),
    [
      '5:22 rules[0].when.device.os[0] must be one of windows, macos, linux, chromeos, ios, android, other; did you mean `windows`? [invalid_value]',
    ],
  ],
  [
    'an attribute test',
    when('attributes: { unit: { equal: x } }'),
    ['5:29 rules[0].when.attributes.unit.equal unknown key `equal`; did you mean `equals`? [unknown_key]'],
  ],
  [
    'an attribute name',
    when('attributes: { "a-b": { equals: x } }'),
    ['5:21 rules[0].when.attributes.a-b key `a-b` is not the name of an attribute [invalid_value]'],
  ],
])('sign-on policy: %s', async (_, rules, expected) => {
  expect(await findingLines({ [policy]: `name: notes\nrules:\n${rules}` })).toEqual(
    expected.map((line) => `${policy}:${line}`),
  );
});

const nothingToSpare =
  'has nothing to waive: it takes `factors: 2` or more, proofs that may be older than this sign-in, and a possession that need not verify its user';

test.each<[string, string, string, string]>([
  ['one factor', '{ factors: 1 }', '{ device: P30D }', `rules[0].then.remember ${nothingToSpare}`],
  ['every proof anew', '{ factors: 2, reauthenticate: always }', '{ device: P30D }', nothingToSpare],
  ['a possession anew', '{ factors: 2, possession: { maxAge: PT0S } }', '{ device: P30D }', nothingToSpare],
  ['one proof for both', '{ factors: 2, possession: { userVerification: true } }', '{ device: P30D }', nothingToSpare],
  [
    'a chain',
    '{ chains: [[{ authenticators: [password] }, { authenticators: [totp] }]] }',
    '{ device: P30D }',
    'rules[0].then.remember a chain is proved step by step: `remember` goes with `factors` and `anyOf` only',
  ],
  ['too long', '{ factors: 2 }', '{ device: P181D }', 'rules[0].then.remember.device must be at most P180D'],
  ['nothing', '{ factors: 2 }', '{}', 'rules[0].then.remember.device is missing'],
  ['something else', '{ factors: 2 }', '{ device: P1D, user: P1D }', 'unknown key `user`'],
])('a sign-on rule cannot remember: %s', async (_, requirement, remember, expected) => {
  const rules = `  - name: A\n    then:\n      allow: ${requirement}\n      remember: ${remember}\n`;
  expect(await findingLines({ [policy]: `name: notes\nrules:\n${rules}` })).toEqual([
    expect.stringContaining(expected),
  ]);
});

test.each<[string, string, readonly string[]]>([
  [
    'words for values',
    '{ primary: pw, secondFactor: sometimes, idle: PT1H, absolute: P1D }',
    [
      '3:31 rules[0].then.allow.primary must be one of password, any [invalid_value]',
      '3:49 rules[0].then.allow.secondFactor must be `never`, `always`, `newDevice`, or `{ every: <duration> }` [invalid_value]',
    ],
  ],
  [
    'no absolute end',
    '{ primary: any, secondFactor: { every: 7d }, idle: PT1H }',
    [
      '3:20 rules[0].then.allow.absolute is missing [value_missing]',
      '3:59 rules[0].then.allow.secondFactor.every must be an ISO 8601 duration of weeks, or days, hours, minutes and seconds, such as PT12H, P30D or P1DT12H [invalid_value]',
    ],
  ],
  [
    'idle after the end',
    '{ primary: any, secondFactor: never, idle: P2D, absolute: P1D }',
    ['3:20 rules[0].then.allow `idle` must not be longer than `absolute` [invalid_value]'],
  ],
  [
    'a kept session that ends sooner',
    '{ primary: any, secondFactor: never, idle: PT1H, absolute: P1D, keepSignedIn: { idle: PT1H, absolute: P1D } }',
    [
      '3:20 rules[0].then.allow `keepSignedIn.absolute` must be longer than `absolute`: it would end sooner than a session that is not kept [invalid_value]',
    ],
  ],
])('session policy: %s', async (_, text, expected) => {
  expect(await findingLines({ [session]: `rules:\n  - name: A\n    then: { allow: ${text} }\n` })).toEqual(
    expected.map((line) => `${session}:${line}`),
  );
});

test('one client id or policy name in two files is reported at the later one', async () => {
  const twice = { 'apps/z.yaml': validFiles[app], 'policies/sign-on/z.yaml': validFiles[policy] };
  expect(await findingLines(twice)).toEqual([
    'apps/z.yaml:1:11 clientId `notes` stands in apps/notes.yaml already [duplicate_name]',
    'policies/sign-on/z.yaml:1:7 name `notes` stands in policies/sign-on/notes.yaml already [duplicate_name]',
  ]);
});

test('references to a broken file are not reported', async () => {
  const lines = await findingLines({
    [settings]: 'brand: [',
    [policy]: `name: notes\nrules:\n${when('network: { any: [office] }')}`,
  });
  expect(lines.map((line) => line.split(' ', 1)[0])).toEqual(['stepgate.yaml:1:9']);
});

test('all findings of all files are reported at once, by place', async () => {
  const loaded = await load({
    [settings]: `brnd: { name: A }\ntrustedProxies: many\n`,
    [app]:
      'clientId: notes\nname: Notes\nsignOnPolicy: none\nclient:\n  redirect_uris: [http://a.test/*]\n  wrong: 1\n',
    [session]: 'rules:\n  - name: A\n    when: { network: { any: [moon] } }\n    then: denied\n',
    [policy]: `name: notes\nrules:\n${catchAll}${allow('{ factors: 9 }')}`,
    'policies/profile.yaml': 'rules: []\n',
  });
  if (loaded.ok) throw new Error('it was accepted');
  expect(loaded.findings.map(({ file, line, column, path }) => `${file}:${line}:${column} ${path}`)).toEqual([
    'apps/notes.yaml:3:15 signOnPolicy',
    'apps/notes.yaml:5:19 client.redirect_uris[0]',
    'apps/notes.yaml:6:3 client.wrong',
    'policies/profile.yaml:1:1 ',
    'policies/session.yaml:2:5 rules[0]',
    'policies/session.yaml:3:30 rules[0].when.network.any[0]',
    'policies/session.yaml:4:11 rules[0].then',
    'policies/sign-on/notes.yaml:5:5 rules[1]',
    'policies/sign-on/notes.yaml:7:25 rules[1].then.allow.factors',
    'stepgate.yaml:1:1 brand',
    'stepgate.yaml:1:1 brnd',
    'stepgate.yaml:2:17 trustedProxies',
  ]);
});

test('a mapping of many keys is read in linear time', async () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`);
  const before = process.cpuUsage();
  const { findings } = readYaml('apps/a.yaml', [...keys, 'k7: 2'].join('\n'), { variables: {} });
  const { user } = process.cpuUsage(before);
  expect(findings.map(({ line, code }) => [line, code])).toEqual([[20_001, 'yaml_duplicate_key']]);
  // Microseconds. Comparing each key with all others took 30 times as many.
  expect(user).toBeLessThan(4_000_000);
  const { source } = readYaml('apps/a.yaml', keys.join('\n'), { variables: {} });
  const found = keys.map((_, index) => source?.locationOfKey([`k${index}`]).line);
  expect(found.at(-1)).toBe(20_000);
  expect(process.cpuUsage(before).user).toBeLessThan(8_000_000);
});

test('values of attributes are of their type, and one of their options', async () => {
  const described = `${validFiles['stepgate.yaml']}attributes:
  level: { type: number }
  member: { type: boolean }
  end: { type: date }
  department: { type: text, options: [{ value: sales, label: { en: Sales } }, { value: hr, label: { en: HR } }] }
`;
  const linesFor = (attributes: string) =>
    findingLines({
      [settings]: described,
      [policy]: `name: notes\nrules:\n  - { name: A, when: { attributes: ${attributes} }, then: deny }\n  - { name: B, then: { allow: { factors: 1 } } }\n`,
    });
  const texts = (lines: readonly string[]) => lines.map((line) => line.replace(/^.*?attributes\./, ''));
  expect(texts(await linesFor('{ level: { equals: "5", in: [3, high], not: { matches: "5*" } } }'))).toEqual([
    'level.equals compares a text, and `level` is a number: no value can pass [type_mismatch]',
    'level.in[1] compares a text, and `level` is a number: no value can pass [type_mismatch]',
    'level.not.matches compares a text, and `level` is a number: no value can pass [type_mismatch]',
  ]);
  expect(texts(await linesFor('{ end: { not: { equals: 5 } }, department: { in: [sales, false, salez] } }'))).toEqual([
    'end.not.equals compares a number, and `end` is a date: no value can pass [type_mismatch]',
    'department.in[1] compares a boolean, and `department` is a text: no value can pass [type_mismatch]',
    'department.in[2] unknown value of `department` `salez`; did you mean `sales`? [unknown_reference]',
  ]);
  const good = '{ level: { in: [5] }, member: { equals: true }, end: { equals: 2027-01-31 }, locale: { matches: de* }';
  expect(await linesFor(`${good}, department: { not: { equals: hr } } }`)).toEqual([]);
});

test('scopes that rules ask for are those of the configuration, of APIs, or of the account pages', async () => {
  const linesFor = (condition: string) =>
    findingLines({
      [policy]: `name: notes\nrules:\n  - { name: A, when: { ${condition} }, then: deny }\n  - { name: B, then: { allow: { factors: 1 } } }\n`,
    });
  expect(await linesFor('scopes: { any: [adress, email, "account:change"], none: [profil] }')).toEqual([
    expect.stringMatching(/any\[0\] unknown scope `adress`; did you mean `address`\? \[unknown_reference\]$/),
    expect.stringMatching(/none\[0\] unknown scope `profil`; did you mean `profile`\? \[unknown_reference\]$/),
  ]);
  expect(await linesFor(`expression: '"adress" in request.scopes || "email" in request.scopes'`)).toEqual([
    expect.stringMatching(/unknown scope `adress`; did you mean `address`\? \[unknown_reference\]$/),
  ]);
});
