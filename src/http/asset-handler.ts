/** `/assets/:file`: our own files, the styles of brands, and their pictures. */
import type { Context } from 'koa';
import { StepgateError } from '../errors.ts';
import { hashInAddress } from '../policy/revision/brand.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import { type Asset, assetCacheControl, assetEncodings, assetOf } from './html/assets/assets.ts';
import type { Renderer } from './html/render.ts';

export interface AssetParts {
  readonly renderer: Pick<Renderer, 'asset' | 'brandStyles'>;
  readonly snapshot: () => Pick<Snapshot, 'brandFile'> | undefined;
}

/** Files of brands that are kept ready: of some hundred apps. */
const mostKept = 500;

/** Of a picture that a browser opens by itself: it shows, and does nothing. */
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

export function assetHandler(parts: AssetParts): (ctx: Context) => Promise<void> {
  const kept = new Map<string, Asset>();
  return async (ctx) => {
    const asset = parts.renderer.asset(ctx.path) ?? kept.get(ctx.path) ?? (await brandAsset(parts, ctx.path));
    if (asset === undefined) throw new StepgateError('not_found');
    if (kept.size >= mostKept) kept.clear();
    kept.set(ctx.path, asset);
    send(ctx, asset);
  };
}

/** What the store has of brands at this path. Rejects with `StoreUnavailable`. */
async function brandAsset({ renderer, snapshot }: AssetParts, path: string): Promise<Asset | undefined> {
  const styles = renderer.brandStyles(path);
  const hash = hashInAddress(path);
  const hashes = styles?.files ?? (hash === undefined ? [] : [hash]);
  const files = await Promise.all(hashes.map(async (one) => snapshot()?.brandFile(one)));
  const css = styles?.compose(files);
  if (css !== undefined) return assetOf('text/css; charset=utf-8', Buffer.from(css));
  const [file] = files;
  return styles === undefined && file ? assetOf(file.type, Buffer.from(file.data, 'base64')) : undefined;
}

function send(ctx: Context, asset: Asset): void {
  const encoding = assetEncodings.find((one) => ctx.acceptsEncodings(one) === one && asset.encoded(one));
  ctx.set({ 'Cache-Control': assetCacheControl, Vary: 'Accept-Encoding' });
  ctx.set('ETag', encoding === undefined ? asset.etag : asset.etag.replace(/"$/, `-${encoding}"`));
  if (encoding !== undefined) ctx.set('Content-Encoding', encoding);
  if (asset.type.startsWith('image/')) ctx.set('Content-Security-Policy', picturePolicy);
  ctx.type = asset.type;
  ctx.body = (encoding && asset.encoded(encoding)) ?? asset.body;
  if (ctx.fresh) ctx.status = 304;
}
