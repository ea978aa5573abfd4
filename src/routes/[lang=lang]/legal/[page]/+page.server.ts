import { legal } from '#server/web';

export const load = ({ locals, params }) => legal(locals.request, params.page);
