import { leftPage } from '#server/web';

export const load = ({ locals }) => leftPage(locals.request);
