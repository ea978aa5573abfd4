/**
 * Vite plugin that cuts KERN down to what the portal uses. KERN stays an unmodified dependency of 340 KB; a form page may weigh 40 KB with
 * everything it loads. In the built stylesheet, inside KERN's layer only, it drops rules whose classes no component names, the dark theme
 * (the portal is light until dark is tested), and tokens that nothing reads. Class names are written out whole in the components, or begin whole (`kern-form-check__`).
 * `vite dev` serves KERN whole: a class that was just typed must work without a rebuild.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import postcss from 'postcss';
import type { AtRule, Container, Root } from 'postcss';
import { PurgeCSS } from 'purgecss';
import type { Plugin } from 'vite';

/** Not named in any component, but set by the page or by KERN itself. */
const safelist = ['html', 'body', 'data-kern-theme'];
const darkSelector = /kern-theme=["']?dark|\.kern-dark\b/;

/** `'kern-form-check__' + kind` in a component keeps every class that begins so. */
const builtNames = (content: string): RegExp[] =>
  [...new Set(content.match(/\bkern-[\w-]*(?:__|--)(?![\w-])/g))].map((start) => new RegExp(`^${start}`));

/** Rules that only serve the dark theme go; of a selector list only the dark ones. */
function dropDark(root: Container): void {
  root.walkAtRules('media', (rule) => {
    if (rule.params.includes('prefers-color-scheme')) rule.remove();
  });
  root.walkRules((rule) => {
    // `:is(body, …, [data-kern-theme=dark])` starts with a light selector and is kept whole: taking it apart gains nothing.
    const kept = rule.selectors.filter((selector) => !darkSelector.test(selector) || selector.startsWith(':is('));
    if (kept.length === 0) rule.remove();
    else if (kept.length < rule.selectors.length) rule.selectors = kept;
  });
}

/** Rules that define nothing but tokens are kept for now: PurgeCSS cannot judge KERN's `:is(body, …):not([class*=…])`; unread tokens fall later. */
function keepTokens(root: Container): void {
  root.walkRules((rule) => {
    const tokensOnly = rule.nodes.every((node) => node.type === 'decl' && node.prop.startsWith('--'));
    if (tokensOnly && !/\.kern-level-[12]/.test(rule.selector)) rule.before(postcss.comment({ text: 'purgecss ignore' }));
  });
}

/** KERN paints icons white in forced colours, invisible on a light system theme: use the system's text colour. */
function mendForcedColours(root: Container): void {
  root.walkAtRules('media', (media) => {
    if (!media.params.includes('forced-colors')) return;
    media.walkDecls('background-color', (declaration) => {
      if (declaration.value.startsWith('var(--kern-color-white')) declaration.value = 'CanvasText';
    });
  });
}

/** Removes definitions of `--kern-*` that no other declaration of the sheet reads, again and again until nothing more falls. */
function dropUnreadTokens(root: Root): void {
  for (;;) {
    const read = new Set<string>();
    root.walkDecls((declaration) => {
      for (const [token] of declaration.value.matchAll(/(?<=var\(\s*)--[\w-]+/g)) read.add(token);
    });
    let removed = 0;
    root.walkDecls(/^--kern-/, (declaration) => {
      if (read.has(declaration.prop)) return;
      const parent = declaration.parent;
      declaration.remove();
      if (parent?.nodes?.length === 0) parent.remove();
      removed += 1;
    });
    if (removed === 0) return;
  }
}

/**
 * `css`: the whole stylesheet with KERN in `@layer kern`. `content`: the components' source. Gives the stylesheet with KERN cut down;
 * everything outside the layer is left as it is.
 */
export async function purgeKern(css: string, content: string): Promise<string> {
  const root = postcss.parse(css);
  const layers: AtRule[] = [];
  root.walkAtRules('layer', (layer) => {
    if (layer.params === 'kern' && layer.nodes) layers.push(layer);
  });
  for (const layer of layers) {
    dropDark(layer);
    mendForcedColours(layer);
    layer.walkComments((comment) => {
      comment.remove();
    });
    keepTokens(layer);
    const [result] = await new PurgeCSS().purge({
      content: [{ raw: content, extension: 'svelte' }],
      css: [{ raw: postcss.root({ nodes: layer.nodes }).toString() }],
      defaultExtractor: (text) => text.match(/[\w-]+/g) ?? [],
      safelist: { standard: [...safelist, ...builtNames(content)] },
      keyframes: true,
    });
    layer.removeAll();
    layer.append(postcss.parse(result?.css ?? '').nodes);
  }
  dropUnreadTokens(root);
  return root.toString();
}

/** Text of every component and script under `folder`: where class names can be used. */
export function componentSource(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(svelte|html)$|\benhance\b.*\.ts$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

/** Put it behind `tailwindcss()` in the list of plugins; `source` is the folder of the components. */
export function kernPurge(source = 'src'): Plugin {
  return {
    name: 'schalter:kern-purge',
    apply: 'build',
    enforce: 'pre',
    async transform(code, id) {
      if (!id.endsWith('/ui/app.css')) return null;
      return { code: await purgeKern(code, componentSource(source)), map: null };
    },
  };
}
