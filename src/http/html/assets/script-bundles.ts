/**
 * The scripts of a page in one file, so that the page needs one request. Each script keeps its own scope. The address
 * names the scripts, so every node can serve it.
 */
import { type Asset, assetOf, hashedPath, type loadAssets } from './assets.ts';

const scriptType = 'text/javascript; charset=utf-8';

export interface ScriptBundles {
  /** The address for these scripts, by file name. Undefined if there are none. */
  href(names: readonly string[]): string | undefined;
  /** Undefined if no bundle has this address. */
  asset(path: string): Asset | undefined;
}

export function scriptBundles({ byPath, hrefs }: ReturnType<typeof loadAssets>): ScriptBundles {
  const made = new Map<string, Buffer>();
  const assets = new Map<string, Asset>();
  const sourceOf = (name: string): Buffer | undefined => byPath.get(hrefs[name] ?? '')?.body;
  const bundle = (name: string): Buffer | undefined => {
    const known = made.get(name) ?? joined(scriptsIn(name).map(sourceOf));
    if (known !== undefined) made.set(name, known);
    return known;
  };
  return {
    href(names) {
      const scripts = [...new Set(names)].toSorted();
      const [first] = scripts;
      if (scripts.length < 2) return first && hrefs[first];
      const name = `${scripts.map((script) => script.slice(0, -'.js'.length)).join('+')}.js`;
      return hashedPath(name, bundle(name) ?? Buffer.alloc(0));
    },
    asset(path) {
      const name = nameIn(path);
      const body = name === undefined ? undefined : bundle(name);
      if (!name || !body || hashedPath(name, body) !== path) return undefined;
      const asset = assets.get(name) ?? assetOf(scriptType, body);
      assets.set(name, asset);
      return asset;
    },
  };
}

/** `secret+webauthn.js` contains `secret.js` and `webauthn.js`. */
function scriptsIn(name: string): readonly string[] {
  return name
    .slice(0, -'.js'.length)
    .split('+')
    .map((script) => `${script}.js`);
}

/** Names must be sorted and without duplicates, so that there is one bundle for each set of scripts. */
function nameIn(path: string): string | undefined {
  const [, list = ''] = /^\/assets\/([a-z-]+(?:\+[a-z-]+)+)\.[0-9a-f]{12}\.js$/.exec(path) ?? [];
  const scripts = list.split('+');
  return list !== '' && [...new Set(scripts)].toSorted().join('+') === list ? `${list}.js` : undefined;
}

function joined(parts: readonly (Buffer | undefined)[]): Buffer | undefined {
  if (parts.includes(undefined)) return undefined;
  return Buffer.from(parts.map((part) => `(() => {\n${part}})();\n`).join(''));
}
