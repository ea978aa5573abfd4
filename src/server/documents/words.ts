/** The fixed words of documents. They belong to the templates and to nothing else, so they lie beside them. */
import { createTexts } from '#i18n';

const texts = createTexts({
  de: {
    summary: 'Ihr Antrag',
    receipt: 'Eingangsbestätigung',
    received: 'Ihr Antrag „{{service}}“ ist bei uns eingegangen. Bewahren Sie dieses Schreiben auf.',
    service: 'Leistung',
    reference: 'Vorgangsnummer',
    receivedAt: 'Eingegangen am',
    recipient: 'Empfänger',
    question: 'Frage',
    answer: 'Ihre Angabe',
    none: 'Keine Angabe',
    declaration: 'Ihre Erklärung',
    next: 'So geht es weiter',
    status: 'Stand Ihres Antrags',
    questions: 'Haben Sie Fragen?',
    page: 'Seite {page} von {pages}',
    replaced:
      'Das Zeichen � steht für Schriftzeichen, die dieses Dokument nicht darstellen kann. Die Behörde erhält Ihre Angaben so, wie Sie sie eingegeben haben.',
  },
  en: {
    summary: 'Your application',
    receipt: 'Confirmation of receipt',
    received: 'We have received your application “{{service}}”. Please keep this letter.',
    service: 'Service',
    reference: 'Reference number',
    receivedAt: 'Received on',
    recipient: 'Recipient',
    question: 'Question',
    answer: 'Your answer',
    none: 'Not answered',
    declaration: 'Your declaration',
    next: 'What happens next',
    status: 'Status of your application',
    questions: 'Do you have questions?',
    page: 'Page {page} of {pages}',
    replaced: 'The character � stands for letters that this document cannot show. The office receives your answers as you entered them.',
  },
});

/** Words of a language; German where there is no translation. `{page}` and `{pages}` are for the template. */
export const words = (lang: string): ((key: string, values?: Record<string, string>) => string) => texts.translator(lang).t;
