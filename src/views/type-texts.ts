/** Texts of field types in one language. */
import type { FieldView } from '#fields';
import { createTexts } from '#i18n';

/**
 * Translators of the field types: own texts first, then the shared ones. `own`: language -> type -> texts; `shared`: language -> texts. Each translator
 * is made once.
 */
export function typeTexts(
  own: Readonly<Record<string, object>>,
  shared: Readonly<Record<string, object>>,
): (lang: string) => (type: string) => FieldView['t'] {
  const [ownTexts, sharedTexts] = [createTexts(own), createTexts(shared)];
  const made = new Map<string, FieldView['t']>();
  return (lang) => (type) => {
    const name = `${lang}/${type}`;
    let found = made.get(name);
    if (!found) {
      const [first, second] = [ownTexts.translator(lang), sharedTexts.translator(lang)];
      found = (key, params) => (first.has(`${type}.${key}`) ? first.t(`${type}.${key}`, params) : second.t(key, params));
      made.set(name, found);
    }
    return found;
  };
}
