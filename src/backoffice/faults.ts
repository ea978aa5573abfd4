/** What can go wrong on purpose, one thing at a time, for a number of times. */

export const FAULTS = {
  none: 'Alles in Ordnung',
  down: 'Nicht erreichbar: Verbindung bricht sofort ab',
  'half-open': 'Antwortet nie',
  slow: 'Antwortet langsam (3 Sekunden)',
  '500': 'Interner Fehler (500)',
  '429': 'Überlastet (429, später noch einmal)',
  reject: 'Lehnt ab (422)',
  drop: 'Nimmt an, aber die Antwort geht verloren',
  'duplicate-callback': 'Meldet doppelt zurück',
  'wrong-signature': 'Meldet mit falscher Signatur zurück',
} as const;

export type Fault = keyof typeof FAULTS;

/** Faults of call-backs; all others happen to submissions. */
const ON_CALLBACK: ReadonlySet<Fault> = new Set(['duplicate-callback', 'wrong-signature']);

export class FaultSwitch {
  #kind: Fault = 'none';
  #left = 0;

  /** @param times 0: until it is switched off */
  set(kind: string, times: number): boolean {
    if (!Object.hasOwn(FAULTS, kind) || !Number.isInteger(times) || times < 0) return false;
    this.#kind = kind as Fault;
    this.#left = times === 0 ? Infinity : times;
    return true;
  }

  get now(): { kind: Fault; left: number } {
    return { kind: this.#kind, left: this.#left };
  }

  /** The fault that happens to this submission or call-back; it counts as used. */
  take(where: 'submission' | 'callback'): Fault {
    const kind = this.#kind;
    if (kind === 'none' || ON_CALLBACK.has(kind) !== (where === 'callback')) return 'none';
    this.#left -= 1;
    if (this.#left <= 0) this.#kind = 'none';
    return kind;
  }
}
