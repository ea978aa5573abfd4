/** The print queue of the post room: what goes to an office on paper. Who opens or finishes a print is written down. */
import { error, fail, type RequestEvent } from '@sveltejs/kit';
import { dateTime } from '#i18n';
import { envelopeOf } from '#server/delivery';
import { openFile } from '#server/files';
import type { Clerk } from '#server/identity';
import { deskCase, deskLines, finishPrint, openPrint, submissionById, type DeskDelivery } from '#server/store';
import type { PrintsView, PrintView } from '#ui/deliveries/types.ts';
import { clerkOf, counterPath, showCounter } from './clerk.ts';
import { serviceName, withAnswer } from './desk-texts.ts';
import { readForm, type Request } from './kit.ts';
import { summaryOfSubmission } from './summary.ts';

const MOST = 50;
const APPLICATION = 'application.pdf';

const postClerk = (request: Request): Promise<Clerk> => clerkOf(request, ['post']);
const printPath = (lang: string, ...parts: readonly string[]) => counterPath(lang, ['prints', ...parts].join('/'));
const offices = ({ municipality }: Request) => municipality.destinations.filter(({ adapter }) => adapter === 'print');

/** The print, which this clerk opens: noted, and refused where it is none that waits. */
async function opened(request: Request, clerk: Clerk, id: string): Promise<DeskDelivery> {
  const { portal, municipality } = request;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) error(404, 'page');
  if (!(await openPrint(portal.store, clerk, id))) error(404, 'page');
  const found = await deskCase(portal.store, municipality.id, id);
  return found?.delivery ?? error(404, 'page');
}

const printed = new WeakMap<Request, string>();

export async function printsPage(request: Request) {
  await postClerk(request);
  const { portal, municipality, t, lang } = request;
  const lists = await Promise.all(
    offices(request).map(async ({ id, name }) => ({
      name,
      lines: await deskLines(portal.store, municipality.id, id, 'waiting', { most: MOST, skip: 0 }),
    })),
  );
  const view: PrintsView = {
    lines: lists.flatMap(({ name, lines }) =>
      lines.map((line) => ({
        reference: line.reference,
        href: printPath(lang, line.id),
        service: withAnswer(request, serviceName(request, line.service), line.answer),
        office: name,
        since: { iso: line.queuedAt.toISOString(), text: dateTime(line.queuedAt, lang) },
      })),
    ),
  };
  return showCounter(request, { title: t.t('prints.title'), area: 'prints' }, view);
}

export async function printPage(request: Request, id: string) {
  const clerk = await postClerk(request);
  const { portal, municipality, t, lang } = request;
  const done = printed.get(request);
  const back = { href: printPath(lang), label: t.t('prints.title') };
  if (done !== undefined) {
    const view: PrintView = { back, reference: done, told: t.t('prints.told', { reference: done }) };
    return showCounter(request, { title: t.t('prints.title'), area: 'prints' }, view);
  }
  const delivery = await opened(request, clerk, id);
  const { envelope } = await envelopeOf(portal, clerk, delivery);
  const view: PrintView = {
    back,
    reference: delivery.reference,
    print: {
      action: printPath(lang, id),
      service: withAnswer(request, serviceName(request, delivery.service), delivery.answer),
      office: municipality.destinations.find((one) => one.id === delivery.destination)?.name ?? delivery.destination,
      files: [
        {
          href: printPath(lang, id, APPLICATION),
          label: delivery.answer === null ? t.t('prints.application') : t.t('desk.answer', { n: delivery.answer }),
        },
        ...envelope.attachments.map((file, n) => ({
          href: printPath(lang, id, file.id),
          label: t.t('prints.file', { n: n + 1, name: file.name }),
        })),
      ],
    },
  };
  return showCounter(request, { title: `${delivery.reference}: ${t.t('prints.title')}`, area: 'prints' }, view);
}

/** The application, or one of its files. */
export async function printedFile(request: Request, id: string, file: string): Promise<Response> {
  const clerk = await postClerk(request);
  const { portal, municipality } = request;
  const delivery = await opened(request, clerk, id);
  const headers = (type: string, name: string, how: 'inline' | 'attachment') => ({
    'content-type': type,
    'content-disposition': `${how}; filename="${name}"`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  if (file === APPLICATION) {
    const row = await submissionById(portal.store, municipality.id, delivery.submission);
    if (!row) error(404, 'page');
    const pdf = await summaryOfSubmission(portal, municipality.id, row.id, delivery.answer);
    return new Response(Buffer.from(pdf), {
      headers: headers('application/pdf', `${delivery.reference}${delivery.answer === null ? '' : `-${delivery.answer}`}.pdf`, 'inline'),
    });
  }
  const { envelope, key } = await envelopeOf(portal, clerk, delivery);
  const attachment = envelope.attachments.find((one) => one.id === file);
  const stored =
    attachment &&
    (await openFile({ store: portal.store, key }, { municipality: municipality.id, applicationId: delivery.application, id: file }));
  if (!attachment || !stored) error(404, 'page');
  const chunks: Buffer[] = [];
  for await (const chunk of stored.stream as AsyncIterable<Buffer>) chunks.push(chunk);
  const n = envelope.attachments.indexOf(attachment) + 1;
  const how = ['application/pdf', 'image/jpeg', 'image/png'].includes(attachment.mime) ? attachment.mime : 'application/octet-stream';
  return new Response(Buffer.concat(chunks), { headers: headers(how, `${delivery.reference}-${n}`, 'attachment') });
}

/** It is printed. */
export async function finishPrintPage(event: RequestEvent, id: string) {
  const { request } = event.locals;
  const clerk = await postClerk(request);
  const { portal, municipality } = request;
  const form = await readForm(event);
  if (form.get('do')?.[0] !== 'printed') return fail(422);
  const found = /^[0-9a-f-]{36}$/.test(id) ? await deskCase(portal.store, municipality.id, id) : undefined;
  const outcome = found ? await finishPrint(portal.store, clerk, id) : 'changed';
  if (outcome === 'forbidden') error(401, 'session');
  if (outcome === 'changed' || !found) error(404, 'page');
  portal.deliveriesChanged();
  printed.set(request, found.delivery.reference);
}
