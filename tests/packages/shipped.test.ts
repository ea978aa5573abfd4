/** The services that ship: nothing is wrong with them, and every page of each can be reached. */
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fieldTypes } from '#fields/all';
import { checkPackage, Coverage, explore, packageFolders, readPackage } from '#package';

const ROOT = resolve(import.meta.dirname, '../../flows');
const services = packageFolders(ROOT);

describe('the services that ship', () => {
  it('are checked within five seconds of computing, without a finding', () => {
    const before = process.cpuUsage();
    const findings = services.flatMap((id) =>
      checkPackage(join(ROOT, id), fieldTypes).map((finding) => ({ ...finding, file: join(id, finding.file) })),
    );
    const { user, system } = process.cpuUsage(before);
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(services.length).toBeGreaterThanOrEqual(4);
    expect((user + system) / 1_000_000).toBeLessThan(5);
  });

  it.each(services)('%s: exploring reaches every page and finds nothing undecidable', (id) => {
    const subject = readPackage(join(ROOT, id), fieldTypes).package!;
    const coverage = new Coverage();
    const { reached, stuck, ends } = explore(subject, { today: '2026-03-02', coverage });
    const pages = [...subject.flow.pages.values()].filter(({ kind }) => kind !== 'done').map((page) => page.id);
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
    expect(stuck).toEqual([]);
    expect(ends.submit).toBeGreaterThan(0);
    expect([...coverage.sides.values()].filter(({ undecided }) => undecided > 0)).toEqual([]);
  });
});
