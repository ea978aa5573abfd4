/** Files that staff take in, and what the citizen will bring: by plain HTTP, as it should be and as it must not be. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { journey, openStage, type Stage } from '../hostile/stage.ts';
import { hidden, PlainBrowser, type Answer } from '../portal.ts';
import { multipart, type Pairs } from '../travel.ts';
import { fillSections, sheetOf, START } from './sheets.ts';
import { logIn } from './staff.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ identity: 'demo' });
}, 60_000);
afterAll(() => stage?.close());

const FIELD = 'benefits.notice';

async function clerkAt(user = 'amsel', host = 'localhost'): Promise<PlainBrowser> {
  const browser = new PlainBrowser(stage.portal.port, host);
  await logIn(stage, browser, user);
  return browser;
}

/** A new application in a clerk's hands, filled in up to the section with a page for files; its address there. */
async function begun(clerk: PlainBrowser): Promise<{ id: string; address: string }> {
  const { location } = await clerk.send('/de/counter', START);
  const id = sheetOf(location);
  await fillSections(clerk, id, journey('dog-tax', 'one-small-dog'), 'benefits');
  return { id, address: `/de/counter/sheet/${id}/benefits` };
}

/** A form of the sheet with the answer that asks for the file, and the file. */
const withFile = (revision: string, name = 'bescheid.pdf', bytes?: Buffer) =>
  multipart(
    [
      ['_revision', revision],
      ['_page', 'receivesBenefits'],
      ['benefits.receives', 'yes'],
      ['_page', 'benefitKind'],
      ['benefits.kind', 'citizenIncome'],
      ['_page', 'benefitNotice'],
      ['do', 'save'],
    ],
    [{ field: FIELD, name, ...(bytes && { bytes }) }],
  );

const revisionAt = async (clerk: PlainBrowser, address: string) => hidden((await clerk.visit(address)).body, '_revision')!;
const files = async (application: string) =>
  (await stage.owner.query<{ id: string; state: string }>('select id, state from file where application_id = $1', [application])).rows;
const texts = (page: Answer) => page.body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const logged = async (application: string) =>
  (await stage.owner.query<{ action: string }>('select action from access_log where application = $1 order by n', [application])).rows.map(
    ({ action }) => action,
  );

it('takes a file in with the answer that asks for it; who took it in is on record; takes it away again', async () => {
  const clerk = await clerkAt();
  const { id, address } = await begun(clerk);
  const page = await clerk.visit(address);
  expect(page.body).toContain('name="benefits.receives"');
  expect((await clerk.send(address, withFile(hidden(page.body, '_revision')!))).status).toBe(303);
  const after = await clerk.visit(address);
  expect(after.body).toContain('bescheid.pdf');
  expect(after.body).toContain('enctype="multipart/form-data"');
  expect(await files(id)).toMatchObject([{ state: 'stored' }]);
  const { rows } = await stage.owner.query<{ actor: string }>(`select actor from audit where action = 'upload' and subject = $1`, [id]);
  expect(rows).toHaveLength(1);
  expect(rows[0]!.actor).toMatch(/^staff:/);
  expect(await logged(id)).toContain('upload');
  const check = texts(await clerk.visit(address.replace('benefits', '~check')));
  expect(check).toMatch(/Wo nichts anderes steht: Eingetragen von Anke Amsel.*bescheid\.pdf/);
  // the same file again is the same file
  expect((await clerk.send(address, withFile(await revisionAt(clerk, address)))).status).toBe(303);
  expect(await files(id)).toHaveLength(1);
  const file = (await files(id))[0]!.id;
  const again = multipart(
    [
      ['_revision', await revisionAt(clerk, address)],
      ['_page', 'benefitNotice'],
      ['_remove', file],
    ],
    [],
  );
  expect((await clerk.send(address, again)).status).toBe(303);
  expect(await files(id)).toEqual([]);
  expect((await clerk.visit(address)).body).not.toContain('bescheid.pdf');
  expect(await logged(id)).toContain('remove-file');
});

it('a file of the wrong kind is named, and everything else is saved', async () => {
  const clerk = await clerkAt();
  const { id, address } = await begun(clerk);
  const answer = await clerk.send(address, withFile(await revisionAt(clerk, address), 'bescheid.pdf', Buffer.from('MZ not a document')));
  expect(answer.status).toBe(422);
  expect(texts(answer)).toContain('PDF');
  expect(answer.body).toContain('kern-error');
  expect(await files(id)).toEqual([]);
  expect((await clerk.visit(address)).body).toContain('id="p-benefitNotice"');
});

