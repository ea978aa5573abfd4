/** The "dann" of a rule: what must, may not or is to be shown. */
import type { Effect, Reference } from './model.ts';
import type { Cursor } from './condition.ts';

export interface Consequence {
  readonly effect: Effect;
}

type Kind = 'require' | 'show' | 'forbid';

/** Reads one or more consequences: "muss A befüllt werden und B ausgeblendet werden". @throws NotRead */
export function readConsequence(cursor: Cursor): Consequence[] {
  const found = readOne(cursor);
  for (;;) {
    const here = cursor.at;
    if (cursor.sign(',')) {
      if (cursor.word('wobei')) {
        found.push(...allowed(cursor, found));
        continue;
      }
    } else if (!cursor.word('und')) return found;
    if (!['aktiviere', 'deaktiviere', 'zeige', 'muss', 'darf', 'erscheint'].includes(cursor.peek().low)) {
      cursor.at = here;
      return found;
    }
    found.push(...readOne(cursor));
  }
}

const effects = (kind: Kind, targets: readonly Reference[]): Consequence[] => targets.map((target) => ({ effect: { do: kind, target } }));

function targetsOf(cursor: Cursor): Reference[] {
  const targets = cursor.references('und');
  if (targets.length === 0) cursor.fail('an element is expected');
  return targets;
}

function readOne(cursor: Cursor): Consequence[] {
  const verb = cursor.word('muss', 'müssen', 'darf', 'dürfen', 'ist', 'sind', 'wird', 'erscheint', 'aktiviere', 'deaktiviere', 'zeige');
  switch (verb) {
    case 'muss':
    case 'müssen':
      return must(cursor);
    case 'darf':
    case 'dürfen':
      return mayNot(cursor);
    case 'ist':
    case 'sind': {
      const targets = targetsOf(cursor);
      if (!cursor.word('ausgeblendet')) cursor.fail('"ausgeblendet" is expected');
      return effects('forbid', targets);
    }
    case 'wird': {
      const targets = targetsOf(cursor);
      if (!cursor.words('zur', 'pflichtangabe') && !cursor.words('eine', 'pflichtangabe') && !cursor.words('zu', 'einer', 'pflichtangabe'))
        cursor.fail('"Pflichtangabe" is expected');
      return effects('require', targets);
    }
    case 'erscheint': {
      const targets = targetsOf(cursor);
      const here = cursor.at;
      if (cursor.words('und', 'muss')) {
        if (targets.length === 1 && filledIn(cursor)) return [...effects('show', targets), ...effects('require', targets)];
        cursor.at = here;
      }
      return effects('show', targets);
    }
    // The portal's own machine-readable rules read "aktiviere" as a duty (schemas S00000000371 and S00000000385, elements G00000002193, G00000002163).
    case 'aktiviere': {
      const targets = targetsOf(cursor);
      const here = cursor.at;
      const duty =
        cursor.word('und') &&
        cursor.word('mache') &&
        cursor.word('es', 'sie', 'ihn') &&
        (cursor.words('zu', 'einer', 'pflichtangabe') || cursor.words('zur', 'pflichtangabe'));
      if (!duty) cursor.at = here;
      else if (targets.length > 1) cursor.fail('which of them becomes a duty is not said');
      return effects('require', targets);
    }
    case 'deaktiviere':
      return effects('forbid', targetsOf(cursor));
    case 'zeige':
      return show(cursor);
    default:
      return cursor.fail('what follows is not known');
  }
}

function filledIn(cursor: Cursor): boolean {
  return cursor.word('befüllt', 'ausgefüllt', 'angegeben') !== undefined && cursor.word('werden', 'sein') !== undefined;
}

function must(cursor: Cursor): Consequence[] {
  const targets = targetsOf(cursor);
  if (cursor.words('als', 'pflichtfeldgruppe', 'angezeigt') || cursor.words('als', 'pflichtfeld', 'angezeigt')) {
    // … als Pflichtfeldgruppe angezeigt [und B ausgeblendet] werden
    const more = cursor.word('und') ? hidden(cursor) : [];
    if (!cursor.word('werden')) cursor.fail('"werden" is expected');
    return [...effects('require', targets), ...more];
  }
  if (cursor.word('ausgeblendet')) {
    if (!cursor.word('werden', 'sein')) cursor.fail('"werden" is expected');
    return effects('forbid', targets);
  }
  if (cursor.word('angezeigt')) {
    const duty = cursor.word('und') !== undefined;
    if (duty && !cursor.word('befüllt', 'ausgefüllt')) cursor.fail('"befüllt" is expected');
    if (!cursor.word('werden', 'sein')) cursor.fail('"werden" is expected');
    return effects(duty ? 'require' : 'show', targets);
  }
  if (!filledIn(cursor)) cursor.fail('"befüllt sein" is expected');
  return effects('require', targets);
}

function hidden(cursor: Cursor): Consequence[] {
  const targets = targetsOf(cursor);
  if (!cursor.word('ausgeblendet')) cursor.fail('"ausgeblendet" is expected');
  return effects('forbid', targets);
}

function mayNot(cursor: Cursor): Consequence[] {
  const targets = targetsOf(cursor);
  cursor.word('dann');
  if (!cursor.word('nicht')) cursor.fail('"nicht" is expected');
  const empty = cursor.word('leer') !== undefined;
  if (!empty && !cursor.word('befüllt', 'ausgefüllt', 'angegeben', 'angezeigt')) cursor.fail('"befüllt" or "angezeigt" is expected');
  if (!cursor.word('werden', 'sein')) cursor.fail('"werden" is expected');
  return effects(empty ? 'require' : 'forbid', targets);
}

/** zeige [als Pflicht] A [nicht] [an]. */
function show(cursor: Cursor): Consequence[] {
  const duty = cursor.words('als', 'pflicht');
  const targets = targetsOf(cursor);
  const not = cursor.word('nicht') !== undefined;
  const closed = cursor.word('an') !== undefined;
  if ((not || duty) && !closed) cursor.fail('"an" is expected');
  if (not && duty) cursor.fail('what is not shown cannot be a duty');
  return effects(not ? 'forbid' : duty ? 'require' : 'show', targets);
}

/** …, wobei nur der Code A "…" [ODER B "…"] ausgewählt werden darf. */
function allowed(cursor: Cursor, found: readonly Consequence[]): Consequence[] {
  const [only, ...more] = found;
  if (!only || more.length > 0 || !('target' in only.effect) || only.effect.do === 'forbid')
    return cursor.fail('of which element the codes are is not said');
  if (!cursor.word('nur') || !cursor.word('der', 'die') || !cursor.word('code', 'codes')) cursor.fail('"nur der Code" is expected');
  const codes: string[] = [];
  do {
    codes.push(cursor.code());
    cursor.label();
  } while (cursor.word('oder') ?? cursor.word('und') ?? cursor.sign(','));
  if (!cursor.word('ausgewählt') || !cursor.word('werden') || !cursor.word('darf', 'dürfen'))
    cursor.fail('"ausgewählt werden darf" is expected');
  return [{ effect: { do: 'allow', target: only.effect.target, codes } }];
}
