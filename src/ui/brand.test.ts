import { describe, expect, it } from 'vitest';
import { brandCss, contrast, contrastFindings } from './brand.ts';

describe('brandCss', () => {
  it('sets semantic tokens, and derives the rest from the one colour that must be given', () => {
    expect(brandCss({ action: '#0b4f8a' })).toBe(
      ':root{--kern-color-action-default:#0b4f8a;--kern-color-action-visited:#75009e;--brand-header:#0b4f8a;--brand-on-header:#ffffff;--brand-accent:#0b4f8a}',
    );
  });
  it('takes nothing but #rrggbb', () => {
    for (const bad of ['red', '#fff', '#0b4f8a}body{display:none', '', 'url(//evil)']) {
      expect(() => brandCss({ action: bad }), bad).toThrow(TypeError);
      expect(() => brandCss({ action: '#0b4f8a', accent: bad }), bad).toThrow(TypeError);
    }
  });
});

describe('contrastFindings', () => {
  it('computes contrast as WCAG does', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });
  it('has nothing against readable colours', () => {
    expect(contrastFindings({ action: '#0b4f8a', accent: '#c8102e' })).toEqual([]);
  });
  it('names the colour that cannot be read on white', () => {
    expect(contrastFindings({ action: '#777777' }).map(({ place, needed }) => [place, needed])).toContainEqual(['action', 4.5]);
  });
  it('checks links on the tinted ground, too', () => {
    // 4.5 on white exactly enough, on the tint no longer
    expect(contrastFindings({ action: '#767676' }).map(({ place, against }) => [place, against === '#ffffff'])).toEqual([
      ['action', false],
    ]);
  });
  it('checks the text on the bands', () => {
    expect(contrastFindings({ action: '#0b4f8a', header: '#ffcc00' }).map(({ place }) => place)).toEqual(['onHeader', 'accent']);
  });
});
