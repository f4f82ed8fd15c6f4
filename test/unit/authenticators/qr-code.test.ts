import { expect, test } from '@jest/globals';
import { encode } from 'uqr';
import { qrCodeSvg } from '../../../src/authenticators/totp/qr-code.ts';

/** Paints the path of the SVG onto a grid. */
function paint(svg: string, size: number): boolean[][] {
  const grid = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g)) {
    grid[Number(y)]?.fill(true, Number(x), Number(x) + Number(width));
  }
  return grid;
}

test('the picture shows exactly the modules of the code, with four white ones around', () => {
  const text = 'otpauth://totp/Example:alice@demo.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example';
  const { data, size } = encode(text, { ecc: 'M', border: 4 });
  const svg = qrCodeSvg(text, 'title');
  expect(svg).toContain(`viewBox="0 0 ${size} ${size}"`);
  const painted = paint(svg, size);
  expect(painted).toEqual(data);
  const edge = [...painted.slice(0, 4), ...painted.slice(-4)].flat();
  expect(edge).toEqual(edge.map(() => false));
  expect(painted.flat().filter(Boolean).length).toBeGreaterThan(200);
});
