/** The words of packages and field types as the server holds them: compiled once and read by every request. What is made of them: `#views`. */
import { fieldTexts, sharedTexts } from '#fields/all';
import { errorText, type FieldConfig, type FieldView } from '#fields';
import type { FieldProblem } from '#flow';
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

/** What a control that belongs to no flow shows: what was typed, and what is wrong with it. */
interface PlainInput {
  readonly raw?: FieldView['raw'];
  readonly problems?: readonly FieldProblem[];
  readonly optional?: boolean;
}

/** A control that belongs to no flow. Its name is the id of `config`. */
export function plainField(
  config: FieldConfig,
  label: string,
  hint: string | undefined,
  lang: string,
  { raw = {}, problems = [], optional = false }: PlainInput = {},
): FieldView {
  const { id, type } = config;
  const t = texts(lang)(type);
  const errors = problems
    .filter(({ path }) => path === id)
    .map((problem) => ({ text: errorText(problem, label, lang, t), part: problem.part }));
  return { name: id, id, type, label, hint, heading: false, optional, raw, errors, config, lang, t };
}

/** A plain text control: second factors and the like. */
export const textField = (name: string, label: string, hint: string | undefined, lang: string): FieldView =>
  plainField({ id: name, type: 'text' }, label, hint, lang);
