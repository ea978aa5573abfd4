import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createMachine, initialTransition, transition } from 'xstate';
import { afterAll, describe, expect, it } from 'vitest';
import { main } from './main.ts';

const BASE = resolve(import.meta.dirname, '../../tests/packages/base');
const scratch = mkdtempSync(join(tmpdir(), 'schalter-cli-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function schalter(...args: string[]) {
  let [out, errors] = ['', ''];
  const code = await main(
    args,
    (text) => (out += `${text}\n`),
    (text) => (errors += `${text}\n`),
  );
  return { code, out, errors };
}

function answers(document: object): string {
  const file = join(scratch, 'answers.json');
  writeFileSync(file, JSON.stringify(document));
  return file;
}

describe('the command line', () => {
  it('names its commands; an unknown one is wrong use', async () => {
    expect(await schalter('--help')).toMatchObject({ code: 0, out: expect.stringContaining('flow check'), errors: '' });
    expect(await schalter('flow', 'fly')).toMatchObject({
      code: 2,
      out: '',
      errors: expect.stringMatching(/no command "flow fly"[^]*flow list/),
    });
    expect(await schalter()).toMatchObject({ code: 2 });
  });

  it.each(['list', 'check', 'walk', 'explore', 'export'])('has help for flow %s', async (command) => {
    const { code, out } = await schalter('flow', command, '--help');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^schalter flow ${command} `));
  });

  it.each([
    ['flow', 'check', '--loud'],
    ['flow', 'walk', BASE],
    ['flow', 'walk', BASE, '--answers', '/nowhere.json'],
    ['flow', 'walk', BASE, '--answers', join(BASE, 'journeys/minor.json'), '--today', '2026-02-31'],
    ['flow', 'explore', '/nowhere'],
    ['flow', 'explore', BASE, '--max', 'many'],
    ['flow', 'export', BASE],
    ['flow', 'export', BASE, '--xstate', '--mermaid'],
    ['flow', 'list', '/nowhere'],
  ])('calls %s %s %s wrong use', async (...args) => {
    expect(await schalter(...args)).toMatchObject({ code: 2, out: '' });
  });

  it('checks: 0 when nothing is wrong, 1 with findings, each with rule, file, place, message and remedy', async () => {
    expect(await schalter('flow', 'check', BASE)).toMatchObject({ code: 0, out: expect.stringContaining('fine') });
    const { code, out } = await schalter('flow', 'check', join(scratch, 'nothing'), '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)[0].findings[0]).toMatchObject({
      rule: 'no-package',
      severity: 'error',
      message: expect.any(String),
      remedy: expect.any(String),
    });
  });

  it('walks with answers and says where it stops and why', async () => {
    const person = { familyName: 'Muster', birthDate: '1990-03-27', district: 'n' };
    const { code, out } = await schalter(
      'flow',
      'walk',
      BASE,
      '--today',
      '2026-03-02',
      '--json',
      '--answers',
      answers({ livesHere: true, applicant: person, plots: [{ use: 'pool', area: 3 }], shoeSize: 43 }),
    );
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'stop',
      stop: 'plotList/1/plotUse',
      why: ['plots.1.use: notAnOption'],
      ignored: ['shoeSize'],
    });
    expect(code).toBe(1);
    const minor = await schalter('flow', 'walk', BASE, '--answers', join(BASE, 'journeys/minor.json'));
    expect(minor).toMatchObject({ code: 0, out: expect.stringContaining('rule adult (must)') });
    const strict = await schalter('flow', 'walk', BASE, '--strict', '--json', '--answers', join(BASE, 'journeys/one-plot.json'));
    expect(JSON.parse(strict.out)).toMatchObject({ outcome: 'stop', stop: 'welcome', why: ['not read yet'] });
  });

  it('explores', async () => {
    const { code, out } = await schalter('flow', 'explore', BASE, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ cut: false, unreached: [], stuck: [], oneSided: [], undecidable: [], pages: 12 });
  });

  it('exports a machine that XState runs, a diagram, and a schema of the answers', async () => {
    const machine = JSON.parse((await schalter('flow', 'export', BASE, '--xstate')).out);
    expect(machine.meta).toMatchObject({ conditions: { elsewhere: ['!livesHere'], plotSketch: ["plot.use == 'hut'"] } });
    const running = createMachine(machine).provide({ guards: { when: () => false }, actions: { take: () => undefined } });
    const [first] = initialTransition(running);
    expect(first.value).toEqual({ eligibility: 'resident' });
    expect(transition(running, first, { type: 'NEXT' })[0].value).toEqual({ eligibility: 'elsewhere' });

    const { out } = await schalter('flow', 'export', BASE, '--mermaid');
    expect(out).toMatch(/^stateDiagram-v2\n/);
    expect(out).toContain('resident --> elsewhere : !livesHere');
    expect(out.split('{').length).toBe(out.split('}').length);

    const schema = JSON.parse((await schalter('flow', 'export', BASE, '--json-schema')).out);
    expect(schema.properties.plots).toMatchObject({
      type: 'array',
      maxItems: 3,
      items: { properties: { use: { enum: ['beds', 'hut'] } } },
    });
    expect(schema.properties.permit).toBeUndefined();
  });
});
