/**
 * Texts in the reader's language, and numbers, dates and languages as that reader writes them. One i18next instance per bundle and
 * language, made when first needed and never switched: a language cannot leak from one request to another, because there is nothing that
 * could be switched (docs/adr/0004-i18n-instances.md). Works the same in Node and in the browser.
 */
export { createTexts, placeholders, unknownFormats, type TextInLanguage, type Texts, type Translator, type Values } from './texts.ts';
export { dateTime, direction, longDate, money, number, shortDate, time } from './formats.ts';
export { languageName, negotiate } from './languages.ts';
