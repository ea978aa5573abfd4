import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { kernPath, readTokens, definedTokens } from './kern-theme.generate.ts';
import { componentSource, purgeKern } from './kern-purge.ts';

const kern = `@layer kern {${readFileSync(kernPath, 'utf8')}}`;

describe('purgeKern', () => {
  it('keeps the classes that are used, and drops the others', async () => {
    const css = await purgeKern(kern, '<a class="kern-btn kern-btn--primary">x</a>');
    expect(css).toContain('.kern-btn--primary');
    expect(css).not.toContain('.kern-btn--tertiary');
    expect(css).not.toContain('.kern-table');
  });

  it('keeps every class that begins as a component begins it', async () => {
    const css = await purgeKern(kern, "class={['kern-form-check__' + kind]}");
    expect(css).toContain('.kern-form-check__radio');
    expect(css).toContain('.kern-form-check__checkbox');
  });

  it('drops the dark theme', async () => {
    const css = await purgeKern(kern, 'kern-btn kern-btn--primary');
    expect(css).not.toContain('prefers-color-scheme');
    expect(css).not.toMatch(/(^|[},])\s*\[data-kern-theme=dark\]\s*[{,]/);
  });

  it('leaves every token that is read, with all it needs, and no token that is not', async () => {
    const css = await purgeKern(kern, 'kern-btn kern-btn--primary kern-form-input kern-form-input__input');
    const defined = definedTokens(css);
    // A token that a municipality overrides must arrive at the button.
    for (const token of ['--kern-color-action-default-contextual', '--kern-color-action-default', '--kern-color-darkblue-700'])
      expect(defined).toContain(token);
    const read = readTokens(css);
    expect([...defined].filter((token) => token.startsWith('--kern-') && !read.has(token))).toEqual([]);
  });

  it('touches nothing outside the layer of KERN', async () => {
    const own = '.never-used{color:red}@media (prefers-color-scheme:dark){.x{color:blue}}';
    expect(await purgeKern(`${own}@layer kern{.kern-gone{color:red}}`, '')).toContain(own);
  });

  it('makes KERN small enough for the budget of a form page', async () => {
    const css = await purgeKern(kern, componentSource('src'));
    expect(css).toContain('.kern-btn--primary');
    expect(brotliCompressSync(css).length).toBeLessThan(9_000);
  });
});
