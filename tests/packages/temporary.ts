/** Copies of the good package `base` in a temporary folder, for tests that break them. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BASE = join(import.meta.dirname, 'base');

/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- documents are broken on purpose: no type holds for them */
export type Loose = any;

export interface TemporaryPackage {
  readonly dir: string;
  /** Changes one JSON file. */
  readonly edit: (file: string, change: (document: Loose) => void) => void;
  /** Writes a file as it is. */
  readonly write: (file: string, text: string) => void;
  readonly remove: (file: string) => void;
}

/** Makes a folder of services with one copy of `base` called `name`; `clean` removes it. */
export function temporaryPackage(name = 'garden'): TemporaryPackage & { root: string; clean: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'schalter-package-'));
  const dir = join(root, name);
  cpSync(BASE, dir, { recursive: true });
  const write = (file: string, text: string) => writeFileSync(join(dir, file), text);
  return {
    root,
    dir,
    write,
    edit(file, change) {
      const document: Loose = JSON.parse(readFileSync(join(dir, file), 'utf8'));
      change(document);
      write(file, JSON.stringify(document));
    },
    remove: (file) => rmSync(join(dir, file)),
    clean: () => rmSync(root, { recursive: true, force: true }),
  };
}
