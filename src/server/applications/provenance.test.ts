/** How answers came in, over the hands they pass through. */
import { describe, expect, it } from 'vitest';
import type { Walk } from '#flow';
import { confirmed, ONLINE, traced, unconfirmed, type Trace } from './provenance.ts';
import type { Content } from './types.ts';

const CLERK: Trace = { source: 'dictated', channel: 'counter', by: 'clerk', actor: 'Erika Amt' };
const at = (hour: number) => `2026-11-25T${String(hour).padStart(2, '0')}:00:00.000Z`;
/** One save after the other. */
const through = (...saves: [Trace, Record<string, string | string[]>][]): Content =>
  saves.reduce<Content>((content, [trace, answers], hour) => ({ answers, provenance: traced(content, answers, trace, at(hour)) }), {
    answers: {},
    provenance: {},
  });
const draftOf = ({ answers, provenance }: Content) => ({ provenance, walk: { counted: answers } as unknown as Walk });

describe('traced', () => {
  it('keeps what is known of an answer that stays', () => {
    const { provenance } = through([ONLINE, { name: 'Kim', tags: ['a'] }], [CLERK, { name: 'Kim', tags: ['a'], mail: 'x' }]);
    expect(provenance).toEqual({ name: { ...ONLINE, at: at(0) }, tags: { ...ONLINE, at: at(0) }, mail: { ...CLERK, at: at(1) } });
  });

  it('keeps the value before where an answer passes from hand to hand, and nowhere else', () => {
    const own = through([ONLINE, { name: 'Kin' }], [ONLINE, { name: 'Kim' }]);
    expect(own.provenance['name']).toEqual({ ...ONLINE, at: at(1) });
    const theirs = through([ONLINE, { name: 'Kim' }], [CLERK, { name: 'Kin' }], [CLERK, { name: 'Kym' }]);
    expect(theirs.provenance['name']).toEqual({ ...CLERK, at: at(2), previous: 'Kim' });
    const back = through([CLERK, { name: 'Kin' }], [ONLINE, { name: 'Kim' }]);
    expect(back.provenance['name']).toEqual({ ...ONLINE, at: at(1), previous: 'Kin' });
  });

  it('marks of rules and pages have no provenance', () => {
    expect(through([ONLINE, { '~rule': 'x', 'a.~page': 'y', name: 'Kim' }]).provenance).toEqual({ name: { ...ONLINE, at: at(0) } });
  });
});

describe('what the citizen confirms', () => {
  it('is what staff entered and counts, or took away; what the citizen changed again is settled', () => {
    const content = through(
      [ONLINE, { name: 'Kim', city: 'A', note: 'n', phone: '1' }],
      [CLERK, { name: 'Kin', city: 'A', phone: '2', mail: 'x' }],
      [ONLINE, { name: 'Kin', city: 'A', phone: '1', mail: 'x' }],
    );
    expect(unconfirmed(draftOf(content)).sort()).toEqual(['mail', 'name', 'note']);
    const offPath = { provenance: content.provenance, walk: { counted: { name: 'Kin' } } as unknown as Walk };
    expect(unconfirmed(offPath).sort()).toEqual(['name', 'note']);
    const after = confirmed(draftOf(content), at(9));
    expect(after['name']).toMatchObject({ by: 'clerk', confirmedAt: at(9), previous: 'Kim' });
    expect(after['note']).toBeUndefined();
    expect(after['city']).toEqual({ ...ONLINE, at: at(0) });
    expect(unconfirmed({ ...draftOf(content), provenance: after })).toEqual([]);
  });

  it('has to be confirmed again when staff change it again', () => {
    const first = through([ONLINE, { name: 'Kim' }], [CLERK, { name: 'Kin' }]);
    const seen: Content = { answers: first.answers, provenance: confirmed(draftOf(first), at(2)) };
    const again: Content = { answers: { name: 'Kym' }, provenance: traced(seen, { name: 'Kym' }, CLERK, at(3)) };
    expect(unconfirmed(draftOf(again))).toEqual(['name']);
  });
});
