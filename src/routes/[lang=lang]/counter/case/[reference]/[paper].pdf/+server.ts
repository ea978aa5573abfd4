import { casePaper } from '#server/web';

export const GET = ({ locals, params }) => casePaper(locals.request, params.reference, params.paper);
