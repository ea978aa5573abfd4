/** The words of packages and field types as the server holds them: compiled once and read by every request. What is made of them: `#views`. */
import { fieldTexts, sharedTexts } from '#fields/all';
import type { FieldView } from '#fields';
import type { Package } from '#package';
import { createTexts, type Texts as I18nTexts } from '#i18n';
import { typeTexts, type Reader } from '#views';

const compiledTexts = new WeakMap<Package, I18nTexts>();
const texts = typeTexts(fieldTexts, sharedTexts);

export function reader(pkg: Package, lang: string): Reader {
  let own = compiledTexts.get(pkg);
  if (!own) compiledTexts.set(pkg, (own = createTexts(pkg.texts)));
  return { lang, t: own.translator(lang), lists: pkg.lists, typeText: texts(lang) };
}

/** A plain text control that belongs to no flow: second factors and the like. */
export function textField(name: string, label: string, hint: string | undefined, lang: string): FieldView {
  return {
    name,
    id: name,
    type: 'text',
    label,
    hint,
    heading: false,
    optional: false,
    raw: {},
    errors: [],
    config: { id: name, type: 'text' },
    lang,
    t: texts(lang)('text'),
  };
}
