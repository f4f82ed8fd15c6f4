/** Common passwords and answers, which attackers guess first. */

/** Whether the text is a common password, with or without the usual substitutions. */
export function isCommonPassword(text: string): boolean {
  return common.has(stem(text));
}

/** The text without case, the usual substitutions, and what is appended to satisfy a composition rule. */
export function stem(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase();
  const bare = plain.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  return bare === '' ? plain : bare.replace(/[013457@$!]/g, (sign) => substitutes[sign] ?? sign);
}

const substitutes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** Stems of the most frequent leaked passwords. */
const common: ReadonlySet<string> = new Set(
  (
    'password passwort passw passwd motdepasse contraseña senha letmein welcome willkommen changeme default secret iloveyou ' +
    'qwerty qwertyui qwertyuiop qwertz qwertzui azerty azertyui asdfghjk asdfghjkl asdfasdf zxcvbnm qazwsx qazwsxedc q1w2e3r4 iq2w3e4r ' +
    'abc abcd abcdefg abcdefgh abcdefghij admin administrator root superuser superman batman starwars pokemon naruto dragon monkey ' +
    'princess sunshine football baseball basketball liverpool chelsea arsenal computer internet samsung google facebook michael jennifer ' +
    'jordan michelle charlie shadow master trustno hunter killer whatever freedom summer winter spring autumn ' +
    'correcthorsebatterystaple testtest testpassword mypassword newpassword ' +
    '12345678 123456789 1234567890 0123456789 987654321 9876543210 87654321 11111111 00000000 12341234 11223344 1234567891'
  ).split(' '),
);
