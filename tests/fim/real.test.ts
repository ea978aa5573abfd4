/**
 * Every real schema becomes a flow that is sound but for honest open points, can be walked to its end, and gives payloads that fit the schema. The
 * figures are printed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldTypes } from '../../src/fields/all.node.ts';
import { positionsOf, readSchema } from '../../src/fim/index.ts';
import { compile, compilePayload, flattenAnswers, walk } from '../../src/flow/index.ts';
import { checkPackage, listCodes, parameterTypes, payloadValidator, readOrigin } from '../../src/package/index.ts';
import { root } from '../portal.ts';
import { HONEST, material, real, SCHEMAS, translated, writeDrafts } from './material.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);

let drafts: ReturnType<typeof writeDrafts>;
beforeAll(() => {
  drafts = writeDrafts();
}, 120_000);
afterAll(() => drafts.clean());

describe.each(SCHEMAS)('%s', (file) => {
  it('carries every field: asked, shown, sent, or named as open', () => {
    const { id, schema, imported } = real(file);
    const { fim, carried } = readOrigin(join(drafts.dir, id), fieldTypes);
    const open = new Set(fim!.open.map(({ path }) => path));
    const never = new Set(imported.report.places.filter(({ became }) => became === 'never asked').map(({ path }) => path));
    const lost = [...positionsOf(schema.members)]
      .filter(({ element }) => element.kind === 'field')
      .map(({ path }) => path)
      .filter((path) => !path.some((_, i) => [carried, open, never].some((set) => set.has(path.slice(0, i + 1).join('.')))))
      .map((path) => path.join('.'));
    expect(lost).toEqual([]);
    const { fields, groups, rules, pages } = imported.report;
    const lists = [...positionsOf(schema.members)].filter(({ max }) => max > 1).length;
    print(
      `FIM: ${id}: ${fields.all} fields carried over (${fields.asked} asked, ${fields.notes} notes, ${fields.constants} fixed, ${fields.open} open), ${groups.all} groups ` +
        `(${groups.optional} optional, ${groups.choices} choices, ${groups.blocks} blocks), ${lists} places that may be given several times, ${pages} pages, ` +
        `rules: ${rules.translated + rules.text} of ${rules.all} read (${rules.translated} machine-readable, ${rules.text} by their words)`,
    );
  });

  it('passes the publish check apart from honest open points', () => {
    const { id } = real(file);
    const findings = checkPackage(join(drafts.dir, id), fieldTypes).filter(
      ({ rule, severity, place }) =>
        severity === 'error' && !HONEST.has(rule) && !(rule === 'text-missing' && place.startsWith('/service/')),
    );
    expect(findings).toEqual([]);
  });

  it('is walked to its end by its journeys, with payloads that fit the schema', () => {
    const { imported, journeys } = real(file);
    const { documents } = imported;
    const { flow } = compile(documents.flow, fieldTypes, parameterTypes(documents.service));
    const { build } = compilePayload(flow!, documents.payload.document);
    const problems = payloadValidator(documents.payload.schema);
    const lists = listCodes(new Map(Object.entries(documents.lists)));
    let ends = 0;
    for (const { answers, today, params = {}, expect: expected } of journeys) {
      const { answers: flat } = flattenAnswers(flow!, answers);
      const walked = walk(flow!, flat, { today, params, lists, lenient: true });
      expect(walked.undecided).toEqual([]);
      if (expected.outcome !== 'submit') continue;
      expect(walked.outcome).toBe('complete');
      expect(problems(build(walked))).toEqual([]);
      ends += 1;
    }
    expect(ends).toBeGreaterThan(0);
  });

  it('gives the same package from the same file', () => {
    const bytes = readFileSync(join(material, file));
    expect(readSchema([bytes.subarray(0, 1000), bytes.subarray(1000)])).toEqual(real(file).schema);
  });
});

/** Where the state's translation and the words of the schema say different things, as found by trying all answers; each was looked at. */
const KNOWN_DIFFERENCES = [
  // "Entweder A oder B" in words, "A or B" in the translation. Two more rules forbid each of them where the other is chosen, so both come to the same.
  'S05000001299 valid G05000011684.G05000013144.G05000011743 G05000011684.G05000013144.G60000000087',
];

it('reads no rule in another way than its machine-readable form', () => {
  let all = 0;
  let read = 0;
  let open = 0;
  const differences: string[] = [];
  for (const file of SCHEMAS) {
    const { schema, imported } = real(file);
    const { rules } = imported.report;
    all += rules.all;
    read += rules.translated + rules.text;
    open += rules.open;
    differences.push(...imported.report.differences.map(({ effect, target }) => `${schema.id} ${effect} ${target}`));
  }
  const compared = SCHEMAS.reduce((sum, file) => sum + real(file).imported.report.compared, 0);
  print(
    `FIM: rules: ${read} of ${all} read (${((100 * read) / all).toFixed(1)} %), ${open} left open; ${compared} readings held against ${translated.rules.length} machine-readable rules, ${differences.length} differ`,
  );
  for (const { text, why } of translated.unread) print(`FIM: not used: ${why}: ${text}`);
  expect(compared).toBeGreaterThan(100);
  expect(differences).toEqual(KNOWN_DIFFERENCES);
  expect(read / all).toBeGreaterThan(0.9);
});

it('refuses the schema of version 1', () => {
  expect(() => readSchema([readFileSync(join(material, 'xdf2/WaBeKa_ozg-fixture.xml'))])).toThrow(/version 1/);
});

it.each(SCHEMAS)('%s by the command: what it takes', (name) => {
  const out = mkdtempSync(join(tmpdir(), 'schalter-fim-'));
  const file = join(material, name);
  const code = `process.argv.splice(1, 1); const { main } = await import(${JSON.stringify(join(root, 'src/cli/main.ts'))});
    const begun = performance.now(); const exit = await main(process.argv.slice(1), () => {}, (text) => console.error(text));
    console.log(JSON.stringify({ exit, seconds: (performance.now() - begun) / 1000, megabytes: process.resourceUsage().maxRSS / 1024 }));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code, 'x', 'fim', 'import', file, '--out', join(out, 'draft')],
    { encoding: 'utf8', cwd: root },
  );
  rmSync(out, { recursive: true, force: true });
  expect(stderr).toBe('');
  const { exit, seconds, megabytes } = JSON.parse(stdout) as { exit: number; seconds: number; megabytes: number };
  expect(exit).toBe(0);
  print(
    `FIM: import of ${real(name).id}, ${(statSync(file).size / 1e6).toFixed(2)} MB: ${seconds.toFixed(2)} s, ${megabytes.toFixed(0)} MB at most, journeys included`,
  );
});
