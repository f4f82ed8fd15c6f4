import { expect, test } from '@jest/globals';
import { encode } from 'uqr';
import { qrCodeSvg } from '../../../src/authenticators/totp/qr-code.ts';

/** Paints the path of the SVG onto a grid. */
function paint(svg: string, size: number): boolean[][] {
  const grid = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  const [, path = ''] = /<path stroke="#000" d="([^"]+)"\/>/.exec(svg) ?? [];
  let [x, y] = [0, 0];
  for (const [, row, skipped, width = ''] of path.matchAll(/(?:M(\d+ \d+)\.5|m(\d+) 0)h(\d+)/g)) {
    [x = 0, y = 0] = row === undefined ? [x + Number(skipped), y] : row.split(' ').map(Number);
    grid[y]?.fill(true, x, x + Number(width));
    x += Number(width);
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
