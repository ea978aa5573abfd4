/** Journeys are tests: each is walked and must give the pages, the outcome and the payload that it expects. */
import { parseDate } from '@internationalized/date';
import { compilePayload, flattenAnswers, walk, type Json, type Walk } from '#flow';
import { differences } from '../json.ts';
import { listCodes, parameterValues } from '../read.ts';
import { payloadValidator } from '../schemas.ts';
import type { JourneyDocument } from '../types.ts';
import type { CheckContext } from './context.ts';

/** Walks all journeys, reports what differs, and gives the walks. */
export function checkJourneys(context: CheckContext): Walk[] {
  const { journeys, report } = context;
  if (journeys.length === 0)
    report(
      'journey-missing',
      'journeys',
      '',
      'There are no journeys.',
      'Add example applicants that together visit every page and both sides of every condition.',
    );
  return journeys.flatMap(({ file, document }) => checkJourney(context, file, document) ?? []);
}

function checkJourney(context: CheckContext, file: string, journey: JourneyDocument): Walk | undefined {
  const { documents, flow, report } = context;
  try {
    parseDate(journey.today);
  } catch {
    report('journey-today', file, '/today', `"${journey.today}" is no day.`, 'Write an existing day, e.g. 2026-03-02.');
    return undefined;
  }
  for (const name of Object.keys(journey.params ?? {})) {
    if (!Object.hasOwn(documents.service.parameters ?? {}, name))
      report('journey-answers', file, `/params/${name}`, `There is no parameter "${name}".`, 'Declare it in service.json or remove it.');
  }
  const { answers, unknown } = flattenAnswers(flow, journey.answers);
  for (const path of unknown)
    report(
      'journey-answers',
      file,
      `/answers/${path.replaceAll('.', '/')}`,
      `The flow asks for no "${path}".`,
      'Correct the path or remove the answer.',
    );
  const lists = listCodes(new Map(Object.entries(documents.lists)));
  const result = walk(flow, answers, {
    today: journey.today,
    params: parameterValues(documents.service, journey.params),
    lenient: true,
    lists,
  });

  const { expect } = journey;
  const outcome = result.outcome === 'complete' ? 'submit' : result.outcome;
  if (outcome !== expect.outcome) {
    const message = `Expected "${expect.outcome}", but it ends with "${outcome}" at "${result.stop}"${why(result)}.`;
    report('journey-outcome', file, '/expect/outcome', message, 'Correct the answers, the expectation or the flow.');
  } else if (outcome === 'exit' && expect.exit !== undefined && expect.exit !== result.stop) {
    report(
      'journey-outcome',
      file,
      '/expect/exit',
      `Expected the exit "${expect.exit}", but it ends at "${result.stop}".`,
      'Correct the answers, the expectation or the flow.',
    );
  } else if (outcome === 'stop' && expect.stop !== undefined && expect.stop !== result.stop) {
    report(
      'journey-outcome',
      file,
      '/expect/stop',
      `Expected to stop at "${expect.stop}", but it stops at "${result.stop}"${why(result)}.`,
      'Correct the answers, the expectation or the flow.',
    );
  }
  const pages = result.steps.map((step) => step.path);
  const apart = pages.findIndex((page, i) => page !== expect.pages[i]);
  const index = apart >= 0 ? apart : expect.pages.length > pages.length ? pages.length : -1;
  if (index >= 0) {
    const message = `Page ${index + 1}: expected ${named(expect.pages[index])}, got ${named(pages[index])} (after ${named(pages[index - 1])}).`;
    report('journey-pages', file, `/expect/pages/${index}`, message, `Walked: ${JSON.stringify(pages)}`);
  }
  if (outcome === 'submit' && expect.outcome === 'submit') checkPayload(context, file, expect.payload, result);
  return result;
}

function named(page: string | undefined): string {
  return page === undefined ? 'no page' : `"${page}"`;
}

/** What the page it stopped at is waiting for, in a few words. */
function why(result: Walk): string {
  const step = result.steps.at(-1)!;
  if (result.outcome !== 'stop') return '';
  const errors = step.errors.map((error) => `${error.path}: ${error.code}`);
  const rules = result.warnings.filter((warning) => !warning.confirmed).map((warning) => `rule ${warning.rule}`);
  const open = step.fields.filter((field) => !field.type.silent).map((field) => field.id);
  const reasons = errors.length > 0 ? errors : rules.length > 0 ? rules : [`asks for ${open.join(', ') || 'entries'}`];
  return ` (${reasons.slice(0, 4).join('; ')})`;
}

function checkPayload({ documents, flow, report }: CheckContext, file: string, expected: Json | undefined, result: Walk): void {
  const payload = compilePayload(flow, documents.payload.document).build(result);
  for (const problem of payloadValidator(documents.payload.schema)(payload).slice(0, 5)) {
    report(
      'payload-invalid',
      file,
      '/expect/payload',
      `The payload does not satisfy its schema at ${problem.place || '/'}: ${problem.message}`,
      'Correct the template or the schema in payload.json.',
    );
  }
  if (expected === undefined) return;
  const lines = differences(expected, payload);
  if (lines.length > 0)
    report(
      'journey-payload',
      file,
      '/expect/payload',
      `The payload differs. ${lines.join('; ')}`,
      'Correct the expectation, the template or the flow.',
    );
}
