/**
 * The slip by e-mail, where the municipality has a mail server and the person wants it. It says less than the paper: the code and where it goes, not
 * the service and never the second factor. The address is used once and not kept.
 */
import { randomUUID } from 'node:crypto';
import { groupCode } from '#server/applications';
import { MailFailed, sendMail } from '#server/mail';
import { fieldTypes } from '#fields/all';
import type { IntakeText } from '#ui/counter/types.ts';
import type { Request } from './kit.ts';

export const MAIL_TO = '_mailTo';
const FIELD = { id: MAIL_TO, type: 'email' } as const;
const email = fieldTypes.get(FIELD.type)!;

/** The field of the form; undefined where no mail can be sent. `typed`: an address that is none. */
export function mailField({ portal, municipality, t }: Request, typed?: string): IntakeText | undefined {
  if (!portal.mail(municipality.id)) return undefined;
  return {
    id: 'mail-to',
    name: MAIL_TO,
    label: t.t('counter.ways.mailTo'),
    hint: t.t('counter.ways.mailToHint'),
    value: typed ?? '',
    error: typed === undefined ? undefined : t.t('counter.ways.mailToWrong'),
  };
}

/** The address on the form: undefined when none is wanted; `wrong` as it was typed when it is none. */
export function mailTo(values: ReadonlyMap<string, readonly string[]>): { address?: string; wrong?: string } {
  const typed = values.get(MAIL_TO)?.[0]?.trim() ?? '';
  if (typed === '') return {};
  const { value } = email.parse({ '': [typed] }, FIELD, { today: '' });
  // one address, and nothing that a header could take for more
  return typeof value === 'string' && email.check(value, FIELD, { today: '' }).length === 0 && /^[\x21-\x7e]+$/.test(value)
    ? { address: value }
    : { wrong: typed.slice(0, 300) };
}

/** Sends the code. @returns what the page says of it */
export async function mailSlip(request: Request, address: string, code: string): Promise<string> {
  const { portal, municipality, t, origin, lang } = request;
  const server = portal.mail(municipality.id);
  if (!server) return t.t('counter.done.mailFailed');
  try {
    await sendMail(server, {
      from: { name: municipality.name, address: server.from },
      to: address,
      subject: t.t('counter.slipMail.subject', { name: municipality.name }),
      text: t.t('counter.slipMail.text', { code: groupCode(code), address: `${origin}/${lang}/resume`, name: municipality.name }),
      messageId: `${randomUUID()}@${server.from.split('@').at(-1)!}`,
    });
    return t.t('counter.done.mailSent', { address });
  } catch (error) {
    // Whatever it is: the application is given back, and the page with the code must come.
    const why =
      error instanceof MailFailed ? { kind: error.kind, reason: error.message, status: error.status } : { reason: (error as Error).name };
    portal.logger.warn('slip_mail_failed', { municipality: municipality.id, ...why });
    return t.t('counter.done.mailFailed');
  }
}
