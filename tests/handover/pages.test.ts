/** The pages of the hand-over in a real browser without scripts, narrow and wide, in German and English: axe and layout find nothing. */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser, Person } from '../e2e/person.ts';
import { journey, openStage, upToReview, type Stage } from '../hostile/stage.ts';
import { hidden, PlainBrowser } from '../portal.ts';
import { filledIn } from '../travel.ts';
import { openDesk, type Desk } from './desk.ts';

const one = journey('dog-tax', 'one-small-dog');
const review = `apply/dog-tax/${one.walk.steps.at(-1)!.path}`;
const list = one.walk.steps.find(({ page }) => page.collection)!;
const widths = [360, 1280];

let stage: Stage;
let desk: Desk;
let browser: Browser;
let people: Person[];
let citizen: PlainBrowser;
let origin: string;
beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage(), openBrowser()]);
  desk = await openDesk(stage);
  origin = `http://localhost:${stage.portal.port}`;
  citizen = new PlainBrowser(stage.portal.port);
  await upToReview(citizen, one);
  people = await Promise.all(widths.map((width) => Person.at(browser, { script: false, width })));
  for (const person of people) await person.bringCookies(origin, citizen.cookies);
}, 120_000);
afterAll(async () => {
  for (const person of people ?? []) await person.leave();
  await browser?.close();
  await stage?.close();
});

let seen = 0;
async function look(name: string, path: string, words: readonly [string, string]): Promise<void> {
  for (const [at, lang] of ['de', 'en'].entries()) {
    for (const person of people) {
      const answer = await person.visit(`${origin}/${lang}/${path}`);
      expect(answer.status(), name).toBe(200);
      expect(await person.page.innerText('main'), name).toContain(words[at]);
      expect(await person.faults(), `${name}, ${lang}, ${person.senses.width} px`).toEqual([]);
      seen += 1;
    }
  }
}

it('nothing is wrong with any of them', { timeout: 180_000 }, async () => {
  await look('help', 'help/dog-tax', ['Code anzeigen', 'Get a code']);
  await citizen.send('/de/help/dog-tax', [['do', 'create']]);
  await look('code', 'help/dog-tax', ['Ihr Geburtsdatum', 'your date of birth']);
  const page = await citizen.send(`/de/${review}`);
  const application = hidden(page.body, '_revision')!.split('.')[1]!;
  const code = /\b\w{3}-\w{3}-\w{3}\b/.exec((await citizen.send('/de/help/dog-tax')).body)![0];
  const clerk = await desk.clerk();
  expect((await desk.counter.claim(clerk, code, String(one.answers['applicant.birthDate']), 'help')).outcome).toBe('claimed');
  await look('in other hands', review, ['am Schalter bearbeitet', 'being worked on at the counter']);
  const typed = await citizen.send(`/de/${review}`, filledIn(page.body, one.walk.steps.at(-1)!, one));
  expect(typed.status).toBe(409);

  const keys = one.answers['dogs'] as string[] | undefined;
  const draft = await desk.open(clerk, application);
  const name = Object.keys(draft.answers).find((path) => path.startsWith('dogs.') && typeof draft.answers[path] === 'string')!;
  expect(keys).toBeDefined();
  await desk.save(clerk, draft, {
    'applicant.givenNames': 'Rotkehlchen',
    'contact.email': 'rotkehlchen@example.org',
    [name]: draft.answers[name],
  });
  await desk.save(
    clerk,
    await desk.open(clerk, application),
    { 'contact.email': undefined, 'applicant.familyName': 'Haubenmeise-Zaunkönig' },
    { source: 'phone' },
  );
  await desk.counter.giveBack(clerk, await desk.open(clerk, application), false);
  await look('a page with the notice', `apply/dog-tax/${list.path}`, ['Eintragungen prüfen', 'Check what our staff entered']);
  await look('what staff entered', 'confirm/dog-tax', ['Diese Angaben stimmen', 'These answers are right']);
  const confirm = await citizen.send('/de/confirm/dog-tax');
  await citizen.send('/de/confirm/dog-tax', [['_revision', hidden(confirm.body, '_revision')!]]);
  const next = await citizen.visit('/de/apply/dog-tax');
  if (next.path !== `/de/${review}`)
    await citizen.send(next.path, filledIn(next.body, one.walk.byPath.get(next.path.split('/').slice(4).join('/'))!, one));
  await look('the review', review, ['Von Ihnen bestätigt', 'Confirmed by you']);
  const ready = await citizen.send(`/de/${review}`);
  const handedIn = await citizen.send(`/de/${review}`, filledIn(ready.body, one.walk.steps.at(-1)!, one));
  expect(handedIn.location).toMatch(/^\/de\/receipt\//);
  await look('the status', `status/${handedIn.location!.split('/').at(-1)}`, ['Von uns geöffnet', 'Opened by our staff']);
  console.log(`hand-over: ${seen} pages looked at, without a fault`);
});
