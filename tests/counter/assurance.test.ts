/** What a service asks for before staff: how surely the person is known, and how it is confirmed. Told at the intake and on the review; refused only where it says so. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDesk, type Desk } from '../handover/desk.ts';
import { journey, openStage, type Stage } from '../hostile/stage.ts';
import { root } from '../portal.ts';
import { checkOf, clerkAt, filled, idIn, record, reviewForm, texts } from './at-the-desk.ts';

const flows = mkdtempSync(join(tmpdir(), 'schalter-flows-'));
let stage: Stage;
let desk: Desk;

function asks(service: string, more: object): void {
  const path = join(flows, service, 'service.json');
  const document = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...document, ...more }));
}

beforeAll(async () => {
  cpSync(join(root, 'flows'), flows, { recursive: true });
  asks('dog-tax', { assurance: { counter: 'substantial' }, assuranceRequired: ['counter'], confirmation: ['signature', 'paper'] });
  asks('bulky-waste', { assurance: { counter: 'low' }, confirmation: ['paper'] });
  stage = await openStage({ identity: 'demo', env: { SCHALTER_FLOWS: flows } });
  desk = await openDesk(stage);
}, 60_000);
afterAll(async () => {
  await stage?.close();
  rmSync(flows, { recursive: true, force: true });
});

const UNKNOWN = { method: 'none', verified: 'no' };

it('is told at the intake, once; then it begins all the same', async () => {
  const clerk = await clerkAt(stage);
  const form = [...record(UNKNOWN), ['service', 'bulky-waste'], ['do', 'start']] as [string, string][];
  const told = await clerk.send('/de/counter', form);
  expect([told.status, texts(told).includes('Vertrauensniveau: niedrig')]).toEqual([422, true]);
  const below = /name="below" value="([^"]+)"/.exec(told.body)![1]!;
  expect(below).toBe('bulky-waste');
  // told of one service is not told of the other
  const other = await clerk.send('/de/counter', [...record(UNKNOWN), ['service', 'dog-tax'], ['below', below], ['do', 'start']]);
  expect(other.status).toBe(422);
  expect((await clerk.send('/de/counter', [...form, ['below', below]])).status).toBe(303);
});

it('told only: the review says what is missing, and the application goes through', async () => {
  const clerk = await clerkAt(stage);
  const one = journey('bulky-waste', 'sofa-free');
  const application = await filled(stage, desk, clerk, one, { ...UNKNOWN, below: 'bulky-waste' });
  const check = await clerk.visit(checkOf(application));
  expect(texts(check)).toContain('Prüfen Sie einen Ausweis');
  // a way that the service does not accept is not offered, and not taken
  expect(check.body).not.toContain('how-spoken');
  const spoken = await clerk.send(
    check.path,
    reviewForm(check, one, [
      ['_how', 'spoken'],
      ['_record', 'stimmt'],
    ]),
  );
  expect(spoken.status).toBe(422);
  expect((await clerk.send(check.path, reviewForm(check, one, [['_how', 'paper']]))).status).toBe(200);
});

it('required: nothing is handed in below it, and nothing is lost', async () => {
  const clerk = await clerkAt(stage);
  const one = journey('dog-tax', 'one-small-dog');
  const application = await filled(stage, desk, clerk, one, { method: 'known', below: 'dog-tax' });
  const check = await clerk.visit(checkOf(application));
  expect(texts(check)).toContain('kann auf diesem Weg nur eingereicht werden');
  const refused = await clerk.send(check.path, reviewForm(check, one, [['_how', 'paper']]));
  expect([refused.status, texts(refused).includes('kann auf diesem Weg nur eingereicht werden')]).toEqual([422, true]);
  const { rows } = await stage.owner.query<{ lifecycle: string }>('select lifecycle from application where id = $1', [application]);
  expect(rows).toEqual([{ lifecycle: 'draft' }]);
});

it('enough: no word of it', async () => {
  const clerk = await clerkAt(stage);
  const begun = await clerk.send('/de/counter', [...record(), ['service', 'dog-tax'], ['do', 'start']]);
  expect(begun.status).toBe(303);
  expect(texts(await clerk.visit(checkOf(idIn(begun.location))))).not.toContain('Vertrauensniveau');
});
