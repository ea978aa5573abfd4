/** Applications that were handed in and about which the demo back office asks something. */
import { expect } from 'vitest';
import type { Backoffice, ReceivedCase } from '../../src/backoffice/server.ts';
import { hidden, PlainBrowser, type Answer, type World } from '../portal.ts';
import { journey, submit } from '../hostile/stage.ts';
import { multipart, PDF, until } from '../travel.ts';

/** Two files that differ. */
export const FILES = [
  { field: 'files', name: 'Mietvertrag.pdf', bytes: PDF },
  { field: 'files', name: 'Käufer Ümlaut.pdf', bytes: Buffer.from(PDF.toString().replace('0 0 9 9', '0 0 8 8')) },
] as const;

export interface Applicant {
  readonly browser: PlainBrowser;
  readonly reference: string;
  /** The number that opens the status page beside the reference. */
  readonly pin: string;
  readonly page: string;
  readonly answer: string;
}

type Places = Pick<World, 'portal'> & { readonly backoffice: Backoffice };

/** Hands in the bulky waste of a sofa. */
export async function applicant({ portal }: Places, host = 'localhost'): Promise<Applicant> {
  const browser = new PlainBrowser(portal.port, host);
  const reference = await submit(browser, journey('bulky-waste', 'sofa-free'));
  const receipt = await browser.visit(`/de/receipt/${reference}`);
  const pin = /Nummer (\d{4})/.exec(receipt.body)?.[1] ?? '';
  expect(pin).toMatch(/^\d{4}$/);
  const page = `/de/status/${reference}`;
  return { browser, reference, pin, page, answer: `${page}/answer` };
}

/** Its case at the office, once everything that the office says by itself is told. */
export const caseOf = ({ backoffice }: Places, { reference }: Pick<Applicant, 'reference'>): Promise<ReceivedCase> =>
  until(
    () =>
      [...backoffice.cases.values()].find((one) => one.reference === reference && one.news.some((news) => news.status === 'in_progress')),
    `the application ${reference} in progress`,
  );

/** The office tells something about a case; comes back when the portal has noted it. */
export async function tell(places: Places, about: ReceivedCase, status: string, text = ''): Promise<void> {
  const known = about.news.length;
  const answer = await fetch(`http://127.0.0.1:${places.backoffice.port}/cases/${encodeURIComponent(about.key)}/news`, {
    method: 'POST',
    body: new URLSearchParams({ status, text }),
    redirect: 'manual',
  });
  expect(answer.status).toBe(303);
  await until(() => (about.news.length > known ? true : undefined), `that the portal noted ${status}`);
}

export const ask = (places: Places, about: ReceivedCase, text: string): Promise<void> => tell(places, about, 'information_requested', text);

/** Opens the question from the status page, as its link leads; gives the page with the form. */
export async function openAnswer({ browser, page, answer }: Applicant): Promise<Answer> {
  const status = await browser.visit(page);
  expect(status.body).toContain(`href="${answer}"`);
  const form = await browser.visit(answer);
  expect(form.status).toBe(200);
  return form;
}

/** What is posted from a form's page. */
export const filled = (form: Pick<Answer, 'body'>, text: string, files: readonly { field: string; name: string; bytes?: Buffer }[] = []) =>
  multipart(
    [
      ['question', hidden(form.body, 'question') ?? ''],
      ['text', text],
    ],
    files,
  );
