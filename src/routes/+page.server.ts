import { toLanguage } from '#server/web';

export const load = ({ locals }) => toLanguage(locals.request);
