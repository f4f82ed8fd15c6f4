/** A brand that has everything, with its files, for a server that knows no store. */
import { createHash } from 'node:crypto';
import type { BrandFile } from '../../../src/policy/model/brand.ts';
import type { Brand } from '../../../src/policy/revision/brand.ts';

/** By SHA-256. */
export const sampleBrandFiles = new Map<string, BrandFile>();

function logo(colour: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="170" height="36" viewBox="0 0 170 36"><circle cx="18" cy="18" r="16" fill="${colour}"/><path d="M10 24 18 9l8 15z" fill="#fff"/><text x="44" y="25" font-family="Georgia,serif" font-size="22" fill="${colour}">Northwind</text></svg>`;
  return picture(svg);
}

/** Its address. */
function picture(svg: string): string {
  const hash = createHash('sha256').update(svg).digest('hex');
  sampleBrandFiles.set(hash, { type: 'image/svg+xml', data: Buffer.from(svg).toString('base64') });
  return `/assets/brand.${hash}.svg`;
}

function hills(back: string, front: string): string {
  return picture(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 900" preserveAspectRatio="xMidYMax slice"><path fill="${back}" d="M0 640c260-160 520-150 800-20s560 110 800-60v340H0z"/><path fill="${front}" d="M0 760c320-120 620-60 900 10s480 40 700-50v180H0z"/></svg>`,
  );
}

/** The logo of an app. */
export const sampleLogo = picture(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="9" fill="#7a3b12"/><path d="M12 26h16M12 20h16M12 14h9" stroke="#fff" stroke-width="3"/></svg>',
);

/** Apps with logos of their own, as many as a user of a company has. */
export const appsWithLogos = [
  'Calendar',
  'Chat',
  'Drive',
  'Expenses',
  'Mail',
  'Notes',
  'Payroll',
  'Shop',
  'Travel',
  'Wiki',
].map((name, index) => ({
  name,
  href: `https://${name.toLowerCase()}.example/`,
  logoUri: picture(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="${4 + index}" fill="hsl(${index * 36} 55% 40%)"/><path d="M${12 + index} 34V${14 + index}l12 10 12-${9 + index}v19M10 ${40 - index}h28" fill="none" stroke="#fff" stroke-width="3" stroke-linejoin="round"/></svg>`,
  ),
}));

export const sampleBrand: Brand = {
  name: 'Northwind',
  light: { accent: '#1f5f4a', page: '#f3f1ea', card: '#fffdf8', text: '#20251f', muted: '#5a6257', line: '#e2ddcf' },
  dark: { accent: '#8fd3b6', onAccent: '#0d211a', page: '#10140f', card: '#1a201a' },
  logo: { light: logo('#1f5f4a'), dark: logo('#8fd3b6') },
  favicon: picture(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4.5" cy="4.5" r="4.5" fill="#1f5f4a"/></svg>',
  ),
  background: { light: hills('#e6e9da', '#d5dfcd'), dark: hills('#151d17', '#1b2a21') },
  links: {
    help: { en: 'https://northwind.test/help', de: 'https://northwind.test/de/hilfe' },
    privacy: { en: 'https://northwind.test/privacy' },
    terms: { en: 'https://northwind.test/terms' },
    contact: { en: 'mailto:it@northwind.test' },
  },
};
