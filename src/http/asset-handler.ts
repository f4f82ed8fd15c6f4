/** `/assets/:file`: the shipped files, and the styles and pictures of brands. */
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

/** Brand files cached in memory: enough for some hundred apps. */
const mostKept = 500;

/** The policy for a picture that a browser opens by itself: it is displayed and can do nothing. */
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

/** The brand asset that the store has for this path. Rejects with `StoreUnavailable`. */
async function brandAsset({ renderer, snapshot }: AssetParts, path: string): Promise<Asset | undefined> {
  const styles = renderer.brandStyles(path);
  const hash = hashInAddress(path);
  const hashes = styles?.files ?? (hash === undefined ? [] : [hash]);
  const files = await Promise.all(hashes.map(async (fileHash) => snapshot()?.brandFile(fileHash)));
  const css = styles?.compose(files);
  if (css !== undefined) return assetOf('text/css; charset=utf-8', Buffer.from(css));
  const [file] = files;
  return styles === undefined && file ? assetOf(file.type, Buffer.from(file.data, 'base64')) : undefined;
}

function send(ctx: Context, asset: Asset): void {
  const encoding = assetEncodings.find(
    (assetEncoding) => ctx.acceptsEncodings(assetEncoding) === assetEncoding && asset.encoded(assetEncoding),
  );
  ctx.set({ 'Cache-Control': assetCacheControl, Vary: 'Accept-Encoding' });
  ctx.set('ETag', encoding === undefined ? asset.etag : asset.etag.replace(/"$/, `-${encoding}"`));
  if (encoding !== undefined) ctx.set('Content-Encoding', encoding);
  if (asset.type.startsWith('image/')) ctx.set('Content-Security-Policy', picturePolicy);
  ctx.type = asset.type;
  ctx.body = (encoding && asset.encoded(encoding)) ?? asset.body;
  if (ctx.fresh) ctx.status = 304;
}
