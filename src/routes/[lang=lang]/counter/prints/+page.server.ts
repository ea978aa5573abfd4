import { printsPage } from '#server/web';

export const load = ({ locals }) => printsPage(locals.request);
