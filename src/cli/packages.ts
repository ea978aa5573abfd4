/** What the `flow` commands share: finding folders, reading a package or saying why not, printing findings. */
import { existsSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { parseDate } from '@internationalized/date';
import { fieldTypes } from '#fields/all';
import { readPackage, type Finding, type Package } from '#package';
import { WrongUse } from './command.ts';

/** The folder of all services: `SCHALTER_FLOWS`, else `flows` of this installation. */
export function flowsRoot(): string {
  return resolve(process.env.SCHALTER_FLOWS ?? join(import.meta.dirname, '../../flows'));
}

/** The one folder that a command needs. */
export function oneFolder(positionals: readonly string[]): string {
  const [dir, ...more] = positionals;
  if (dir === undefined || more.length > 0) throw new WrongUse('Name one folder of a service, e.g. flows/bulky-waste.');
  return existingFolder(dir);
}

export function existingFolder(dir: string): string {
  if (!existsSync(dir) || !statSync(dir).isDirectory()) throw new WrongUse(`There is no folder "${dir}".`);
  return resolve(dir);
}

/** Reads a package for a command that needs a sound one. Throws an Error with its findings when it has any. */
export function soundPackage(dir: string): Package {
  const { package: found, findings } = readPackage(dir, fieldTypes, { drafts: true });
  if (!found) throw new Error(`${shown(dir)} cannot be read:\n\n${findingsText(dir, findings)}`);
  return found;
}

/** A folder as people name it: relative to where they are, if that is shorter. */
export function shown(dir: string): string {
  const near = relative(process.cwd(), dir);
  return near.startsWith('..') ? dir : near || basename(dir);
}

/** Findings as text: severity and rule, file and place, message, remedy. Information takes one line. */
export function findingsText(dir: string, findings: readonly Finding[]): string {
  const where = ({ file, place }: Finding) => `${join(shown(dir), file)}${place ? ` ${place}` : ''}`;
  const real = findings.filter(({ severity }) => severity !== 'info');
  const information = findings.filter(({ severity }) => severity === 'info');
  const parts = real.map(
    (finding) => `${finding.severity}  ${finding.rule}\n  ${where(finding)}\n  ${finding.message}\n  -> ${finding.remedy}`,
  );
  if (information.length > 0) parts.push(information.map((finding) => `info  ${finding.rule}  ${finding.message}`).join('\n'));
  return parts.join('\n\n');
}

/** A day given as an option. */
export function dayOption(text: string): string {
  try {
    return parseDate(text).toString();
  } catch {
    throw new WrongUse(`"${text}" is no day; write it as 2026-03-02.`);
  }
}
