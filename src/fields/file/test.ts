import { describe, expect, it } from 'vitest';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'file', maxBytes: 2_000_000, maxFiles: 2, accept: ['pdf', 'png'] };
const later = { ...config, later: true };
const pdf = { id: 'f1', name: 'Bescheid Käufer.pdf', size: 1000, mime: 'application/pdf' };

describe('file', () => {
  it('reads the references the portal keeps', () => {
    expect(type.parse({ files: [JSON.stringify(pdf)] }, config, context)).toEqual({ value: [pdf] });
    expect(type.parse({ files: [JSON.stringify(pdf)], later: ['post'] }, later, context)).toEqual({ value: [pdf] });
    expect(type.parse({ files: ['{'] }, config, context).errors).toEqual([{ code: 'invalid' }]);
    expect(type.parse({ '': ['photo.png'] }, config, context)).toEqual({ value: null });
  });

  it('takes the promise to hand it in later only where the author allows it', () => {
    expect(type.parse({ later: ['bring'] }, later, context)).toEqual({ value: { later: 'bring' } });
    expect(type.check({ later: 'post' }, later, context)).toEqual([]);
    expect(type.check({ later: 'post' }, config, context)).toEqual([{ code: 'notAnOption', part: 'later' }]);
    expect(type.parse({ later: ['never'] }, later, context).errors).toEqual([{ code: 'notAnOption', part: 'later' }]);
  });

  it('keeps to kind, size and number', () => {
    expect(type.check([pdf], config, context)).toEqual([]);
    expect(type.check([{ ...pdf, mime: 'image/jpeg' }], config, context)).toEqual([{ code: 'kind', params: { kinds: 'PDF, PNG' } }]);
    expect(type.check([{ ...pdf, size: 2_000_001 }], config, context)).toEqual([{ code: 'tooLarge', params: { max: 2 } }]);
    expect(
      type.check(
        ['f1', 'f2', 'f3'].map((id) => ({ ...pdf, id })),
        config,
        context,
      ),
    ).toEqual([{ code: 'tooMany', params: { max: 2 } }]);
  });

  it.each([
    [{ ...pdf, id: '../secret' }],
    [{ ...pdf, name: 'a/b.pdf' }],
    [{ ...pdf, name: 'a\u202efdp.exe' }],
    [{ ...pdf, size: -1 }],
    [{ ...pdf, path: '/etc' }],
    [JSON.parse('{"__proto__": {"id": "x"}}')],
  ])('refuses the reference %j', (reference) => {
    expect(type.check([reference], config, context)).toEqual([{ code: 'invalid' }]);
  });

  it('refuses the same file twice', () => {
    expect(type.check([pdf, pdf], config, context)).toEqual([{ code: 'invalid' }]);
  });

  it('gives expressions the number of files and the promise', () => {
    expect(type.toCel?.([pdf])).toEqual({ count: 1, later: '' });
    expect(type.toCel?.({ later: 'post' })).toEqual({ count: 0, later: 'post' });
  });
});
