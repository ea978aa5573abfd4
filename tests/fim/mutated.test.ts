/**
 * Schemas made strange end in a clear refusal, or in a draft that is sound but for honest open points, that its journeys walk to the end, and whose
 * payloads fit the schema. Each seed is one mutant of a real schema.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { fieldTypes } from '../../src/fields/all.node.ts';
import { filesOf, FimRefused, importSchema, journeysThrough, readSchema } from '../../src/fim/index.ts';
import { compile, compilePayload, flattenAnswers, walk } from '../../src/flow/index.ts';
import { checkPackage, listCodes, parameterTypes, payloadValidator } from '../../src/package/index.ts';
import { HONEST, material, SCHEMAS, TODAY } from './material.ts';
import { dice, mutate } from './mutants.ts';

const MUTANTS = 150;
const TEXTS = SCHEMAS.map((file) => [file, readFileSync(join(material, file), 'utf8')] as const).filter(
  ([, text]) => text.length < 140_000,
);

/** What is wrong with the draft of a schema; undefined: it was refused with a sentence. */
function faultsOf(xml: string, folder: string): string[] | undefined {
  const bytes = Buffer.from(xml);
  let imported;
  try {
    imported = importSchema({
      schema: readSchema([bytes]),
      sha256: createHash('sha256').update(bytes).digest('hex'),
      lists: [],
      translated: [],
    });
  } catch (error) {
    if (error instanceof FimRefused && error.message.length > 10) return undefined;
    throw error;
  }
  const { journeys, problems } = journeysThrough(imported, fieldTypes, TODAY);
  for (const [name, content] of filesOf(imported, journeys)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const findings = checkPackage(folder, fieldTypes).filter(
    // One choice where the standard has several is told as a condition that never changes.
    ({ rule, severity, place }) =>
      severity === 'error' && !HONEST.has(rule) && rule !== 'condition-constant' && !place.startsWith('/service/'),
  );
  const { documents } = imported;
  const { flow } = compile(documents.flow, fieldTypes, parameterTypes(documents.service));
  const { build } = compilePayload(flow!, documents.payload.document);
  const unfit = payloadValidator(documents.payload.schema);
  const lists = listCodes(new Map(Object.entries(documents.lists)));
  const complete = journeys
    .filter(({ expect: wanted }) => wanted.outcome === 'submit')
    .map(({ answers, today, params = {} }) => walk(flow!, flattenAnswers(flow!, answers).answers, { today, params, lists, lenient: true }));
  return [
    ...problems.map((problem) => JSON.stringify(problem)),
    ...findings.map(({ rule, place, message }) => `${rule} ${place}: ${message}`),
    ...complete.flatMap((walked) => [...(walked.outcome === 'complete' ? [] : [walked.outcome]), ...unfit(build(walked)).map(String)]),
    ...(complete.length > 0 ? [] : ['no journey ends']),
  ];
}

it(`${MUTANTS} strange schemas`, { timeout: 180_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'schalter-fim-'));
  const figures = { refused: 0, sound: 0 };
  try {
    for (let seed = 0; seed < MUTANTS; seed++) {
      const roll = dice(seed);
      const [file, text] = TEXTS[roll(TEXTS.length)]!;
      const others = TEXTS.filter(([other]) => other.slice(0, 4) === file.slice(0, 4)).map(([, other]) => other);
      const faults = faultsOf(mutate(text, others, roll), join(root, `mutant-${seed}`));
      expect([seed, file, faults ?? []]).toEqual([seed, file, []]);
      figures[faults ? 'sound' : 'refused'] += 1;
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  process.stdout.write(`FIM: ${MUTANTS} strange schemas: ${figures.sound} sound drafts, ${figures.refused} refused with a sentence\n`);
  // both happen, so that neither half of the test is empty
  expect(Math.min(figures.sound, figures.refused)).toBeGreaterThan(20);
});
