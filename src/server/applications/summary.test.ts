import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { summaryHash, type Summary } from './summary.ts';

const summary: Summary = {
  language: 'de',
  service: 'Hund anmelden',
  sections: [
    {
      title: 'Ihre Angaben',
      rows: [
        { label: 'Vornamen', lines: ['Kim'] },
        { label: 'Telefon', lines: [] },
      ],
      entries: [{ title: 'Hund 1', rows: [{ label: 'Rasse', lines: ['Dackel'] }] }],
    },
  ],
  warnings: [],
  declarations: ['Meine Angaben sind richtig.'],
  fee: undefined,
  recipient: 'Steueramt',
};

it('is over bytes that anybody can make again', () => {
  const written =
    '{"declarations":["Meine Angaben sind richtig."],"fee":null,"language":"de","recipient":"Steueramt","sections":[{"entries":[{"rows":[{"label":"Rasse","lines":["Dackel"]}],"title":"Hund 1"}],' +
    '"rows":[{"label":"Vornamen","lines":["Kim"]},{"label":"Telefon","lines":[]}],"title":"Ihre Angaben"}],"service":"Hund anmelden","warnings":[]}';
  expect(summaryHash(summary)).toBe(createHash('sha256').update(written).digest('hex'));
});

it('changes with everything that is shown, and with nothing else', () => {
  const section = summary.sections[0]!;
  const changed: Summary[] = [
    { ...summary, language: 'en' },
    { ...summary, service: 'Hund abmelden' },
    { ...summary, sections: [{ ...section, title: 'Angaben' }] },
    { ...summary, sections: [{ ...section, rows: [...section.rows].reverse() }] },
    { ...summary, sections: [{ ...section, rows: [{ label: 'Vornamen', lines: ['Kim '] }, section.rows[1]!] }] },
    { ...summary, sections: [{ ...section, entries: [] }] },
    { ...summary, sections: [{ ...section, entries: [{ title: 'Hund 1', rows: [{ label: 'Rasse', lines: ['Dachs'] }] }] }] },
    { ...summary, warnings: ['Das Datum liegt in der Zukunft.'] },
    { ...summary, declarations: [] },
    { ...summary, fee: '84,00 €' },
    { ...summary, recipient: 'Ordnungsamt' },
  ];
  const hashes = new Set([summary, ...changed].map(summaryHash));
  expect(hashes.size).toBe(changed.length + 1);
  const rows = section.rows.map((row) => ({ ...row, change: '/de/apply', origin: 'Eingetragen am Schalter', path: 'x' }));
  expect(summaryHash({ ...summary, sections: [{ ...section, rows }] })).toBe(summaryHash(summary));
});
