/** How an answer came in, as a line below it; nothing where the citizen typed it online, which needs no saying. */
import { dateTime, type Translator } from '#i18n';
import type { Provenance } from '#server/applications';

export function originText({ t }: Translator, lang: string, one: Provenance | undefined): string | undefined {
  if (!one || (one.by === 'citizen' && one.source === 'typed' && one.channel === 'online')) return undefined;
  const who = one.by === 'citizen' ? t('handover.origin.citizen') : (one.actor ?? t('handover.origin.clerk'));
  // a letter and an e-mail are both copied from what was written
  const source = one.source === 'paper' && one.channel === 'email' ? 'email' : one.source;
  const entered = t(`handover.origin.${source}`, { who, when: dateTime(new Date(one.at), lang) });
  if (one.by === 'citizen') return entered;
  const seen = one.confirmedAt
    ? t('handover.origin.confirmed', { when: dateTime(new Date(one.confirmedAt), lang) })
    : t('handover.origin.unconfirmed');
  return `${entered} ${seen}`;
}
