/** The same answers through the citizens' pages and through the sheet give the same bytes: over all services and journeys, in whatever order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addEntry, applySheet, emptyAnswers, entryKeys, joinPath, sheetSteps, sheetWalk, walk } from '../../src/flow/index.ts';
import type { Answers, Step, Walk, WalkOptions } from '../../src/flow/index.ts';
import type { Applications, Draft } from '../../src/server/applications/index.ts';
import { payloadOf } from '../../src/server/applications/submit.ts';
import { postPage, revisionOf } from '../../src/server/web/question.ts';
import { journeysOf, services, typed, type Journey } from '../journeys.ts';

const optionsOf = ({ pkg, document }: Journey): WalkOptions => ({
  today: document.today,
  params: {
    ...Object.fromEntries(Object.entries(pkg.service.parameters ?? {}).map(([name, one]) => [name, one.default ?? null])),
    ...document.params,
  },
  lists: new Map([...pkg.lists].map(([name, entries]) => [name, new Set(entries.map((entry) => entry.code))])),
});

/** Files are uploaded, not typed: both ways find them stored. */
function stored(journey: Journey): Answers {
  const answers = emptyAnswers();
  for (const step of journey.walk.steps)
    for (const field of step.fields) {
      const path = joinPath(step.prefix, field.id);
      if (field.type.file && Array.isArray(journey.answers[path])) answers[path] = journey.answers[path];
    }
  return answers;
}

const controlsOf = (pairs: readonly (readonly [string, string])[]) => {
  const controls = new Map<string, string[]>();
  for (const [name, value] of pairs) controls.set(name, [...(controls.get(name) ?? []), value]);
  return controls;
};

/** Page by page, by the function that serves the citizens' forms. */
async function byPages(journey: Journey): Promise<Walk> {
  const { pkg } = journey;
  const options = optionsOf(journey);
  const answers = stored(journey);
  let draft = {
    id: '00000000-0000-4000-8000-000000000000',
    revision: 1,
    pkg,
    today: options.today,
    offering: { params: options.params },
    answers,
    walk: walk(pkg.flow, answers, options),
  } as unknown as Draft;
  const applications = {
    save: (before: Draft, next: Answers, walked: Walk) =>
      Promise.resolve({ outcome: 'saved', draft: (draft = { ...before, answers: next, walk: walked, revision: before.revision + 1 }) }),
  } as unknown as Applications;
  const post = async (path: string, pairs: [string, string][]) => {
    const result = await postPage(applications, draft, path, { values: controlsOf([['_revision', revisionOf(draft)], ...pairs]) }, 'de');
    expect([path, result.kind]).not.toContain('off-path');
    return result;
  };
  for (const step of journey.walk.steps) {
    if (step.page.kind === 'check' || step.page.kind === 'exit') break;
    const confirmed = step.warnings.map((warning): [string, string] => ['_confirm', warning.rule]);
    if (step.page.collection) await post(step.path, [['_more', 'no'], ...confirmed]);
    else {
      if (!draft.walk.byPath.has(step.path)) await post(step.path.split('/').slice(0, -2).join('/'), [['_more', 'yes']]);
      await post(step.path, [...typed(step, journey.answers), ...confirmed]);
    }
  }
  return draft.walk;
}

/** What somebody types into all pages of a section that they can see; the first time perhaps rubbish into some of them. */
function fill(journey: Journey, section: string, before: Answers, rubbish: (step: Step) => boolean): Answers {
  const { flow } = journey.pkg;
  const options = optionsOf(journey);
  let answers = before;
  for (let round = 0, seen = ''; round < 50; round++) {
    const steps = sheetSteps(sheetWalk(flow, answers, options), section);
    for (const { page, prefix } of steps) {
      if (!page.collection) continue;
      const list = joinPath(prefix, page.collection.path.split('.').at(-1));
      while (entryKeys(answers, list).length < entryKeys(journey.answers, list).length) ({ answers } = addEntry(answers, list));
    }
    const shown = sheetSteps(sheetWalk(flow, answers, options), section);
    const pairs = shown.flatMap((step) =>
      typed(step, journey.answers).map(([name, text]) => [name, rubbish(step) ? '§ü§' : text] as const),
    );
    const warnings = shown.flatMap((step) => journey.walk.byPath.get(step.path)?.warnings ?? []);
    const form = {
      controls: controlsOf(pairs),
      pages: new Set(shown.map(({ path }) => path)),
      confirmed: new Set(warnings.map(({ confirmPath }) => confirmPath)),
    };
    const result = applySheet(flow, answers, section, form, options);
    answers = result.answers;
    const paths = shown.map(({ path }) => path).join(' ');
    if (paths === seen) break;
    seen = paths;
  }
  return answers;
}

const journeys = services().flatMap((service) => journeysOf(service));

describe.each(journeys.map((journey) => [journey.service, journey.name, journey] as const))('%s: %s', (_service, _name, journey) => {
  it('gives the same bytes', { timeout: 60_000 }, async () => {
    const { flow } = journey.pkg;
    const ids = flow.sections.map(({ id }) => id);
    const citizen = await byPages(journey);
    const wanted = JSON.stringify(payloadOf(journey.pkg, citizen).document);
    const complete = journey.document.expect.outcome === 'submit';
    if (complete) expect(citizen.steps.at(-1)?.page.kind).toBe('check');
    fc.assert(
      fc.property(fc.shuffledSubarray(ids), fc.infiniteStream(fc.boolean()), (first, coins) => {
        // somebody begins anywhere and mistypes; then everything is typed in order
        let answers = stored(journey);
        for (const id of first) answers = fill(journey, id, answers, () => coins.next().value as boolean);
        for (const id of ids) answers = fill(journey, id, answers, () => false);
        const walked = walk(flow, answers, optionsOf(journey));
        expect(walked.stop).toBe(citizen.stop);
        if (complete) expect(JSON.stringify(payloadOf(journey.pkg, walked).document)).toBe(wanted);
      }),
      { numRuns: 3 },
    );
  });
});
