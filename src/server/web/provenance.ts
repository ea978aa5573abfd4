/** How an answer came in, as a line below it; nothing where the citizen typed it online, which needs no saying. */
import { dateTime, longDate, type Translator } from '#i18n';
import type { Provenance } from '#server/applications';
import type { ReviewSection } from '#views';

/** `by`: to the minute, or to the day for who looks over many. */
export function originText(
  { t }: Translator,
  lang: string,
  one: Provenance | undefined,
  by: 'minute' | 'day' = 'minute',
): string | undefined {
  if (!one || (one.by === 'citizen' && one.source === 'typed' && one.channel === 'online')) return undefined;
  const when = (at: string) => (by === 'day' ? longDate : dateTime)(new Date(at), lang);
  const who = one.by === 'citizen' ? t('handover.origin.citizen') : (one.actor ?? t('handover.origin.clerk'));
  // a letter and an e-mail are both copied from what was written
  const source = one.source === 'paper' && one.channel === 'email' ? 'email' : one.source;
  const entered = t(`handover.origin.${source}`, { who, when: when(one.at) });
  if (one.by === 'citizen') return entered;
  const seen = one.confirmedAt ? t('handover.origin.confirmed', { when: when(one.confirmedAt) }) : t('handover.origin.unconfirmed');
  return `${entered} ${seen}`;
}

/** Takes out the line that most rows have below them, to be said once: what is different can be seen. */
export function liftUsual(sections: readonly ReviewSection[]): { readonly usual?: string; readonly sections: readonly ReviewSection[] } {
  const counts = new Map<string, number>();
  for (const { rows, entries } of sections)
    for (const { origin } of [...rows, ...entries.flatMap((entry) => entry.rows)])
      if (origin) counts.set(origin, (counts.get(origin) ?? 0) + 1);
  const [usual, times] = [...counts].sort(([, one], [, other]) => other - one)[0] ?? [];
  if (usual === undefined || times! < 2) return { sections };
  const without = (rows: ReviewSection['rows']) => rows.map((row) => (row.origin === usual ? { ...row, origin: undefined } : row));
  return {
    usual,
    sections: sections.map(({ title, rows, entries }) => ({
      title,
      rows: without(rows),
      entries: entries.map((entry) => ({ title: entry.title, rows: without(entry.rows) })),
    })),
  };
}