it('a file that no page of the sheet asks for is not taken', async () => {
  const clerk = await clerkAt();
  const { id, address } = await begun(clerk);
  const form = multipart(
    [
      ['_revision', await revisionAt(clerk, address)],
      ['_page', 'receivesBenefits'],
      ['benefits.receives', 'no'],
      ['_page', 'benefitNotice'],
    ],
    [
      { field: FIELD, name: 'a.pdf' },
      { field: 'dogs.1.permitFile', name: 'b.pdf' },
      { field: '__proto__', name: 'c.pdf' },
    ],
  );
  expect((await clerk.send(address, form)).status).toBe(303);
  expect(await files(id)).toEqual([]);
});

it('is refused to everybody who has not got it in hand: colleague, other town, after giving it back, without the record', async () => {
  const clerk = await clerkAt();
  const { id, address } = await begun(clerk);
  const form = withFile(await revisionAt(clerk, address));
  const colleague = await clerkAt('buchfink');
  expect((await colleague.send(address, form)).status).toBe(410);
  const elsewhere = new PlainBrowser(stage.portal.port, 'neudorf.localhost');
  for (const [name, value] of clerk.cookies) elsewhere.setCookie(name, value);
  expect([401, 404]).toContain((await elsewhere.send(address, form)).status);
  expect((await new PlainBrowser(stage.portal.port).send(address, form)).status).toBe(401);
  expect(await logged(id)).not.toContain('upload');
  // in the hands of somebody who has recorded nothing: who is there, and that they ask for it
  await stage.owner.query(
    `update application set custody_session = (select id_hash from staff_session where name = 'Bernd Buchfink' order by created_at desc limit 1) where id = $1`,
    [id],
  );
  expect((await colleague.visit(address)).status).toBe(200);
  expect((await colleague.send(address, form)).status).toBe(409);
  await stage.owner.query(
    `update application set custody_session = (select id_hash from staff_session where name = 'Anke Amsel' order by created_at desc limit 1) where id = $1`,
    [id],
  );
  const given = await clerk.send(address, [
    ['_revision', await revisionAt(clerk, address)],
    ['do', 'give-back'],
  ]);
  expect(given.status).toBe(200);
  expect((await clerk.send(address, form)).status).toBe(410);
  expect(await files(id)).toEqual([]);
});

it('what the citizen will bring stays open with its reason, is seen by the citizen, and is over once it is there', async () => {
  const clerk = await clerkAt();
  const id = sheetOf((await clerk.send('/de/counter', START)).location);
  await fillSections(clerk, id, journey('dog-tax', 'one-small-dog'), 'person');
  const person = `/de/counter/sheet/${id}/person`;
  const save = async (pairs: Pairs, path = person) => {
    const form: Pairs = [['_revision', await revisionAt(clerk, path)], ['_page', 'name'], ['_page', 'birthDate'], ...pairs];
    return clerk.send(path, form);
  };
  const parked = await save([
    ['applicant.givenNames', 'Zaunkönig'],
    ['_park', 'applicant.familyName'],
    ['_parkReason', 'document'],
    ['_parkNote', 'Urkunde der Trauung'],
    ['do', 'park'],
  ]);
  expect(parked.status).toBe(303);
  const page = await clerk.visit(person);
  expect(texts(page)).toMatch(/Familienname[^:]*: bringt die Person nach \(Unterlage nicht dabei: Urkunde der Trauung\)/);
  // the rest of the form was saved with it
  expect(page.body).toContain('value="Zaunkönig"');
  // nobody parks what the sheet does not ask
  await save([
    ['applicant.givenNames', 'Zaunkönig'],
    ['_park', '__proto__'],
    ['do', 'park'],
  ]);
  // handed back, the citizen reads it
  const given = await clerk.send(person, [
    ['_revision', await revisionAt(clerk, person)],
    ['do', 'give-back'],
  ]);
  const code = /<bdi class="reference"[^>]*>([^<]+)</.exec(given.body)![1]!;
  const pin = /\b\d{4}\b/.exec(texts(given).slice(texts(given).indexOf(code) + code.length))![0];
  const citizen = new PlainBrowser(stage.portal.port);
  const resumed = await citizen.send('/de/resume', [
    ['code', code],
    ['factor', pin],
  ]);
  const first = await citizen.visit(resumed.location!);
  expect(texts(first)).toMatch(/Bitte ergänzen Sie noch/);
  expect(texts(first)).toContain('Urkunde der Trauung');
  const { rows } = await stage.owner.query<{ line: string }>(
    `select row_to_json(l)::text as line from access_log l where application = $1 union all select row_to_json(a)::text from audit a where subject = $1::text`,
    [id],
  );
  expect(rows.some(({ line }) => line.includes('Trauung'))).toBe(false);
  expect(stage.portal.output()).not.toContain('Trauung');
});
