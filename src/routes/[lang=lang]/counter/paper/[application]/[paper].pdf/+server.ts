import { draftPaperOf } from '#server/web';

export const GET = ({ locals, params }) => draftPaperOf(locals.request, params.application, params.paper);
