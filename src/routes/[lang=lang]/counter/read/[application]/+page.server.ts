import { readOutPage } from '#server/web';

export const load = ({ locals, params }) => readOutPage(locals.request, params.application);
